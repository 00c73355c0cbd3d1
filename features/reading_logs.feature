Feature: Reading logs
  The logs of a job can be read and followed through the server, from wherever
  its commands can be sent. A reader gets the bytes that the program wrote, in
  order, over restarts, rotation and even the deletion of a log, and is told
  how many have gone before they could be read. A reader who is slow makes
  nobody else wait, and gets all that is still there.

  Scenario: The last lines of what a job has said
    Given a running server
    And a program "count" that writes the numbers from 1 to 1000
    And a one-time job "it" that runs "count"
    When the job "it" becomes "done"
    And I ask for the logs of "it" with:
      | lines | 3 |
    Then I get the text:
      """
      998
      999
      1000
      """
    And each piece shows:
      | jobId  | "it"     |
      | stream | "stdout" |

  Scenario: Each stream can be read, and several at once
    Given a running server
    And a program "work" that writes "to out" to its output and "to err" to its errors and fails
    And a one-time job "it" that runs "work"
    When the job "it" becomes "exhausted"
    And I ask for the logs of "it" with:
      | streams | ["stdout", "stderr", "error"] |
    Then the pieces begin:
      | it | stdout | to out |
      | it | stderr | to err |
      | it | error  | 20     |

  Scenario: Several jobs at once
    Given a running server
    And a program "one" that writes "from one" to its output
    And a program "two" that writes "from two" to its output
    And a one-time job "a" that runs "one"
    And a one-time job "b" that runs "two"
    When the job "a" becomes "done"
    And the job "b" becomes "done"
    And I ask for the logs of "a", "b" and "a"
    Then the pieces begin:
      | a | stdout | from one |
      | b | stdout | from two |

  Scenario: A job that has said nothing has empty logs
    Given a running server
    And a program "work" that succeeds
    And a one-time job "it" that runs "work"
    When the job "it" becomes "done"
    And I ask for the logs of "it"
    Then I get nothing

  Scenario: Bytes that are no text come as base64
    Given a running server
    And a program "work" that writes every byte from 0 to 255 a thousand times
    And a one-time job "it" that runs "work"
    When the job "it" becomes "done"
    And I ask for the logs of "it"
    Then I get every byte from 0 to 255 a thousand times, as base64

  Scenario: Text is never cut within a character
    Given a running server
    And a text file "stdout_it.log" of 100000 euro signs
    And a one-time job "it" that runs "/bin/true"
    When I ask for the logs of "it"
    Then I get 100000 euro signs, as text

  Scenario: A follower sees each line when it is written
    Given a running server
    And a program "work" that writes a line every moment
    And a continuous job "it" that runs "work"
    When I follow the logs of "it"
    Then the follower soon has 20 more lines
    And the follower soon has 20 more lines

  Scenario: A follower goes on over restarts
    Given a running server
    And a program "work" that writes the number of its run
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.01 |
    When I follow the logs of "it"
    Then the follower soon begins with:
      """
      run 1
      run 2
      run 3
      run 4
      """

  Scenario: A follower can begin with what comes next
    Given a running server
    And a program "work" that writes the number of its run
    And a one-time job "it" that runs "work"
    When the job "it" becomes "done"
    And I follow the logs of "it" with:
      | lines | 0 |
    And I send the line:
      """
      {"command": "start-job", "jobId": "it"}
      """
    Then the follower soon begins with:
      """
      run 2
      """

  Scenario: A follower goes on over rotation, and who asks later gets the backups, too
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      backups = 20
      """
    And a program "count" that writes the numbers from 1 to 100000 and goes on running
    And a continuous job "it" that runs "count"
    When I follow the logs of "it"
    And the log "stdout_it.log" has 8 backups
    Then the follower soon has the numbers from 1 to 100000, in order
    When I ask for the logs of "it"
    Then I get the numbers from 1 to 100000, in order
    When I ask for the logs of "it" with:
      | lines | 40000 |
    Then I get the numbers from 60001 to 100000, in order

  @fault-R7
  Scenario: A follower goes on when the log has been deleted
    Given a running server
    And a program "work" that writes the number of its run
    And a periodic job "it" that runs "work" with:
      | periodInSeconds | 0.3 |
    When I follow the logs of "it"
    And the follower soon has 1 more line
    And somebody deletes the log "stdout_it.log"
    Then the follower soon begins with:
      """
      run 1
      run 2
      run 3
      """

  Scenario: A follower sees what a program writes to a log that was deleted
    Given a running server
    And a program "work" that writes a line every moment
    And a continuous job "it" that runs "work"
    When I follow the logs of "it"
    And the follower soon has 5 more lines
    And somebody deletes the log "stdout_it.log"
    Then the follower soon has 20 more lines

  Scenario: What k1s itself has to say about a job can be followed
    Given a running server
    And a program "work" that exits with 3 when it gets SIGTERM
    And a one-time job "it" that runs "work"
    When "work" has been started at least 1 time
    And I follow the logs of "it" with:
      | streams | ["error"] |
    And I send the line:
      """
      {"command": "signal-job", "jobId": "it", "signal": "SIGTERM"}
      """
    Then the follower soon has 1 more line

  Scenario: Following ends with the job, after its last words
    Given a running server
    And a program "work" that says "bye" and exits when it gets SIGINT
    And a continuous job "it" that runs "work"
    When "work" has been started at least 1 time
    And I follow the logs of "it"
    And I delete the job "it"
    Then the follower has the text "bye" and no more

  Scenario: Following one of several jobs ends with the last of them
    Given a running server
    And a program "work" that says "bye" and exits when it gets SIGINT
    And a program "line" that writes a line every moment
    And a continuous job "a" that runs "work"
    And a continuous job "b" that runs "line"
    When "work" has been started at least 1 time
    And I follow the logs of "a" and "b"
    And I delete the job "a"
    Then the follower soon has 20 more lines
    When I delete the job "b"
    Then the following has ended

  Scenario: A follower who closes his half of the connection gets what is there
    Given a running server
    And a text file "stdout_it.log" of 2000000 euro signs
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I follow the logs of "it"
    And I close my half of the connection
    Then the follower has 2000000 euro signs and no more

  Scenario: A follower who does not keep up gets all that is still there, and nobody waits for him
    Given a running server
    And a program "count" that writes the numbers from 1 to 5000000
    And a one-time job "it" that runs "count"
    When the job "it" becomes "done"
    And I follow the logs of "it" with:
      | lines | 0 |
    And I send the line:
      """
      {"command": "start-job", "jobId": "it"}
      """
    And the job "it" becomes "done"
    Then the follower soon has the numbers from 1 to 5000000, in order
    And the server has never used more than 60 MB of memory

  Scenario: A follower is told how much was rotated away before he could read it
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      """
    And a program "count" that writes the numbers from 1 to 5000000
    And a one-time job "it" that runs "count"
    When the job "it" becomes "done"
    And I follow the logs of "it" with:
      | lines | 1 |
    And the follower soon has 1 more line
    And I send the line:
      """
      {"command": "start-job", "jobId": "it"}
      """
    And the job "it" becomes "done"
    Then the follower has missed some of the 38888904 bytes, but not the number 5000000
    And the server has never used more than 60 MB of memory

  @fault-R9
  Scenario Outline: What is no log is refused in words
    Given a running server
    And a folder "some-folder"
    And a link "some-link" to "/etc/passwd"
    When I create the job:
      | id            | "it"        |
      | type          | "one-time"  |
      | executable    | "/bin/true" |
      | stdoutLogPath | "<path>"    |
    And I ask for the logs of "it"
    Then the reply is the error "unreadable-log" naming "<words>"
    And the server still answers

    Examples:
      | path        | words                           |
      | some-folder | some-folder: it is not a regular |
      | some-link   | some-link: it is a symbolic link |
      | /dev/zero   | /dev/zero: it is not a regular   |

  Scenario: A job that is not there has no logs
    Given a running server
    When I ask for the logs of "it"
    Then the reply is the error "job-not-found" in a sentence

  Scenario Outline: Requests that make no sense are refused
    Given a running server
    And a one-time job "it" that runs "/bin/true"
    When I send the line:
      """
      {"command": "get-logs", <keys>}
      """
    Then the reply is the error "invalid-request" naming "<words>"

    Examples:
      | keys                                  | words   |
      | "lines": 1                            | jobIds  |
      | "jobIds": []                          | jobIds  |
      | "jobIds": "it"                        | jobIds  |
      | "jobIds": ["it"], "streams": []       | streams |
      | "jobIds": ["it"], "streams": ["both"] | streams |
      | "jobIds": ["it"], "lines": -1         | lines   |
      | "jobIds": ["it"], "lines": 1.5        | lines   |
      | "jobIds": ["it"], "follow": 1         | follow  |
