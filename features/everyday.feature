Feature: Everyday commands
  What people do all day has short commands of its own: they make jobs, look at
  them, run them again and end them. Several jobs can be named at once, by their
  ids or by globs; a slip of the finger is answered with what was meant. Results
  go to the output, talk goes to the error output, colours go to terminals only,
  and "--json" gives a form that scripts can rely on.

  Scenario: k1s alone explains itself
    When I run "k1s"
    Then the exit code is 0
    And the output names each of:
      | k1s server                   |
      | k1s create web --continuous  |
      | k1s list                     |
      | --help                       |
    And nobody complains

  Scenario: Each command has examples in its help, which says what a value is
    When I run "k1s create --help"
    Then the help says "Usage: k1s create [OPTIONS] ID -- PROGRAM ARG..."
    And the help says "k1s create web --continuous -- "
    And the help says "--every DURATION"
    And the help says "as in 30, 250ms, 5min or 1d"
    And the output names each of:
      | --json   |
      | --host   |
      | --socket |
    And nobody complains

  Scenario: A server is found by the environment, too
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s list" with K1S_HOST as "127.0.0.1" and K1S_PORT as "PORT"
    Then the exit code is 0
    And the output names "web"

  Scenario: A flag for a socket and one for a port contradict each other
    When I run "k1s list --socket FOLDER/k1s.sock --port 4567"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "--socket"

  Scenario: Without a server there the exit code is 3
    When I run "k1s list --socket FOLDER/no.sock"
    Then the exit code is 3
    And the complaint is one line
    And the complaint names "k1s server"

  # Making jobs

  Scenario: A job that runs once
    Given a running server
    And a program "work" that succeeds
    When I run "k1s create it -p PORT -- FOLDER/work"
    Then the exit code is 0
    And the output names "it is running (pid "
    And nobody complains
    And the job "it" becomes "done"
    And the job "it" shows:
      | type | "one-time" |

  Scenario: A job that runs again and again
    Given a running server
    When I run "k1s create it --every 5min -p PORT -- true"
    Then the exit code is 0
    And the job "it" shows:
      | type            | "periodic" |
      | periodInSeconds | 300        |

  Scenario: What stands behind the dashes is run exactly as typed
    Given a running server
    When I run "k1s create it -p PORT -- echo -n --help '' -- 'a  b' -p 1 --json"
    Then the exit code is 0
    And the job "it" shows:
      | executable | "echo"                                                |
      | arguments  | ["-n", "--help", "", "--", "a  b", "-p", "1", "--json"] |

  Scenario: Every option says what it means
    Given a running server
    And a folder "somewhere"
    When I run "k1s create it --continuous --max-retry -1 --working-directory FOLDER/somewhere --environment A=b --environment C=d=e --restart-delay 250ms --max-restart-delay 2h --healthy-after 1d --stop-timeout 1.5 --stdout-log out.log --stderr-log err.log --error-log k1s.log --json -p PORT -- sleep 1000"
    Then the exit code is 0
    And the output shows:
      | id                     | "it"                    |
      | type                   | "continuous"            |
      | maxRetry               | -1                      |
      | workingDirectory       | "FOLDER/somewhere"      |
      | environment            | {"A": "b", "C": "d=e"}  |
      | restartDelaySeconds    | 0.25                    |
      | maxRestartDelaySeconds | 7200                    |
      | healthyAfterSeconds    | 86400                   |
      | stopTimeoutSeconds     | 1.5                     |
      | stdoutLogPath          | "FOLDER/out.log"        |
      | stderrLogPath          | "FOLDER/err.log"        |
      | errorLogPath           | "FOLDER/k1s.log"        |
      | state                  | "running"               |

  Scenario: With create, the variables that are named are the whole environment
    Given a running server
    When I run "k1s create it -e ONE=1 -e TWO=a=b -p PORT -- env"
    Then the job "it" becomes "done"
    And the file "stdout_it.log" holds:
      """
      ONE=1
      TWO=a=b
      """

  Scenario: With run, the variables that are named are added to those of the shell
    Given a running server
    When I run "k1s run -e ONE=1 -p PORT -- env" with SHELLS as "own"
    Then the exit code is 0
    And the output has the line "ONE=1"
    And the output has the line "SHELLS=own"

  Scenario: A working directory is seen from where the command is typed
    Given a running server
    And a folder "somewhere"
    When I run "k1s create it -w somewhere -p PORT -- pwd"
    Then the exit code is 0
    And the job "it" shows:
      | workingDirectory | "FOLDER/somewhere" |

  Scenario: A program that cannot be started is told at once
    Given a running server
    When I run "k1s create it -p PORT -- ./no-such-program"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "could not start: no such file: ./no-such-program"
    And the job "it" is "exhausted"

  Scenario Outline: The commonest reasons for that are told, too
    Given a running server
    And a folder "elsewhere"
    And a program "elsewhere/work" that succeeds
    When I run "k1s create it -p PORT -- <program>" in the folder "elsewhere"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "<hint>"

    Examples:
      | program      | hint                                                           |
      | 'sleep 1000' | leave out the quotes: a program and its arguments are words    |
      | ./work       | seen from the server's folder; -w . makes it this one          |

  Scenario: An id that is taken is told with the ways out
    Given a running server
    And a one-time job "it" that runs "true"
    When I run "k1s create it -p PORT -- true"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "k1s delete it"
    And the complaint names "k1s start it"

  Scenario: What the server refuses is told in the words of the command line
    Given a running server that is configured with:
      """
      [limits]
      argument_bytes = 10
      """
    When I run "k1s create it -p PORT -- echo 0123456789"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "ARG has 11 bytes, and this server takes at most 10"

  Scenario: A value that no server takes is a wrong usage, even without a server
    When I run "k1s create it --every 0 -- true"
    Then the exit code is 2
    And the output is empty
    And the complaint is one line
    And the complaint names "--every wants a number from 0.1 to 1e9, got 0"

  Scenario: What a server refuses is told in terms of the flags
    Given a running server
    When I run "k1s create it --max-retry -2 -p PORT -- true"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: --max-retry wants a number from -1 to 1e9, got -2
      """
    And the list of jobs is empty

  Scenario: A wrong usage is one sentence
    When I run "k1s create it --every 5x -- true"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "wants a duration such as 90s"

  # Looking at jobs

  Scenario: One line for each job
    Given a running server
    And a program "flaky" that exits with 3
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    And a periodic job "tick" that runs "true" with:
      | periodInSeconds | 600 |
    And a continuous job "again" that runs "flaky" with:
      | restartDelaySeconds | 600 |
      | maxRetry            | 5   |
    And a one-time job "broken" that runs "flaky"
    And the job "tick" becomes "pending"
    And the job "again" becomes "restarting"
    And the job "broken" becomes "exhausted"
    When I run "k1s list -p PORT"
    Then the exit code is 0
    And the list shows:
      | ID     | TYPE             | STATE      | PID    | SINCE   | RUNS | FAILED | WHAT NEXT                        |
      | web    | continuous       | running    | NUMBER | SECONDS | 1    | 0      |                                  |
      | tick   | periodic 10 min  | pending    |        | SECONDS | 1    | 0      | next in 10 min                   |
      | again  | continuous       | restarting |        | SECONDS | 1    | 1      | retry 1 of 5 in 10 min (exit 3)  |
      | broken | one-time         | exhausted  |        | SECONDS | 1    | 1      | exit 3, SECONDS ago              |
    And the process of the job "web" is the one that the list names
    And nobody complains

  Scenario: A tick that comes while a run still lasts is no promise of a run
    Given a running server
    And a program "work" that runs until it is stopped
    And a periodic job "backup" that runs "work" with:
      | periodInSeconds | 600 |
    And a periodic job "tick" that runs "true" with:
      | periodInSeconds | 600 |
    And the job "tick" becomes "pending"
    When I run "k1s list -p PORT"
    Then the list shows:
      | ID     | STATE   | WHAT NEXT              |
      | backup | running | next in 10 min if over |
      | tick   | pending | next in 10 min         |
    And the output does not name "MISSED"
    When I run "k1s show backup -p PORT"
    Then the output names "running, next in 10 min if over"
    And the output names "next tick"
    And the output names "missed if the run still lasts"

  Scenario: Ticks that were missed are shown once there are any
    Given a running server
    And a program "work" that runs until it is stopped
    And a periodic job "backup" that runs "work" with:
      | periodInSeconds | 0.1 |
    And a one-time job "it" that runs "true"
    And the job "backup" soon shows:
      | missedCount | at least 2 |
    And I kill the job "backup"
    And the job "backup" becomes "killed"
    When I run "k1s list -p PORT"
    Then the list shows:
      | ID     | STATE  | RUNS | FAILED | MISSED | WHAT NEXT           |
      | backup | killed | 1    | 0      | COUNT  | killed              |
      | it     | done   | 1    | 0      | 0      | exit 0, SECONDS ago |
    When I run "k1s list -p PORT" on a terminal of 80 columns
    Then no line of the terminal has more than 80 columns
    And the output names "MISSED"

  Scenario: Only the jobs that are meant
    Given a running server
    And a one-time job "web-1" that runs "true"
    And a one-time job "web-2" that runs "true"
    And a one-time job "db" that runs "true"
    When I run "k1s list 'web-*' -p PORT --json"
    Then the exit code is 0
    And the output lists the jobs "web-1, web-2"
    When I run "k1s list db web-1 db -p PORT --json"
    Then the output lists the jobs "web-1, db"

  Scenario: The list as JSON is what the server says
    Given a running server
    And a one-time job "it" that runs "true"
    And the job "it" becomes "done"
    When I run "k1s list --json -p PORT"
    Then the output is one line of JSON
    And the output lists the job "it" as the server does

  Scenario: An empty list says how to make the first job
    Given a running server
    When I run "k1s list -p PORT"
    Then the exit code is 0
    And the output is empty
    And the complaint names "k1s create"
    When I run "k1s list --json -p PORT"
    Then the output is the JSON []

  Scenario: The list fits the terminal
    Given a running server
    And a one-time job "a-name-that-is-so-long-that-it-does-not-fit-with-all-the-rest-of-it" that runs "./no-such-program-either"
    When I run "k1s list -p PORT" on a terminal of 80 columns
    Then the exit code is 0
    And no line of the terminal has more than 80 columns
    And the output names "exhausted"
    And the output names "could not start"
    When I run "k1s list -p PORT" on a terminal of 200 columns
    Then no line of the terminal has more than 200 columns
    And the output names "a-name-that-is-so-long-that-it-does-not-fit-with-all-the-rest-of-it"

  Scenario: In a terminal of 80 columns failures are shown, however long the ids are
    Given a running server
    And a program "flaky" that exits with 3
    And a continuous job "payments-reconciliation-worker-eu-west-1" that runs "flaky" with:
      | restartDelaySeconds | 3600 |
    And a periodic job "tick" that runs "true" with:
      | periodInSeconds | 600 |
    And the job "payments-reconciliation-worker-eu-west-1" becomes "restarting"
    And the job "tick" becomes "pending"
    When I run "k1s list -p PORT" on a terminal of 80 columns with NO_COLOR as "1"
    Then no line of the terminal has more than 80 columns
    And the list shows:
      | ID                       | STATE      | SINCE   | FAILED | WHAT NEXT              |
      | payments-rec…r-eu-west-1 | restarting | SECONDS | 1      | retry 1 of 5 in 60 mi… |
      | tick                     | pending    | SECONDS | 0      | next in 10 min         |

  Scenario: In a terminal of 80 columns the types are shown where nothing has failed
    Given a running server
    And a continuous job "web-1234" that runs "sleep" with:
      | arguments | ["1000"] |
    And a periodic job "tick" that runs "true" with:
      | periodInSeconds | 600 |
    And the job "tick" becomes "pending"
    When I run "k1s list -p PORT" on a terminal of 80 columns with NO_COLOR as "1"
    Then no line of the terminal has more than 80 columns
    And the list shows:
      | ID       | TYPE            | STATE   | PID    | SINCE   | WHAT NEXT      |
      | web-1234 | continuous      | running | NUMBER | SECONDS |                |
      | tick     | periodic 10 min | pending |        | SECONDS | next in 10 min |

  Scenario: Colours are for terminals whose owner wants them
    Given a running server
    And a one-time job "it" that runs "true"
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "true"
      """
    When I run "k1s list -p PORT" on a terminal of 80 columns
    Then the output has colours
    When I run "k1s list -p PORT" on a terminal of 80 columns with NO_COLOR as "1"
    Then the output has no colours
    When I run "k1s list -p PORT"
    Then the output has no colours
    When I run "k1s show it -p PORT" on a terminal of 80 columns
    Then the output has colours
    When I run "k1s up jobs.toml --dry-run -p PORT" on a terminal of 80 columns
    Then the output has colours

  Scenario: All about a job
    Given a running server
    And a program "broken" that exits with 3
    And a one-time job "it" that runs "broken" with:
      | arguments   | ["a b"]         |
      | environment | {"KEY": "geheim"} |
    And the job "it" becomes "exhausted"
    When I run "k1s show it -p PORT"
    Then the exit code is 0
    And the output names each of:
      | one-time                            |
      | exhausted                           |
      | 'a b'                               |
      | KEY                                 |
      | exit 3                              |
      | error_it.log                        |
      | gave up after 1 failure             |
    And the output does not name "geheim"

  Scenario: People are told the time of their place, with its distance from UTC
    Given a running server
    And a one-time job "it" that runs "./nowhere"
    When I run "k1s show it -p PORT" with TZ as "XXX-5:30"
    Then each time of the output ends with "+05:30"
    And the output names "gave up after 1 failure"
    When I run "k1s why it -p PORT" with TZ as "XXX-5:30"
    Then the times of the output are those of the job "it" in a zone of +05:30
    When I run "k1s show it -p PORT --json" with TZ as "XXX-5:30"
    Then each time of the output ends with "Z"

  Scenario: All about a job as JSON
    Given a running server
    And a program "broken" that exits with 3
    And a one-time job "it" that runs "broken"
    And the job "it" becomes "exhausted"
    When I run "k1s show it --json -p PORT"
    Then the exit code is 0
    And the output lists the jobs "it"
    And the first job of the output has an error log of 2 lines

  Scenario Outline: An unknown job is answered with what was meant
    Given a running server
    And a continuous job "backup" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s <command> bakup 'x*' -p PORT"
    Then the exit code is 1
    And the complaint names "there is no job 'bakup': did you mean 'backup'?"
    And the complaint names "no job matches 'x*'"
    And nobody is shown a traceback

    Examples:
      | command |
      | list    |
      | show    |
      | kill    |
      | wait    |
      | why     |
      | logs    |

  # Acting on jobs

  Scenario Outline: A glob means all whose ids it fits
    Given a running server
    And a continuous job "web-1" that runs "sleep" with:
      | arguments | ["1000"] |
    And a continuous job "web-2" that runs "sleep" with:
      | arguments | ["1000"] |
    And a continuous job "db" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s <command> 'web-*' -p PORT"
    Then the exit code is 0
    And nobody complains
    And the output names "web-1"
    And the output names "web-2"
    And the output does not name "db"

    Examples:
      | command |
      | show    |
      | restart |

  Scenario: Killing returns when all is over
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "web-1" that runs "work"
    And a continuous job "web-2" that runs "work"
    When I run "k1s kill 'web-*' -p PORT"
    Then the exit code is 0
    And the output names "web-1 is killed"
    And the output names "web-2 is killed"
    And the job "web-1" is "killed"
    And the job "web-2" is "killed"
    And no process of "work" is left

  Scenario: Killing with another signal
    Given a running server
    And a program "work" that ignores SIGINT
    And a continuous job "web" that runs "work"
    When I run "k1s kill web --signal term -p PORT"
    Then the exit code is 0
    And the job "web" is "killed"

  Scenario Outline: A signal can be named as kill(1) takes it
    Given a running server
    And a program "work" that ignores SIGINT
    And a continuous job "web" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And I run "k1s kill <words> -p PORT"
    Then the exit code is 0
    And nobody complains
    And the output names "web is killed"
    And the job "web" shows:
      | signal | "<signal>" |

    Examples:
      | words     | signal  |
      | -9 web    | SIGKILL |
      | -s 15 web | SIGTERM |

  Scenario: Killing without waiting
    Given a running server
    And a program "work" that ignores SIGINT
    And a continuous job "web" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When I run "k1s kill web --no-wait -p PORT"
    Then the exit code is 0
    And the output names "web is being killed"
    And the job "web" is "running"

  Scenario: A job that runs once is killed only where that is meant
    Given a running server
    And a one-time job "it" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s kill it -p PORT"
    Then the exit code is 1
    And the complaint names "while it runs, k1s kill --one-time it ends it; k1s delete it removes it"
    And the job "it" is "running"
    When I run "k1s kill --one-time it -p PORT"
    Then the exit code is 0
    And the output names "it is killed"
    And the job "it" is "killed"

  Scenario: Some go well and others do not
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s delete web nosuch -p PORT"
    Then the exit code is 1
    And the output names "web is deleted"
    And the complaint is one line
    And the complaint names "nosuch"
    And there is no job "web"

  Scenario: Deleting many
    Given a running server
    And 30 continuous jobs "many-N" that run "sleep 1000"
    When I run "k1s delete 'many-*' -p PORT"
    Then the exit code is 0
    And the list of jobs is empty

  Scenario: Deleting several as JSON
    Given a running server
    And a one-time job "a" that runs "true"
    When I run "k1s delete a b --json -p PORT"
    Then the exit code is 1
    And the output is the JSON {"a": {"message": "Job deleted"}, "b": {"error": "Job not found", "code": "job-not-found"}}

  Scenario Outline: What was done to several as JSON
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "a" that runs "work"
    And a continuous job "b" that runs "work"
    When I run "k1s <command> a b c --json -p PORT"
    Then the exit code is 1
    And the JSON of the output has the job "a" as "<state>"
    And the JSON of the output has the job "b" as "<state>"
    And the JSON of the output has the error "job-not-found" for "c"

    Examples:
      | command | state   |
      | start   | running |
      | restart | running |

  Scenario: What was sent to several as JSON
    Given a running server
    And a continuous job "a" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s kill a b --json -p PORT"
    Then the exit code is 1
    And the output is the JSON {"a": {"message": "Job killed"}, "b": {"error": "Job not found", "code": "job-not-found"}}

  Scenario: A job that is over is run again
    Given a running server
    And a program "work" that succeeds
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s start it -p PORT"
    Then the exit code is 0
    And the output names "it is running (pid "
    And "work" has been started at least 2 times

  Scenario: A start that comes to nothing is told
    Given a running server
    And a one-time job "it" that runs "./no-such-program"
    When I run "k1s start it -p PORT"
    Then the exit code is 1
    And the complaint names "it could not start: no such file"

  Scenario: Restarting
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "web" that runs "work"
    When I run "k1s restart web -p PORT"
    Then the exit code is 0
    And the output names "web is running (pid "
    And the job "web" is "running"
    And "work" has been started at least 2 times

  Scenario Outline: A signal is only a signal, and has a name and a number
    Given a running server
    And a program "daemon" that counts each SIGHUP it gets
    And a continuous job "web" that runs "daemon"
    When "daemon" has been started at least 1 time
    And I run "k1s signal <signal> web -p PORT"
    Then the exit code is 0
    And the output names "web got SIGHUP"
    And "daemon" has counted a SIGHUP
    And the job "web" is "running"

    Examples:
      | signal |
      | hup    |
      | -1     |

  Scenario Outline: A word that makes no sense is refused before anything is done
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I remember the job "web"
    And I run "k1s <words>"
    Then the exit code is 2
    And the output is empty
    And the complaint is one line
    And the complaint names "<named>"
    And the job "web" is as I remember it

    Examples:
      | words                    | named               |
      | kill web -9 -15 -p PORT  | Unknown option: -15 |
      | delete -p PORT -- web -f | Unknown option: -f  |

  Scenario: A signal for a job that does not run
    Given a running server
    And a one-time job "it" that runs "true"
    And the job "it" becomes "done"
    When I run "k1s signal HUP it -p PORT"
    Then the exit code is 1
    And the complaint names "it: "

  Scenario Outline: Who waits for a job that does not end is told on a terminal until when
    Given a running server
    And a program "work" that ignores SIGINT
    And a continuous job "web" that runs "work" with:
      | stopTimeoutSeconds | 60 |
    When "work" has been started at least 1 time
    And I run "k1s <command> web -p PORT" and press Ctrl-C when it shows "<doing> 1 (web gets SIGKILL in 5"
    Then the exit code is 130
    And nobody is shown a traceback
    And the complaint names "only the waiting has ended: k1s goes on <doing> 1: web"

    Examples:
      | command | doing      |
      | kill    | killing    |
      | delete  | deleting   |
      | restart | restarting |

  Scenario: Long work shows on a terminal how far it has come
    Given a running server
    And 3 continuous jobs "many-N" that run "sleep 1000"
    When I run "k1s kill 'many-*' -p PORT" with its talk on a terminal
    Then the exit code is 0
    And the complaint names "killing 3: many-0, many-1, many-2"
