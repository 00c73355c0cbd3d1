Feature: Logs
  What a program says is kept, byte for byte, in two files that any tool can
  read: one for its output, one for its errors. A third file is k1s's own
  account of what went wrong with the job, so that the question "why is it not
  running?" has an answer in one place.

  Background:
    Given a running server

  Scenario: Each job has three logs in the server's working directory
    Given a program "work" that writes "to out" to its output and "to err" to its errors and fails
    When I create a one-time job "it" that runs "work"
    Then the reply shows:
      | stdoutLogPath | "FOLDER/stdout_it.log" |
      | stderrLogPath | "FOLDER/stderr_it.log" |
      | errorLogPath  | "FOLDER/error_it.log"  |
    And the job "it" becomes "exhausted"
    And the file "stdout_it.log" holds:
      """
      to out
      """
    And the file "stderr_it.log" holds:
      """
      to err
      """
    And the error log of "it" has 1 line that ends with "exited with code 1"
    And these files have mode 600:
      | stdout_it.log |
      | stderr_it.log |
      | error_it.log  |

  Scenario: A job can name its logs, absolute or relative, in folders that need not exist yet
    Given a program "work" that writes "to out" to its output and "to err" to its errors and fails
    When I create the job:
      | id               | "it"                        |
      | type             | "one-time"                  |
      | executable       | "FOLDER/work"               |
      | workingDirectory | "/"                         |
      | stdoutLogPath    | "FOLDER/far/away/out.txt"   |
      | stderrLogPath    | "near/err.txt"              |
      | errorLogPath     | "trouble.txt"               |
    Then the reply shows:
      | stdoutLogPath | "FOLDER/far/away/out.txt" |
      | stderrLogPath | "FOLDER/near/err.txt"     |
      | errorLogPath  | "FOLDER/trouble.txt"      |
    And the job "it" becomes "exhausted"
    And the file "far/away/out.txt" holds:
      """
      to out
      """
    And the file "near/err.txt" holds:
      """
      to err
      """
    And the file "trouble.txt" has a line that ends with "exited with code 1"
    And there is no file "stdout_it.log"
    And there is no file "stderr_it.log"
    And there is no file "error_it.log"

  Scenario: Output is kept exactly as it was written, byte for byte
    Given a program "work" that writes every byte from 0 to 255 a thousand times
    When I create a one-time job "it" that runs "work"
    Then the job "it" becomes "done"
    And the file "stdout_it.log" holds every byte from 0 to 255 a thousand times

  Scenario: Output is appended run after run
    Given a program "work" that writes the number of its run
    When I create a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.01 |
    Then "work" has been started at least 3 times
    And the first lines of the file "stdout_it.log" are:
      """
      run 1
      run 2
      run 3
      """

  Scenario: A new job with an old id goes on in the old logs
    Given a program "work" that writes the number of its run
    And a one-time job "it" that runs "work"
    When the job "it" becomes "done"
    And I delete the job "it"
    And I create a one-time job "it" that runs "work"
    Then the job "it" becomes "done"
    And the file "stdout_it.log" holds:
      """
      run 1
      run 2
      """

  Scenario: The last words of a program that is killed are kept
    Given a program "work" that says "bye" and exits when it gets SIGINT
    And a continuous job "it" that runs "work"
    When "work" has been started at least 1 time
    And I kill the job "it"
    And the job "it" becomes "killed"
    Then the file "stdout_it.log" holds:
      """
      bye
      """

  Scenario: A program writes to its logs itself, so a server that stands still loses nothing
    Given a program "work" that counts on its output every moment
    And a continuous job "it" that runs "work"
    When "work" has been started at least 1 time
    And the server is stopped in its tracks
    Then the output log of "it" grows by 10 lines
    When the server goes on
    And I kill the job "it"
    And the job "it" becomes "killed"
    Then the file "stdout_it.log" holds the numbers from 1 on, in order

  @fault-R10
  Scenario: Two jobs may share a log, and nothing is lost
    Given a program "one" that writes 500 times "one"
    And a program "two" that writes 500 times "two"
    When I create the job:
      | id            | "a"          |
      | type          | "one-time"   |
      | executable    | "FOLDER/one" |
      | stdoutLogPath | "both.log"   |
    And I create the job:
      | id            | "b"          |
      | type          | "one-time"   |
      | executable    | "FOLDER/two" |
      | stdoutLogPath | "both.log"   |
    Then the job "a" becomes "done"
    And the job "b" becomes "done"
    And the file "both.log" has 500 lines "one" and as many lines "two"

  Scenario: A program without trouble leaves no line in the error log
    Given a program "work" that writes "fine" to its output
    When I create a one-time job "it" that runs "work"
    Then the job "it" becomes "done"
    And the error log of "it" is empty

  Scenario: The error log tells every failure and the end of the budget, each with its time
    Given a program "work" that fails
    When I create a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.01 |
    Then the job "it" becomes "exhausted"
    And the error log of "it" tells, each line with its time:
      | exited with code 1                                |
      | exited with code 1                                |
      | exited with code 1                                |
      | exited with code 1                                |
      | exited with code 1                                |
      | exited with code 1                                |
      | gave up after 6 failures in a row (maxRetry is 5) |
    And the job "it" shows:
      | lastError | "exited with code 1" |

  Scenario Outline: The error log tells what went wrong
    Given a program "work" that <ends>
    When I create a one-time job "it" that runs "work" with:
      | maxRetry            | 1  |
      | restartDelaySeconds | 60 |
    Then the job "it" becomes "restarting"
    And the error log of "it" tells, each line with its time:
      | <line> |

    Examples:
      | ends            | line                         |
      | exits with 3    | exited with code 3           |
      | dies of SIGSEGV | died of SIGSEGV (signal 11)  |
      | dies of SIGTERM | died of SIGTERM (signal 15)  |

  Scenario: The error log tells why a program could not be started
    When I create a one-time job "it" that runs "/no/such/program" with:
      | maxRetry            | 1  |
      | restartDelaySeconds | 60 |
    Then the error log of "it" tells, each line with its time:
      | could not start: no such file: /no/such/program |

  Scenario: A job that was killed in the ordinary way has nothing in its error log
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I kill the job "it"
    And the job "it" becomes "killed"
    Then the error log of "it" is empty

  @fault-R6 @fault-R8 @fault-R9
  Scenario Outline: A log that cannot be opened makes the run fail with the reason, and the server lives on
    Given a program "work" that succeeds
    And a folder "some-folder"
    And a pipe "some-pipe"
    And a text file "some-file"
    And a link "some-link" to "FOLDER/some-file"
    When I create the job:
      | id            | "it"          |
      | type          | "one-time"    |
      | executable    | "FOLDER/work" |
      | <key>         | "<path>"      |
    Then the reply shows:
      | state       | "exhausted" |
      | runCount    | 1           |
      | failedCount | 1           |
    And the last error of the job "it" begins with "could not start: log file"
    And the last error of the job "it" names "<path>"
    And "work" has been started exactly 0 times
    And the file "some-file" holds:
      """
      text
      """
    When I create a one-time job "next" that runs "/bin/true"
    Then the job "next" becomes "done"

    Examples:
      | key           | path              |
      | stdoutLogPath | some-folder       |
      | stderrLogPath | some-folder       |
      | stdoutLogPath | some-file/out.log |
      | stdoutLogPath | some-pipe         |
      | stdoutLogPath | /dev/zero         |
      | errorLogPath  | some-folder       |
      | stdoutLogPath | some-link         |
      | stderrLogPath | some-link         |
      | errorLogPath  | some-link         |

  @fault-R6
  Scenario: A log folder that disappears is made again by the next run
    Given a program "work" that succeeds
    And a program "remover" that removes the folder "logs"
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.05               |
      | stdoutLogPath       | "logs/deep/it.log" |
    When "work" has been started at least 2 times
    And I create a one-time job "rm" that runs "remover"
    And the job "rm" becomes "done"
    Then "work" is started 2 more times
    And the server still answers

  @fault-R7
  Scenario: A log that was deleted is written anew by the next run
    Given a program "work" that writes the number of its run
    And a periodic job "it" that runs "work" with:
      | periodInSeconds | 0.5 |
    When the file "stdout_it.log" has a line
    And I delete the file "stdout_it.log"
    Then the file "stdout_it.log" soon has a line again
