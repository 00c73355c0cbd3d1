Feature: Jobs files
  Jobs that belong together stand in one file of TOML, which can be kept beside
  the programs. Each job is a table: its name is the job's id, its keys are
  those of a job on the wire, written in snake_case. The same file may configure
  a server, which starts the jobs when it starts. Whoever makes a mistake in it
  is told in one sentence where it is and what was probably meant, before
  anything runs; several mistakes are told all at once, a sentence each.

  Scenario: A server starts the jobs of its file, in the order of the file, and they are jobs like all others
    Given a program "work" that runs until it is stopped
    And the file "k1s.toml":
      """
      [server]
      port = 0

      [job.web]
      type = "continuous"
      executable = "./work"

      [job.hello]
      type = "periodic"
      executable = "/bin/echo"
      arguments = ["hello from k1s"]
      period_in_seconds = 30

      [job.api]
      type = "continuous"
      executable = "./work"
      """
    When I start "k1s server -c k1s.toml"
    Then it says in one line that it "is listening on 127.0.0.1:" and a free port
    When I ask for all jobs
    Then the reply lists the jobs:
      | web   |
      | hello |
      | api   |
    And the job "web" shows:
      | state    | "running"          |
      | pid      | a process id       |
      | maxRetry | 5                  |
      | origin   | "FOLDER/k1s.toml"  |
    And the job "hello" soon shows:
      | runCount | 1                  |
      | exitCode | 0                  |
    When I kill the job "web"
    Then the job "web" becomes "killed"
    When I delete the job "web"
    Then there is no job "web"
    When the server is told to stop with SIGTERM
    And the server exits with 0
    And I start "k1s server -c k1s.toml"
    Then the job "web" is "running"

  Scenario: Every key that a job has on the wire can stand in a file
    Given a folder "data"
    And the file "k1s.toml":
      """
      [job.all]
      type = "periodic"
      executable = "/bin/echo"
      arguments = ["one", "two words"]
      working_directory = "data"
      environment = { PATH = "/bin", A = "" }
      period_in_seconds = 1000.5
      max_retry = -1
      stdout_log_path = "logs/out.log"
      stderr_log_path = "logs/err.log"
      error_log_path = "FOLDER/logs/error.log"
      restart_delay_seconds = 0.5
      max_restart_delay_seconds = 60
      healthy_after_seconds = 2
      stop_timeout_seconds = 1.5
      """
    When I start "k1s server -c k1s.toml -p 0"
    Then the job "all" soon shows:
      | exitCode               | 0                        |
      | type                   | "periodic"               |
      | arguments              | ["one", "two words"]     |
      | workingDirectory       | "data"                   |
      | environment            | {"PATH": "/bin", "A": ""} |
      | periodInSeconds        | 1000.5                   |
      | maxRetry               | -1                       |
      | stdoutLogPath          | "FOLDER/logs/out.log"    |
      | stderrLogPath          | "FOLDER/logs/err.log"    |
      | errorLogPath           | "FOLDER/logs/error.log"  |
      | restartDelaySeconds    | 0.5                      |
      | maxRestartDelaySeconds | 60                       |
      | healthyAfterSeconds    | 2                        |
      | stopTimeoutSeconds     | 1.5                      |
    And the file "logs/out.log" holds:
      """
      one two words
      """

  Scenario: An id that TOML would misread stands in quotes
    Given the file "k1s.toml":
      """
      [job."web.1"]
      type = "one-time"
      executable = "/bin/true"

      [job."web:blue"]
      type = "one-time"
      executable = "/bin/true"

      [job."me@here"]
      type = "one-time"
      executable = "/bin/true"
      """
    When I start "k1s server -c k1s.toml -p 0"
    Then the job "web.1" becomes "done"
    And the job "web:blue" becomes "done"
    And the job "me@here" becomes "done"

  Scenario: A job whose log the locale of the server cannot write keeps no other from its start
    Given a program "work" that runs until it is stopped
    And the file "k1s.toml":
      """
      [job.broken]
      type = "one-time"
      executable = "./work"
      stdout_log_path = "50€.log"

      [job.web]
      type = "continuous"
      executable = "./work"
      """
    When I start "k1s server -c k1s.toml -p 0" with the environment "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    Then the job "broken" shows:
      | state     | "exhausted"                                                                             |
      | lastError | "could not start: log file FOLDER/50€.log: the server's locale (ascii) cannot write '€'" |
    And the job "web" is "running"

  Scenario: A file of the server whose name its locale cannot write is one sentence
    Given the file "k1s.toml":
      """
      [server.tls]
      certificate = "50€"
      key = "50"
      """
    When I run "k1s server -c k1s.toml -p 0" with the environment "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "k1s.toml: server.tls.certificate 50"
    And the complaint names "the server's locale (ascii) cannot write"

  Scenario: Who starts the server is told of the jobs that do not start, and not of later runs
    Given a program "work" that runs until it is stopped
    And the file "k1s.toml":
      """
      [job.broken]
      type = "one-time"
      executable = "./nowhere"

      [job.again]
      type = "continuous"
      executable = "no-such-program"
      max_retry = -1
      restart_delay_seconds = 0

      [job.fails]
      type = "one-time"
      executable = "false"

      [job.web]
      type = "continuous"
      executable = "./work"
      """
    When I start "k1s server -c k1s.toml -p 0"
    Then the job "again" soon shows:
      | runCount | at least 4 |
    And the job "broken" shows:
      | state     | "exhausted"                                |
      | lastError | "could not start: no such file: ./nowhere" |
    And the job "web" is "running"
    And the server has said on its error output exactly:
      """
      k1s: broken: could not start: no such file: ./nowhere: it is exhausted
      k1s: again: could not start: not found on the PATH: no-such-program: it is restarting
      """

  Scenario: Of very many jobs that do not start the first ten are named
    Given the file "jobs.toml" has 1010 jobs that run "./nowhere", with one log for all
    When I start "k1s server -c jobs.toml -p 0"
    Then it says in one line that it "is listening on 127.0.0.1:" and a free port
    And the server has said on its error output "k1s: 1000 more jobs could not be started"
    And the error output of the server has 11 lines

  Scenario: When a server says that it listens, each job of its file has been started, and one that fails at once is none that does not start
    Given the file "jobs.toml" has 100 jobs that run "/bin/false", with one log for all
    When I start "k1s server -c jobs.toml -p 0"
    Then it says in one line that it "is listening on 127.0.0.1:" and a free port
    And each of its 100 jobs has a process or has ended
    And the error output of the server has 0 lines

  Scenario: A server that is told to stop while it still starts its jobs does so
    Given the file "jobs.toml" has 3000 jobs that run "/bin/true"
    When I start "k1s server -c jobs.toml -p 0"
    And a job of its file has been started
    And the server is told to stop with SIGTERM
    Then the server exits with 0
    And it has never said that it listens, and started fewer than 3000 jobs

  Scenario: A server that cannot listen starts none of its jobs
    Given a running server
    And a program "work" that runs until it is stopped
    And the file "k1s.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"
      """
    When I run "k1s server -c k1s.toml -p PORT"
    Then the exit code is 1
    And the complaint is one line
    And "work" has been started exactly 0 times

  Scenario: A mistake is one sentence, and the server does not start
    Given a program "work" that runs until it is stopped
    And the file "k1s.toml":
      """
      [job.good]
      type = "continuous"
      executable = "./work"

      [job.web]
      type = "continuous"
      executable = "./work"
      maxRetry = 3
      """
    When I run "k1s server -c k1s.toml -p 0"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: k1s.toml: job.web has no key 'maxRetry': did you mean max_retry? (line 8)
      """
    And the output is empty
    And "work" has been started exactly 0 times

  Scenario: A table that is none, and one that names no job
    Given the file "k1s.toml":
      """
      [jobs.web]
      type = "one-time"

      [Job.web]
      type = "one-time"

      [job.my.app]
      type = "one-time"
      executable = "true"

      [job.-x]
      type = "one-time"
      executable = "true"
      """
    When I run "k1s simulate k1s.toml"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: k1s.toml: it has no table [jobs]: did you mean [job.NAME]? (line 1)
      k1s: k1s.toml: it has no table [Job]: did you mean [job.NAME]? (line 4)
      k1s: k1s.toml: job.my has no key 'app': a name with a dot needs quotes, as in [job."my.app"] (line 7)
      k1s: k1s.toml: job.-x names a job, and a name wants 1 to 128 of A-Z a-z 0-9 . _ - : @, beginning with a letter or a digit, got '-x' (line 11)
      """

  Scenario: A value that does not fit, or a time as the command line takes it
    Given the file "k1s.toml":
      """
      [job.web]
      type = "one_time"
      executable = "true"
      max_retry = "3"
      restart_delay_seconds = "250ms"
      stop_timeout_seconds = "5min"
      healthy_after_seconds = "soon"

      [job.api]
      type = "Periodic"
      executable = "true"
      id = "api"
      period_in_seconds = "1.5h"
      arguments = "a b"
      environment = { N = 1 }
      """
    When I run "k1s simulate k1s.toml"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: k1s.toml: job.web.type wants one-time, periodic or continuous, got 'one_time': did you mean one-time? (line 2)
      k1s: k1s.toml: job.web.max_retry wants a whole number, got '3' (line 4)
      k1s: k1s.toml: job.web.restart_delay_seconds wants a number, got '250ms': write 0.25 (line 5)
      k1s: k1s.toml: job.web.stop_timeout_seconds wants a number, got '5min': write 300 (line 6)
      k1s: k1s.toml: job.web.healthy_after_seconds wants a number, got 'soon' (line 7)
      k1s: k1s.toml: job.api.type wants one-time, periodic or continuous, got 'Periodic': did you mean periodic? (line 10)
      k1s: k1s.toml: job.api has no key 'id': the name of the table is the id, as in [job.api] (line 12)
      k1s: k1s.toml: job.api.period_in_seconds wants a number, got '1.5h': write 5400 (line 13)
      k1s: k1s.toml: job.api.arguments wants a list of texts, got 'a b' (line 14)
      k1s: k1s.toml: job.api.environment.N wants text, got something else (line 15)
      """

  Scenario Outline: What makes a file none of TOML is told with what was probably meant
    Given the file "k1s.toml":
      """
      [job.good]
      type = "continuous"
      executable = "./work"

      [<table>]
      """
    When I run "k1s simulate k1s.toml"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "k1s.toml: <sentence>"

    Examples:
      | table    | sentence |
      | job.a:b  | this is not TOML: Expected ']' at the end of a table declaration (line 5, column 7): a name with other signs than letters, digits, - and _ needs quotes |
      | job.good | [job.good] stands there twice (line 5, column 10): give one of them another name |

  Scenario Outline: All mistakes of a file are told at once, each with its line
    Given a running server
    And the file "k1s.toml":
      """
      [job.web]
      type = "continous"
      executable = "sleep"
      # [job.web.environment]
      max_retires = 3

      [job."db.1"]
      type = "one-time"
      executable = '''
      [job.none]
      max_retry = 3'''
      max_retry = -2
      stop_timeout_seconds = "10"

      [sever]
      """
    When I run "<command>"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: k1s.toml: job.web.type wants one-time, periodic or continuous, got 'continous': did you mean continuous? (line 2)
      k1s: k1s.toml: job.web has no key 'max_retires': did you mean max_retry? (line 5)
      k1s: k1s.toml: job."db.1".max_retry wants a number from -1 to 1e9, got -2 (line 12)
      k1s: k1s.toml: job."db.1".stop_timeout_seconds wants a number, got '10': write 10 (line 13)
      k1s: k1s.toml: it has no table [sever]: did you mean server? (line 15)
      """
    And the output is empty
    And the list of jobs is empty

    Examples:
      | command                     |
      | k1s server -c k1s.toml -p 0 |
      | k1s up k1s.toml -p PORT     |
      | k1s simulate k1s.toml       |

  Scenario: Of very many mistakes the first ten are told
    Given a file "k1s.toml" with 200 jobs that have no type
    When I run "k1s simulate k1s.toml"
    Then the exit code is 2
    And the complaint names "job.j0.type is missing: use one-time, periodic or continuous (line 1)"
    And the complaint names "job.j9.type is missing"
    And the complaint does not name "job.j10."
    And the complaint names "k1s.toml: and 190 more mistakes"

  Scenario: The limits of a server hold for the jobs of its file
    Given the file "k1s.toml":
      """
      [limits]
      arguments = 1
      [job.web]
      type = "one-time"
      executable = "/bin/true"
      arguments = ["a", "b"]
      """
    When I run "k1s server -c k1s.toml -p 0"
    Then the exit code is 2
    And the complaint names "job.web.arguments has 2 items, and this server takes at most 1"

  Scenario: An editor can check a file by a JSON Schema
    When I run "k1s schema"
    Then the exit code is 0
    And the output is a JSON Schema that takes:
      """
      [server]
      port = 6000
      [logs]
      backups = 2
      [job.hello]
      type = "periodic"
      executable = "/bin/echo"
      period_in_seconds = 30
      """
    And the output is a JSON Schema that refuses each of:
      | [sever]                                                                              |
      | server.port = 65536                                                                  |
      | job.web = { type = "continous", executable = "x" }                                   |
      | job.web = { type = "one-time", executable = "x", maxRetry = 3 }                      |
      | job.web = { type = "one-time", executable = "x", max_retry = -2 }                    |
      | job.web = { type = "periodic", executable = "x" }                                    |
      | job.web = { type = "one-time" }                                                      |
