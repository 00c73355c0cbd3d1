Feature: The command line
  Everything can be done from a shell with "k1s client" and the flags that the
  first k1s had. The reply comes as JSON on the output, what is meant for
  people comes on the error output, and the exit code tells a script what
  happened: 0 done, 1 the server said no, 2 wrong usage, 3 no server there.
  No mistake ever ends in a page of code.

  Scenario: A job's whole life with short flags
    Given a running server
    And a program "work" that runs until it is stopped
    When I run "k1s client -p PORT -c create-job -i web -t continuous -x FOLDER/work"
    Then the exit code is 0
    And the output is one line of JSON
    And the output shows:
      | id    | "web"        |
      | type  | "continuous" |
      | state | "running"    |
    And nobody complains
    When I run "k1s client -p PORT -c get-job-by-id -i web"
    Then the exit code is 0
    And the output shows:
      | id    | "web"     |
      | state | "running" |
    When I run "k1s client -p PORT -c kill-job -i web"
    Then the exit code is 0
    And the output is the JSON {"message": "Job killed"}
    And the job "web" becomes "killed"
    When I run "k1s client -p PORT -c delete-job -i web"
    Then the exit code is 0
    And the output is the JSON {"message": "Job deleted"}
    When I run "k1s client -p PORT -c get-all-jobs"
    Then the exit code is 0
    And the output is the JSON []

  Scenario: Every short flag says what it means
    Given a running server
    And a folder "somewhere"
    When I run "k1s client -h 127.0.0.1 -p PORT -c create-job -i it -t periodic -x /bin/echo -a 'hello from k1s' -w FOLDER/somewhere -e A=b -e C=d=e -e F= -r 2.5 -m -1"
    Then the exit code is 0
    And the output shows:
      | id               | "it"                              |
      | type             | "periodic"                        |
      | executable       | "/bin/echo"                       |
      | arguments        | ["hello", "from", "k1s"]          |
      | workingDirectory | "FOLDER/somewhere"                |
      | environment      | {"A": "b", "C": "d=e", "F": ""}   |
      | periodInSeconds  | 2.5                               |
      | maxRetry         | -1                                |

  Scenario: Every long flag says the same
    Given a running server
    And a folder "somewhere"
    When I run "k1s client --host 127.0.0.1 --port PORT --command create-job --id it --type periodic --executable /bin/echo --arguments 'hello from k1s' --working-directory FOLDER/somewhere --environment A=b --environment C=d=e --period 30 --max-retry 3"
    Then the exit code is 0
    And the output shows:
      | id               | "it"                      |
      | type             | "periodic"                |
      | executable       | "/bin/echo"               |
      | arguments        | ["hello", "from", "k1s"]  |
      | workingDirectory | "FOLDER/somewhere"        |
      | environment      | {"A": "b", "C": "d=e"}    |
      | periodInSeconds  | 30                        |
      | maxRetry         | 3                         |

  Scenario: The long spellings of the first k1s work, too
    Given a running server
    When I run "k1s client -p PORT -c create-job -i it -t one-time -x /bin/true --workingDirectory / --maxRetry 4"
    Then the exit code is 0
    And the output shows:
      | workingDirectory | "/" |
      | maxRetry         | 4   |

  Scenario Outline: Arguments are one string that is split on spaces
    Given a running server
    When I run "k1s client -p PORT -c create-job -i it -t one-time -x /bin/echo -a <string>"
    Then the exit code is 0
    And the output shows:
      | arguments | <list> |

    Examples:
      | string           | list            |
      | '  -n   hello '  | ["-n", "hello"] |
      | '--help'         | ["--help"]      |
      | ''               | []              |

  Scenario: On a terminal the reply is indented for people
    Given a running server
    When I run "k1s client -p PORT -c create-job -i it -t one-time -x /bin/true" on a terminal
    Then the exit code is 0
    And the terminal shows more than 10 lines, the JSON of the job "it"

  Scenario Outline: When the server says no, the reply is on the output, its sentence on the error output, and the exit code is 1
    Given a running server
    When I run "k1s client -p PORT <flags>"
    Then the exit code is 1
    And the output shows:
      | code | "<code>" |
    And the complaint is one line
    And the complaint names "<sentence>"

    Examples:
      | flags                                         | code            | sentence           |
      | -c get-job-by-id -i nobody                    | job-not-found   | Job not found      |
      | -c kill-job                                   | job-id-required | Job ID is required |
      | -c create-job -i a/b -t one-time -x /bin/true | invalid-request | id                 |

  Scenario: The client has the flags of the original and no others
    When I run "k1s client --help"
    Then the output offers exactly the flags:
      | -c | --command           |                    |
      | -h | --host              |                    |
      | -p | --port              |                    |
      | -i | --id                |                    |
      | -t | --type              |                    |
      | -x | --executable        |                    |
      | -a | --arguments         |                    |
      | -w | --working-directory | --workingDirectory |
      | -e | --environment       |                    |
      | -r | --period            |                    |
      | -m | --max-retry         | --maxRetry         |

  Scenario Outline: Wrong usage is one sentence and exit code 2, with what was meant where that is near
    When I run "k1s <words>"
    Then the exit code is 2
    And the output is empty
    And the complaint is one line
    And the complaint names "<sentence>"

    Examples:
      | words                            | sentence                                                         |
      | client -c reboot                 | get-all-jobs                                                     |
      | stop web                         | there is no command 'stop': did you mean k1s kill?               |
      | ls                               | there is no command 'ls': did you mean k1s list?                 |
      | getJobById web                   | there is no command 'getJobById': did you mean k1s show?         |
      | nonsense                         | there is no command 'nonsense': see k1s --help                   |
      | list --prot 1                    | Unknown option: --prot: did you mean --port? See k1s list --help |
      | create web --interval 5m -- true | Unknown option: --interval: did you mean --every? See            |
      | -p 4567 list                     | Options stand behind a command, as in k1s list --json            |

  Scenario: Without a server there the exit code is 3
    Given a port that nobody listens on
    When I run "k1s client -p UNUSED_PORT -c get-all-jobs"
    Then the exit code is 3
    And the complaint is one line
    And the complaint names the unused port
    And the output is empty

  Scenario: A host that cannot be found is no server, either
    When I run "k1s client -h no-such-host.invalid -p 4567 -c get-all-jobs"
    Then the exit code is 3
    And the complaint is one line
    And the complaint names "no-such-host.invalid"

  Scenario: Something that is no k1s server is one sentence, too
    Given something on a port of this machine that answers "what?"
    When I run "k1s client -p OTHER_PORT -c get-all-jobs"
    Then the exit code is 3
    And the complaint is one line

  Scenario: Who asks for help in words gets it
    When I run "k1s help"
    And I run "k1s" in another shell
    Then both have said the same, with exit code 0
    And nobody complains
    When I run "k1s help kill"
    Then the exit code is 0
    And the output names "k1s kill web"
    And nobody complains

  Scenario: The version can be asked for
    When I run "k1s --version"
    Then the exit code is 0
    And the output is one line
    And nobody complains

  Scenario Outline: Who types -h and means help gets it, or hears how to get it
    When I run "k1s <words>"
    Then the exit code is <code>
    And the <stream> names "<named>"

    Examples:
      | words              | code | stream    | named                                                   |
      | simulate -h        | 0    | output    | Usage: k1s simulate                                     |
      | kill -h --json web | 2    | complaint | -h is the host here, and wants one. See k1s kill --help |

  Scenario: An argument that looks like -h is an argument
    Given a running server
    When I run "k1s client -p PORT -c create-job -i it -t one-time -x /bin/echo -a -h"
    Then the exit code is 0
    And the output shows:
      | arguments | ["-h"] |
    When I run "k1s create other -p PORT --json -- echo -h"
    Then the exit code is 0
    And the output shows:
      | arguments | ["-h"] |

  Scenario: python -m k1s is the same program
    Given a running server
    When I run "python -m k1s client -p PORT -c get-all-jobs"
    Then the exit code is 0
    And the output is the JSON []

  Scenario: A reader that goes away does not end in a page of code
    Given a running server
    And 12 one-time jobs that have 100000 characters of arguments each
    When I run "k1s client -p PORT -c get-all-jobs" and close its output after 10 bytes
    Then nobody is shown a traceback

  Scenario Outline: Who reads no more of the output makes no error of it
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s <words>" whose output nobody reads
    Then the exit code is <code>
    And nobody is shown a traceback

    Examples:
      | words                          | code |
      | list -p PORT                   | 0    |
      | client -c get-all-jobs -p PORT | 0    |
      | completion bash                | 0    |
      | list --help                    | 0    |
      | show web nobody -p PORT        | 1    |

  Scenario: Who reads no more of the output does not keep a command from its work
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "web-1" that runs "work"
    And a continuous job "web-2" that runs "work"
    And the file "jobs.toml":
      """
      [job.new]
      type = "continuous"
      executable = "FOLDER/work"
      """
    When I run "k1s kill 'web-*' -p PORT" whose output nobody reads
    Then the exit code is 0
    And the job "web-1" is "killed"
    And the job "web-2" is "killed"
    When I run "k1s up jobs.toml -p PORT" whose output nobody reads
    Then the exit code is 0
    And the job "new" is "running"

  Scenario: Ctrl-C while waiting for a reply does not end in a page of code
    Given something on a port of this machine that never answers
    When I run "k1s client -p OTHER_PORT -c get-all-jobs" and press Ctrl-C once it is connected
    Then nobody is shown a traceback
    And the exit code tells that it was not done
