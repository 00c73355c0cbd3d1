Feature: Running a program through k1s
  "k1s run -- PROGRAM ARG..." is a stand-in for running the program itself, under
  the eyes of k1s: what it writes is shown as it comes, its output and its errors
  apart, its exit code is ours, and Ctrl-C ends it with all that it has started.
  Afterwards nothing is left of it, unless it was given a name.

  Scenario: Output, errors and exit code are those of the program
    Given a running server
    When I run "k1s run -p PORT -- sh -c 'echo out; echo err >&2; exit 7'"
    Then the exit code is 7
    And the output is "out\n"
    And the error output is "err\n"
    And the list of jobs is empty
    And there are no logs

  Scenario: Arguments are exactly as typed
    Given a running server
    When I run "k1s run -p PORT -- printf '[%s]' -n --help '' -- 'a  b' --json"
    Then the exit code is 0
    And the output is "[-n][--help][][--][a  b][--json]"

  Scenario: It runs here, in this environment
    Given a running server
    And a folder "somewhere"
    When I run "k1s run -p PORT -- sh -c 'pwd; echo $PLACE'" in "somewhere" with PLACE as "here"
    Then the exit code is 0
    And the output is "FOLDER/somewhere\nhere\n"

  Scenario: It can run elsewhere, with more variables
    Given a running server
    And a folder "somewhere"
    When I run "k1s run -p PORT -w FOLDER/somewhere -e PLACE=there -- sh -c 'pwd; echo $PLACE'"
    Then the output is "FOLDER/somewhere\nthere\n"

  Scenario: Every byte comes through, in order
    Given a running server
    And a program "bytes" that writes every byte from 0 to 255 a thousand times
    When I run "k1s run -p PORT -- FOLDER/bytes" into the file "output"
    Then the exit code is 0
    And the file "output" has every byte from 0 to 255 a thousand times

  Scenario: Every byte comes through, however late it is read
    Given a running server that is configured with:
      """
      [limits]
      line_deadline_seconds = 1
      reply_deadline_seconds = 0.1
      """
    When I run "k1s run -p PORT -- seq 3000000", whose output is read when a silent client has been dropped
    Then the exit code is 0
    And the output is the numbers from 1 to 3000000
    And nobody complains

  Scenario: What has been rotated away before it was read is told, and nothing is left of a run whose logs are rotated to the end
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      """
    When I run "k1s run -p PORT -- sh -c 'echo; until [ -e go ]; do sleep 0.01; done; seq 3000000'", whose output is read when the program has ended
    Then the exit code is 1
    And the complaint says how many bytes of the numbers from 1 to 3000000 are missing
    When I run "k1s run -p PORT -- seq 3000000" into the file "output"
    Then the list of jobs is empty
    And there are soon no logs

  Scenario: Ctrl-C is heeded when nobody reads
    Given a running server
    When I run "k1s run -p PORT -- yes" and press Ctrl-C twice while nobody reads
    Then the exit code is 130
    And the list of jobs is empty

  Scenario Outline: Ends are told as a shell tells them
    Given a running server
    When I run "k1s run -p PORT -- <program>"
    Then the exit code is <code>

    Examples:
      | program               | code |
      | true                  | 0    |
      | sh -c 'kill -TERM $$' | 143  |

  Scenario Outline: A program that is not there, or is none
    Given a running server
    And a text file "notes.txt"
    When I run "k1s run -p PORT -- <program>"
    Then the exit code is <code>
    And the complaint is one line
    And the complaint names "<program>"
    And the list of jobs is empty

    Examples:
      | program         | code |
      | no-such-program | 127  |
      | ./notes.txt     | 126  |

  Scenario: Nothing is left of a run without a name that had to be killed
    Given a running server
    And a program "work" that ignores SIGINT
    When I run "k1s run -p PORT --stop-timeout 0.5 -- FOLDER/work" and press Ctrl-C once "work" runs
    Then the exit code is 137
    And there are soon no logs

  Scenario: A run with a name is kept
    Given a running server
    When I run "k1s run nightly -p PORT -- echo saved"
    Then the exit code is 0
    And the job "nightly" shows:
      | type  | "one-time" |
      | state | "done"     |
    And the file "stdout_nightly.log" has the line "saved"

  Scenario: An earlier run's output is not shown again
    Given a running server
    When I run "k1s run nightly -p PORT -- echo first"
    And I delete the job "nightly"
    And I run "k1s run nightly -p PORT -- echo second"
    Then the output is "second\n"

  Scenario: Input that is piped in is not lost without a word
    Given a running server
    When I run "k1s run -p PORT -- cat" with "hello" piped in
    Then the exit code is 0
    And the output is empty
    And the complaint is one line
    And the complaint names "the program has not read what was piped in: its stdin is empty"
    When I run "k1s run -p PORT -- cat" with "" piped in
    Then the exit code is 0
    And nobody complains

  Scenario: A loop around may read what is piped in
    Given a running server
    When I run "k1s run -p PORT -- echo out" in a loop that reads "one two" from a pipe
    Then the exit code is 0
    And the output is "out\nout\n"
    And nobody complains

  Scenario: Ctrl-C ends the program and all that it has started
    Given a running server
    And a program "work" that waits for a child of its own
    When I run "k1s run -p PORT -- FOLDER/work" and press Ctrl-C once "work" runs
    Then the exit code is 130
    And nobody is shown a traceback
    And no process of "work" is left
    And the list of jobs is empty

  Scenario: A program may make its own of Ctrl-C
    Given a running server
    And a program "work" that exits with 5 when it gets SIGINT
    When I run "k1s run -p PORT -- FOLDER/work" and press Ctrl-C once "work" runs
    Then the exit code is 5

  Scenario: The second Ctrl-C kills
    Given a running server
    And a program "work" that ignores SIGINT
    When I run "k1s run -p PORT --stop-timeout 600 -- FOLDER/work" and press Ctrl-C twice once "work" runs
    Then the exit code is 137
    And no process of "work" is left

  Scenario: The second Ctrl-C kills all that the program has started, too
    Given a running server
    And a program "work" that ignores SIGINT and waits for a child that ignores SIGINT
    When I run "k1s run -p PORT --stop-timeout 600 -- FOLDER/work" and press Ctrl-C twice once "work" runs
    Then the exit code is 137
    And no process of "work" is left
    And the list of jobs is empty

  Scenario Outline: A run with a name is kept, also when it is ended
    Given a running server
    And a program "work" that waits for a child of its own
    When I run "k1s run nightly -p PORT -- FOLDER/work" and send <signal> once "work" runs
    Then the exit code is 130
    And no process of "work" is left
    And the job "nightly" shows:
      | type  | "one-time" |
      | state | "killed"   |

    Examples:
      | signal  |
      | SIGINT  |
      | SIGTERM |
      | SIGHUP  |
      | SIGQUIT |

  Scenario: The second Ctrl-C kills a run with a name, which is kept
    Given a running server
    And a program "work" that ignores SIGINT and waits for a child that ignores SIGINT
    When I run "k1s run nightly -p PORT --stop-timeout 600 -- FOLDER/work" and press Ctrl-C twice once "work" runs
    Then the exit code is 137
    And no process of "work" is left
    And the job "nightly" shows:
      | type  | "one-time" |
      | state | "killed"   |

  Scenario: Who has pressed Ctrl-C is told on a terminal what is waited for
    Given a running server
    And a program "work" that writes "ready" to its errors and ignores SIGINT
    When I run "k1s run -p PORT --stop-timeout 601 -- FOLDER/work" and press Ctrl-C when it shows "ready", and when it shows "another Ctrl-C"
    Then the exit code is 137
    And the complaint names "k1s: the program has not ended yet: SIGKILL in 10 min, or with another Ctrl-C"
    And no process of "work" is left
    When I run "k1s run -p PORT --stop-timeout 1 -- FOLDER/work" and press Ctrl-C when it shows "ready"
    Then the exit code is 137
    And the complaint does not name "the program has not ended yet"

  Scenario: Whose program is ended by somebody else is told so
    Given a running server
    And a program "work" that runs until it is stopped
    When I run "k1s run nightly -p PORT -- FOLDER/work" and somebody runs "k1s delete nightly -p PORT" once "work" runs
    Then the exit code is 130
    And the complaint names "k1s: the job nightly was killed, and not from here: by somebody else, or because the server stops"

  Scenario: A server that is killed takes the program along, and that is told
    Given a running server
    And a program "work" that runs until it is stopped
    When I run "k1s run -p PORT -- FOLDER/work" and the server is killed once "work" runs
    Then the exit code is 3
    And the complaint is one line
    And the complaint names "k1s server at 127.0.0.1:PORT"

  Scenario: A reader that goes away ends the program
    Given a running server
    When I run "k1s run -p PORT -- yes" and close its output after 10 bytes
    Then the exit code is 141
    And nobody complains
    And the list of jobs is empty

  Scenario: A server that takes no more connections says so, and the job does not stay
    Given a running server that is configured with:
      """
      [limits]
      connections = 1
      """
    When I run "k1s run -p PORT -- sh -c 'echo out; exec sleep 1000'"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "has 1 connections already"
    And the list of jobs is empty

  Scenario: As JSON
    Given a running server
    When I run "k1s run it -p PORT --json -- sh -c 'echo out; exit 3'"
    Then the exit code is 3
    And the lines of the output are JSON, the last with the job "it" as "exhausted"

  Scenario Outline: In a folder that has been removed
    Given a running server
    When I run "k1s <words>" in a folder that has been removed
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "the folder that you are in has been removed"

    Examples:
      | words                             |
      | run -p PORT -- pwd                |
      | create it -p PORT -w below -- pwd |
      | server -p 0                       |

  Scenario: A folder that has been removed does no harm to those who do not need it
    Given a running server
    When I run "k1s run -p PORT -w / -- pwd" in a folder that has been removed
    Then the exit code is 0
    And the output is "/\n"
