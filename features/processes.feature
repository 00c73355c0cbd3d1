Feature: Processes
  A program that runs well from a terminal has to run well under k1s. So every
  run starts in a clean and predictable place: a process group of its own, an
  empty input, nothing of the server's left open, signals that work, and the
  environment and folder that the job names. And when a run is over, it is
  over: no helper, no daemon and no zombie stays behind.

  Scenario: Each run has a session and a process group of its own
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "a" that runs "work"
    And a continuous job "b" that runs "work" with:
      | workingDirectory | "/" |
    Then the process of the job "a" leads a session and a process group of its own
    And the process of the job "b" leads a session and a process group of its own

  Scenario: A program has an empty input, its two logs, and nothing else open
    Given a running server
    And 20 clients that have connected and say nothing
    And a program "work" that runs until it is stopped
    When I create a continuous job "a" that runs "work"
    And I create a continuous job "b" that runs "work" with:
      | workingDirectory | "/" |
    Then the open files of the job "a" are exactly:
      | 0 | /dev/null              |
      | 1 | FOLDER/stdout_a.log    |
      | 2 | FOLDER/stderr_a.log    |
    And the open files of the job "b" are exactly:
      | 0 | /dev/null              |
      | 1 | FOLDER/stdout_b.log    |
      | 2 | FOLDER/stderr_b.log    |

  Scenario: A program that reads its input finds the end of it
    Given a running server
    When I create a one-time job "reader" that runs "/bin/cat"
    Then the job "reader" becomes "done"

  @fault-P13
  Scenario: A program finds every signal at its default even if the server was started with signals ignored
    Given a running server that was started with SIGINT, SIGQUIT, SIGHUP and SIGPIPE ignored
    And a program "work" that runs until it is stopped
    And a continuous job "a" that runs "work"
    And a continuous job "b" that runs "work" with:
      | workingDirectory | "/" |
    Then the process of the job "a" ignores, blocks and catches no signal
    And the process of the job "b" ignores, blocks and catches no signal
    When I kill the job "a"
    Then the job "a" becomes "killed"
    And the job "a" shows:
      | signal | "SIGINT" |

  Scenario: A program runs in the server's working directory when the job names none
    Given a running server
    When I create the job:
      | id         | "where"      |
      | type       | "one-time"   |
      | executable | "/bin/pwd"   |
    Then the job "where" becomes "done"
    And the file "stdout_where.log" holds:
      """
      FOLDER
      """

  Scenario: A program runs in the working directory of its job
    Given a running server
    And a folder "elsewhere"
    When I create the job:
      | id               | "where"             |
      | type             | "one-time"          |
      | executable       | "/bin/pwd"          |
      | workingDirectory | "FOLDER/elsewhere"  |
    Then the job "where" becomes "done"
    And the file "stdout_where.log" holds:
      """
      FOLDER/elsewhere
      """

  Scenario: Without an environment of its own a program inherits the server's, and an environment replaces it as a whole
    Given a running server whose environment has "COLOUR" as "blue"
    When I create the job:
      | id          | "empty"        |
      | type        | "one-time"     |
      | executable  | "/usr/bin/env" |
      | environment | {}             |
    And I create the job:
      | id          | "none"         |
      | type        | "one-time"     |
      | executable  | "/usr/bin/env" |
      | environment | null           |
    And I create the job:
      | id          | "own"                                                          |
      | type        | "one-time"                                                     |
      | executable  | "/usr/bin/env"                                                 |
      | environment | {"SHAPE": "round", "EMPTY": "", "SUM": "a=b", "WORD": "naïve"} |
    Then the job "empty" becomes "done"
    And the file "stdout_empty.log" has the line "COLOUR=blue"
    And the job "none" becomes "done"
    And the file "stdout_none.log" has the line "COLOUR=blue"
    And the job "own" becomes "done"
    And the file "stdout_own.log" has exactly these lines in any order:
      | SHAPE=round |
      | EMPTY=      |
      | SUM=a=b     |
      | WORD=naïve  |

  Scenario: Arguments reach the program exactly as they were given
    Given a running server
    And a program "arguments" that writes each of its arguments on a line
    When I create the job:
      | id         | "args"                                                       |
      | type       | "one-time"                                                   |
      | executable | "FOLDER/arguments"                                           |
      | arguments  | ["two words", "", "*", "$HOME", "-n", "naïve", "'q'"]        |
    Then the job "args" becomes "done"
    And the file "stdout_args.log" holds:
      """
      [two words]
      []
      [*]
      [$HOME]
      [-n]
      [naïve]
      ['q']
      """

  @fault-P7
  Scenario: An executable with a slash is a path, relative to the job's working directory
    Given a running server
    And a folder "tools"
    And a program "tools/hello" that writes "hello from tools" to its output
    When I create one-time jobs that run these, each ends "done" without a reason:
      | executable         | workingDirectory |
      | ./hello            | FOLDER/tools     |
      | tools/hello        |                  |
      | tools/hello        | FOLDER           |
      | ../tools/hello     | FOLDER/tools     |
      | FOLDER/tools/hello |                  |
    Then "tools/hello" has been started exactly 5 times

  @fault-P7
  Scenario: A bare name is looked up on the server's PATH when the job has none of its own
    Given a running server whose environment has "PATH" as "FOLDER/tools:/usr/bin:/bin"
    And a folder "tools"
    And a program "tools/hello-k1s" that writes "found" to its output
    When I create a one-time job "it" that runs "hello-k1s"
    And I create a one-time job "other" that runs "hello-k1s" with:
      | environment | {"COLOUR": "blue"} |
    Then the job "it" becomes "done"
    And the job "other" becomes "done"
    And the file "stdout_it.log" has the line "found"
    And the file "stdout_other.log" has the line "found"

  @fault-P7
  Scenario: A bare name is looked up on the PATH of the job's own environment
    Given a running server
    And a folder "tools"
    And a program "tools/hello-k1s" that writes "found" to its output
    When I create the job:
      | id          | "it"                                      |
      | type        | "one-time"                                |
      | executable  | "hello-k1s"                               |
      | environment | {"PATH": "/nowhere:FOLDER/tools:/bin"}    |
    Then the job "it" becomes "done"
    And the file "stdout_it.log" has the line "found"

  @fault-P7
  Scenario: A bare name is not looked for in the working directory
    Given a running server
    And a program "hello-k1s" that succeeds
    When I create the job:
      | id          | "it"                        |
      | type        | "one-time"                  |
      | executable  | "hello-k1s"                 |
      | environment | {"PATH": "/usr/bin:/bin"}   |
    Then the reply shows:
      | state     | "exhausted"                                           |
      | lastError | "could not start: not found on the PATH: hello-k1s"   |

  @fault-P1 @fault-P2 @fault-P3 @fault-P4 @fault-P5 @fault-P6 @fault-P8
  Scenario: A program that cannot be started says why, in words that help
    Given a running server
    And these files that are no programs:
      | plain.txt   | cannot be executed                |
      | empty       | can be executed but is empty      |
      | bare        | can be executed but has no #! line |
      | lost        | needs the interpreter /no/such/shell       |
      | dos         | has Windows line endings          |
      | loop        | is a link to itself               |
    And a folder "folder"
    When I create one-time jobs that run these, each ends "exhausted" with the reason:
      | executable           | workingDirectory      | reason                                                                                     |
      | FOLDER/missing       |                       | no such file: FOLDER/missing                                                               |
      | FOLDER/plain.txt     |                       | FOLDER/plain.txt is not executable                                                         |
      | FOLDER/folder        |                       | FOLDER/folder is a directory                                                               |
      | FOLDER/lost          |                       | FOLDER/lost needs the interpreter /no/such/shell, which does not exist                              |
      | FOLDER/dos           |                       | FOLDER/dos needs the interpreter /bin/sh, which does not exist (the file has Windows line endings) |
      | FOLDER/empty         |                       | FOLDER/empty is not a program that this machine can run (no #! line?)                      |
      | FOLDER/bare          |                       | FOLDER/bare is not a program that this machine can run (no #! line?)                       |
      | no-such-name-k1s     |                       | not found on the PATH: no-such-name-k1s                                                    |
      | /bin/true            | FOLDER/missing        | no such working directory: FOLDER/missing                                                  |
      | /bin/true            | FOLDER/plain.txt      | the working directory is not a directory: FOLDER/plain.txt                                 |
      | FOLDER/loop          |                       | too many levels of symbolic links: FOLDER/loop                                             |
      | FOLDER/plain.txt/x   |                       | not a directory: FOLDER/plain.txt/x                                                        |
      | FOLDER/LONG_NAME     |                       | file name too long: FOLDER/LONG_NAME                                                       |
    And I create a one-time job "big" with an argument of 200000 characters
    Then the reply shows:
      | state     | "exhausted"                                               |
      | lastError | "could not start: the arguments and environment are too big" |
    And the server still answers

  @fault-P9
  Scenario: A run that needs what the locale of the server cannot write fails with the reason, and so does the reading of its log
    When I start "k1s server -p 0" with the environment "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    And I create one-time jobs that need these, each ends "exhausted" with the reason:
      | id   | key              | value            | reason                                                                |
      | args | arguments        | ["50€"]          | the server's locale (ascii) cannot write '€'                          |
      | env  | environment      | {"PATH": "/50€"} | the server's locale (ascii) cannot write '€'                          |
      | name | executable       | "50€"            | the server's locale (ascii) cannot write '€'                          |
      | path | executable       | "./50€"          | the server's locale (ascii) cannot write '€'                          |
      | home | workingDirectory | "50€"            | the server's locale (ascii) cannot write '€'                          |
      | out  | stdoutLogPath    | "50€.log"        | log file FOLDER/50€.log: the server's locale (ascii) cannot write '€' |
      | err  | stderrLogPath    | "50€.log"        | log file FOLDER/50€.log: the server's locale (ascii) cannot write '€' |
      | why  | errorLogPath     | "50€.log"        | log file FOLDER/50€.log: the server's locale (ascii) cannot write '€' |
    Then the job "args" shows:
      | runCount    | 1 |
      | failedCount | 1 |
    When I run "k1s logs -p PORT out"
    Then the exit code is 1
    And the complaint names "og file FOLDER/50€.log: the server's locale (ascii) cannot write '€'"
    When I run "k1s delete -p PORT --with-logs '*'"
    Then the exit code is 0
    And the list of jobs is empty

  Scenario: What a program leaves behind in its group is ended with its run
    Given a running server
    And a program "work" that leaves a child behind
    When I create a one-time job "it" that runs "work"
    Then the job "it" becomes "done"
    And no process of "work" is left

  @fault-P17 @fault-P18
  Scenario Outline: What a program hides in a session of its own is ended with its run, too
    Given a running server
    And a program "work" that leaves a <helper> behind
    When I create a one-time job "it" that runs "work"
    Then the job "it" becomes "done"
    And no process of "work" is left

    Examples:
      | helper                         |
      | child in a session of its own  |
      | daemon                         |

  Scenario: A service leaves nothing behind when it crashes and is started again
    Given a running server
    And a program "work" that leaves a child behind and fails
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.01 |
      | maxRetry            | 3    |
    When the job "it" becomes "exhausted"
    Then "work" has been started exactly 4 times
    And no process of "work" is left

  @fault-P15
  Scenario: A run ends when its main process ends, even if a helper keeps the output open
    Given a running server
    And a program "work" that leaves a child behind
    When I create a one-time job "it" that runs "work"
    Then the job "it" becomes "done"
    And the job "it" ended less than 10 seconds after it started

  @fault-P16
  Scenario: A program that closes its output is still running
    Given a running server
    And a program "work" that closes its output and runs until it is stopped
    And a continuous job "it" that runs "work"
    When "work" has been started at least 1 time
    And meanwhile another job runs 3 times
    Then the job "it" is "running"
    And "work" has been started exactly 1 time

  @fault-P20
  Scenario: No zombies
    Given a running server
    And a program "work" that leaves a child behind and fails
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds    | 0.01 |
      | maxRestartDelaySeconds | 0.02 |
      | maxRetry               | 9    |
    When the job "it" becomes "exhausted"
    Then no process of "work" is left
    And the server has no zombie

  @fault-P21 @fault-P22
  Scenario Outline: Exit code and signal are shown as they were, each in its own place
    Given a running server
    And a program "work" that <ends>
    When I create a one-time job "it" that runs "work"
    Then the job "it" becomes "exhausted"
    And the job "it" shows:
      | exitCode  | <exitCode>    |
      | signal    | <signal>      |
      | lastError | "<lastError>" |

    Examples:
      | ends            | exitCode | signal    | lastError                     |
      | exits with 139  | 139      | null      | exited with code 139          |
      | dies of SIGSEGV | null     | "SIGSEGV" | died of SIGSEGV (signal 11)   |

  @fault-P23
  Scenario: Killing and deleting jobs that have ended signals nobody
    Given a running server
    And a program "work" that fails
    And a program "bystander" that counts each SIGINT it gets
    And a continuous job "b" that runs "bystander"
    And a continuous job "it" that runs "work" with:
      | maxRetry | 0 |
    When "bystander" has been started at least 1 time
    And the job "it" becomes "exhausted"
    And I kill the job "it"
    And I delete the job "it"
    And meanwhile another job runs 3 times
    Then "bystander" has counted exactly 0 SIGINT
    And the job "b" is "running"

  @fault-R3
  Scenario: Many jobs at once need no thread and no descriptor each, and nobody looks after them again and again
    Given a running server
    And a program "work" that runs until it is stopped
    And 45 continuous jobs that run "work"
    Then the server has less than 20 threads, and less than 40 descriptors
    And the server soon does nothing at all for 1 second
