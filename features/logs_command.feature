Feature: Reading logs on the command line
  "k1s logs" shows what jobs have written, and follows what they write. It asks
  the server, so that it works from wherever the server can be reached. What one
  job has written is shown as it is, to the last byte; of several jobs, each line
  has the name of its job in front.

  Scenario: The last lines, if nothing else is asked for
    Given a running server
    And a program "work" that writes the numbers from 1 to 12
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s logs it -p PORT"
    Then the exit code is 0
    And the output is the numbers from 3 to 12
    And nobody complains

  Scenario Outline: As many lines as wanted
    Given a running server
    And a program "work" that writes the numbers from 1 to 30
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s logs it -n <lines> -p PORT"
    Then the exit code is 0
    And the output is the numbers from <first> to 30

    Examples:
      | lines | first |
      | 2     | 29    |
      | all   | 1     |

  Scenario: The bytes are those that the program has written
    Given a running server
    And a program "work" that writes every byte from 0 to 255 a thousand times
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s logs it -n all -p PORT" into the file "copy"
    Then the exit code is 0
    And the file "copy" is the same as "stdout_it.log"

  Scenario: The other logs
    Given a running server
    And a program "work" that writes "the good" to its output and "the bad" to its errors and fails
    And a one-time job "it" that runs "work"
    And the job "it" becomes "exhausted"
    When I run "k1s logs it --stderr -p PORT"
    Then the output is the line "the bad"
    When I run "k1s logs it --error -p PORT"
    Then the output names "exited with code 1"
    When I run "k1s logs it --all -p PORT"
    Then the output has the line "stdout | the good"
    And the output has the line "stderr | the bad"
    And the output names "error  | "

  Scenario: Who looks into an empty log is told where something is
    Given a running server
    And a program "work" that exits with 3
    And a one-time job "it" that runs "work"
    And the job "it" becomes "exhausted"
    When I run "k1s logs it -p PORT"
    Then the exit code is 0
    And the output is empty
    And the complaint is these lines:
      """
      nothing in stdout, but --error has something
      """
    When I run "k1s logs it --stdout -p PORT"
    Then nobody complains

  Scenario: Several jobs with their names, and globs
    Given a running server
    And a program "one" that writes "from one" to its output
    And a program "two" that writes "from two" to its output
    And a one-time job "web-1" that runs "one"
    And a one-time job "web-long" that runs "two"
    And a one-time job "other" that runs "two"
    And the job "web-1" becomes "done"
    And the job "web-long" becomes "done"
    When I run "k1s logs 'web-*' -p PORT"
    Then the exit code is 0
    And the output has the line "web-1    | from one"
    And the output has the line "web-long | from two"
    And the output has 2 lines

  Scenario: Names have colours on a terminal
    Given a running server
    And a program "one" that writes "from one" to its output
    And a one-time job "a" that runs "one"
    And a one-time job "b" that runs "one"
    And the job "a" becomes "done"
    And the job "b" becomes "done"
    When I run "k1s logs a b -p PORT" on a terminal
    Then the output has colours
    When I run "k1s logs a b -p PORT" on a terminal of 80 columns with NO_COLOR as "1"
    Then the output names "from one"
    And the output has no colours

  Scenario: As JSON
    Given a running server
    And a program "work" that writes "something" to its output
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s logs it --json -p PORT"
    Then the exit code is 0
    And the output is one line of JSON
    And the output is the JSON {"jobId": "it", "stream": "stdout", "text": "something\n"}

  Scenario: Following goes on over restarts, and nobody asks again and again
    Given a running server
    And somebody between me and the server who counts what it is asked
    And a program "work" that writes the number of its run
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.1 |
      | maxRetry            | -1  |
    When I follow with "k1s logs it -f -n all -p COUNTER_PORT"
    Then what I follow comes to show "run 1"
    And what I follow comes to show "run 3"
    And the server has been asked to "get-logs" once, and for nothing since
    And what I follow ends with 130 after Ctrl-C
    And nobody complains

  Scenario: Several jobs are followed at once, with their names, for as long as one of them is there
    Given a running server
    And a program "work" that writes the number of its run
    And a continuous job "web-1" that runs "work" with:
      | restartDelaySeconds | 0.2 |
      | maxRetry            | -1  |
    And a program "other" that writes the number of its run
    And a continuous job "web-long" that runs "other" with:
      | restartDelaySeconds | 0.2 |
      | maxRetry            | -1  |
    When I follow with "k1s logs 'web-*' -f --all -n all -p PORT"
    Then what I follow comes to show "web-1 stdout    | run 2"
    And what I follow comes to show "web-long stdout | run 2"
    When I delete the job "web-1"
    Then "other" is started 2 more times
    When I delete the job "web-long"
    Then what I follow ends with 0
    And what I followed has told of "web-long stdout" as much as "stdout_web-long.log" holds
    And nobody complains

  Scenario: Who follows a job that is over is told so, and each time that it comes to its end again
    Given a running server
    And a program "work" that writes the number of its run and exits with 3
    And a one-time job "it" that runs "work"
    And the job "it" becomes "exhausted"
    When I follow with "k1s logs it -f -p PORT"
    Then what I follow comes to show "run 1"
    And what I follow comes to say "it is exhausted (exit 3); waiting for its next start, Ctrl-C ends" once
    When the server is asked to start the job "it"
    Then what I follow comes to show "run 2"
    And what I follow comes to say "it is exhausted (exit 3); waiting for its next start, Ctrl-C ends" twice
    And what I follow ends with 130 after Ctrl-C
    And the output is "run 1\nrun 2\n"

  Scenario: Of another job that gets the name of a followed one nothing is shown, and nothing told
    Given a running server
    And a program "work" that writes the number of its run and goes on running
    And a continuous job "a" that runs "work"
    And a program "other" that writes the number of its run and goes on running
    And a continuous job "b" that runs "other"
    When I follow with "k1s logs a b -f -p PORT"
    Then what I follow comes to show "a | run 1"
    And what I follow comes to show "b | run 1"
    When I delete the job "a"
    And I create a one-time job "a" that runs "true"
    And the job "a" becomes "done"
    And I kill the job "b"
    Then what I follow comes to say "b is killed; waiting for its next start, Ctrl-C ends" once
    And what I follow ends with 130 after Ctrl-C

  Scenario: A job that is killed while it is followed
    Given a running server
    And a program "work" that writes the number of its run and goes on running
    And a continuous job "web" that runs "work"
    When I follow with "k1s logs web -f -p PORT"
    Then what I follow comes to show "run 1"
    When I restart the job "web"
    Then what I follow comes to show "run 2"
    When I kill the job "web"
    Then what I follow comes to say "web is killed; waiting for its next start, Ctrl-C ends" once
    When I delete the job "web"
    Then what I follow ends with 0
    And the complaint is these lines:
      """
      web is killed; waiting for its next start, Ctrl-C ends
      """

  Scenario: Of many jobs that are over it is told how many
    Given a running server
    And a program "work" that writes the number of its run
    And 7 one-time jobs "job-N" that have run "work" and are done
    When I follow with "k1s logs 'job-*' -f -p PORT"
    Then what I follow comes to say "7 jobs are over (7 done); waiting for their next starts, Ctrl-C ends" once
    And what I follow ends with 130 after Ctrl-C

  Scenario: As JSON, who follows is told nothing else
    Given a running server
    And a program "work" that writes the number of its run
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I follow with "k1s logs it -f --json -p PORT"
    Then what I follow comes to show the JSON {"jobId": "it", "stream": "stdout", "text": "run 1\n"}
    And what I follow ends with 130 after Ctrl-C
    And nobody complains

  Scenario: Following ends with the job
    Given a running server
    And a program "work" that writes the numbers from 1 to 3 and goes on running
    And a continuous job "it" that runs "work"
    When I follow with "k1s logs it --follow -p PORT"
    Then what I follow comes to show "3"
    When I delete the job "it"
    Then what I follow ends with 0
    And nobody complains

  Scenario: Following, here through the Unix socket, ends with the server, after the last words of its programs
    Given a running server that is configured with:
      """
      [server]
      socket = "k1s.sock"
      """
    And a program "polite" that says "hello", and "bye" when it gets SIGINT
    And a continuous job "it" that runs "polite"
    When I follow with "k1s logs it --follow --socket FOLDER/k1s.sock"
    Then what I follow comes to show "hello"
    When the server is told to stop with SIGTERM
    Then what I follow ends with 3
    And the output is "hello\nbye\n"
    And the complaint is one line
    And the server exits with 0

  Scenario: A reader who has seen enough ends it, even if nothing more comes
    Given a running server
    And a program "work" that writes the numbers from 1 to 3 and goes on running
    And a continuous job "it" that runs "work"
    When I run "k1s logs it -f -p PORT" and close its output after 1 bytes
    Then the exit code is 0
    And nobody complains

  Scenario: An output that takes no more
    Given a running server
    And a program "work" that writes "something" to its output
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s logs it -p PORT" into the file "/dev/full"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "the output cannot be written: no space left on device"

  Scenario: What was gone too soon is counted
    Given a server that passes over 1234 bytes of the log of "it"
    When I run "k1s logs it -p OTHER_PORT"
    Then the exit code is 0
    And the output is the line "behind the gap"
    And the complaint is one line
    And the complaint names "it: 1234 bytes of stdout were gone before they could be shown"

  Scenario: A log that cannot be read does not hide the others
    Given a running server
    And a folder "some-folder"
    And a program "work" that writes "something" to its output
    And a one-time job "good" that runs "work"
    And the job "good" becomes "done"
    And a one-time job "bad" that runs "work" with:
      | stdoutLogPath | "some-folder" |
    When I run "k1s logs '*' -p PORT"
    Then the exit code is 1
    And the output names "something"
    And the complaint is one line
    And the complaint names "bad: log file FOLDER/some-folder: it is not a regular file"
    When I run "k1s logs bad --all -p PORT"
    Then the exit code is 1
    And the output names "could not start: log file"
    And the complaint is one line
    When I run "k1s logs bad -p PORT"
    Then the exit code is 1
    And the output is empty
    And the complaint is one line

  Scenario: Who wants no line is told of no other output
    Given a running server
    And a program "work" that writes "the good" to its output and "the bad" to its errors and fails
    And a one-time job "it" that runs "work"
    And the job "it" becomes "exhausted"
    When I run "k1s logs it -n 0 -p PORT"
    Then the exit code is 0
    And the output is empty
    And nobody complains

  Scenario: An unknown job does not hide the others
    Given a running server
    And a program "work" that writes "something" to its output
    And a one-time job "backup" that runs "work"
    And the job "backup" becomes "done"
    When I run "k1s logs backup bakup -p PORT"
    Then the exit code is 1
    And the output is the line "something"
    And the complaint is one line
    And the complaint names "there is no job 'bakup': did you mean 'backup'?"
