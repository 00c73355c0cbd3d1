Feature: Bringing jobs up from a file
  `k1s up` makes the running jobs equal to a jobs file. It shows its plan first,
  one line a job: what it creates, replaces, keeps and deletes, and which key
  forces a replacement. Doing it again does nothing. It remembers which file a
  job comes from, so that it deletes only what it has created itself, and does
  not fight with another file over a job.

  Background:
    Given a running server
    And a program "work" that runs until it is stopped
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"
      arguments = ["1"]

      [job.api]
      type = "continuous"
      executable = "./work"
      """

  Scenario: What is in the file is created and started, and doing it again does nothing
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 0
    And the plan is:
      | create | web |
      | create | api |
    And nobody complains
    And the job "web" shows:
      | state  | "running"          |
      | origin | "FOLDER/jobs.toml" |
    When I remember the job "web"
    And I run "k1s up jobs.toml --prune -p PORT"
    Then the exit code is 0
    And the plan is:
      | keep | web |
      | keep | api |
    And the job "web" is as I remember it

  Scenario: Only what differs is replaced, and the keys that force it are named
    Given "jobs.toml" has been brought up
    When I remember the job "api"
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"
      arguments = ["2"]
      max_retry = -1
      environment = { PASSWORD = "hush" }

      [job.api]
      type = "continuous"
      executable = "./work"
      max_retry = 5
      """
    And I run "k1s up jobs.toml -p PORT"
    Then the exit code is 0
    And the plan is:
      | replace | web | arguments: ['1'] -> ['2'], environment.PASSWORD: added, max_retry: 5 -> -1 |
      | keep    | api |                                                                            |
    And the job "web" shows:
      | state     | "running" |
      | arguments | ["2"]     |
      | runCount  | 1         |
    And the job "api" is as I remember it

  Scenario: Of the environment it is told which variables differ, and no value of one
    Given the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"
      environment = { PASSWORD = "hush", MODE = "slow", HOME = "/" }
      """
    And the file "new.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"
      environment = { PASSWORD = "quiet", COLOUR = "blue", HOME = "/" }
      """
    And "jobs.toml" has been brought up
    When I run "k1s up new.toml --dry-run --take-over -p PORT"
    Then the exit code is 0
    And the plan is:
      | replace | web | environment.COLOUR: added, environment.MODE: removed, environment.PASSWORD: changed (made by FOLDER/jobs.toml) |

  Scenario: A dry run only says what would be done
    Given a continuous job "api" that runs "work" with:
      | executable | "./work" |
      | maxRetry   | 1        |
    When I run "k1s up jobs.toml --dry-run -p PORT"
    Then the exit code is 0
    And the plan is:
      | create  | web |                                     |
      | replace | api | max_retry: 1 -> 5 (made by no file) |
    And there is no job "web"
    And the job "api" shows:
      | maxRetry | 1 |

  Scenario: Only what the file has created is ever deleted, and only with --prune
    Given a continuous job "by-hand" that runs "work"
    And the file "other.toml":
      """
      [job.others]
      type = "continuous"
      executable = "./work"
      """
    And "jobs.toml" has been brought up
    And "other.toml" has been brought up
    When the file "jobs.toml":
      """
      [job.api]
      type = "continuous"
      executable = "./work"
      """
    And I run "k1s up jobs.toml -p PORT"
    Then the plan is:
      | keep | api |
    And the job "web" is "running"
    When I run "k1s up jobs.toml --prune -p PORT"
    Then the exit code is 0
    And the plan is:
      | keep   | api |                       |
      | delete | web | no longer in the file |
    When I ask for all jobs
    Then the reply lists the jobs:
      | by-hand |
      | api     |
      | others  |

  Scenario: A job that somebody made by hand becomes the file's own when it has to be replaced
    Given a continuous job "api" that runs "work" with:
      | executable | "./work" |
    And a continuous job "web" that runs "work" with:
      | executable | "./work" |
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 0
    And the plan is:
      | replace | web | arguments: [] -> ['1'] (made by no file) |
      | keep    | api | (made by no file)                        |
    And the job "web" shows:
      | origin | "FOLDER/jobs.toml" |
    And the job "api" shows:
      | origin | null |

  Scenario: Nothing at all is done where another file has made a job that differs
    Given the file "other.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"
      """
    And "other.toml" has been brought up
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 1
    And the plan is:
      | refuse | web | arguments: [] -> ['1'] (made by FOLDER/other.toml) |
      | create | api |                                                    |
    And the complaint is one line
    And the complaint names "web: made by FOLDER/other.toml"
    And the complaint names "delete it first or say --take-over; nothing is done"
    And there is no job "api"
    And the job "web" shows:
      | arguments | [] |
    When I run "k1s up jobs.toml --take-over -p PORT"
    Then the exit code is 0
    And the job "web" shows:
      | arguments | ["1"]              |
      | origin    | "FOLDER/jobs.toml" |

  Scenario: A job of the file that still cannot be started is no success the second time either
    Given the file "jobs.toml":
      """
      [job.lost]
      type = "periodic"
      period_in_seconds = 1000
      executable = "true"
      working_directory = "nowhere"
      """
    And "jobs.toml" has been brought up
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 1
    And the plan is:
      | keep | lost | |
    And the complaint is one line
    And the complaint names "lost: could not start: no such working directory: nowhere: it is pending"
    When I kill the job "lost"
    And I run "k1s up jobs.toml -p PORT"
    Then the exit code is 0
    And nobody complains

  Scenario: A job that could not be started is told at the end, and is no success the second time either; the others run
    Given the file "jobs.toml":
      """
      [job.broken]
      type = "one-time"
      executable = "./nowhere"

      [job.web]
      type = "continuous"
      executable = "./work"

      [job.once]
      type = "one-time"
      executable = "true"
      """
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 1
    And the complaint is these lines:
      """
      k1s: broken: could not start: no such file: ./nowhere: it is exhausted
      """
    And the job "web" is "running"
    And the job "once" becomes "done"
    When I kill the job "web"
    Then the job "web" becomes "killed"
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 1
    And the plan is:
      | keep | broken | (exhausted: k1s start broken runs it again) |
      | keep | web    | (killed: k1s start web runs it again)       |
      | keep | once   |                                             |
    And the complaint is these lines:
      """
      k1s: broken: could not start: no such file: ./nowhere: it is exhausted
      """
    When I run "k1s up jobs.toml --dry-run -p PORT"
    Then the exit code is 1
    And the complaint is these lines:
      """
      k1s: broken: could not start: no such file: ./nowhere: it is exhausted
      """
    Given a program "nowhere" that runs until it is stopped
    When I run "k1s start broken -p PORT"
    And I run "k1s up jobs.toml -p PORT"
    Then the exit code is 0
    And the plan is:
      | keep | broken |                                       |
      | keep | web    | (killed: k1s start web runs it again) |
      | keep | once   |                                       |
    And nobody complains

  Scenario: What the server refuses is told, and what was not created
    Given the file "jobs.toml":
      """
      [limits]
      arguments = 200000

      [job.one]
      type = "one-time"
      executable = "/bin/true"

      [job.big]
      type = "one-time"
      executable = "/bin/true"
      """
    And the file "jobs.toml" has 100001 arguments in its last job
    When I run "k1s up jobs.toml -p PORT"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "one and 1 more: not created: jobs[1].arguments has 100001 items"
    And the list of jobs is empty

  Scenario Outline: A file that says where its server listens is asked for what nobody else says
    Given the file "jobs.toml":
      """
      [server]
      host = "<host>"
      port = <port>
      socket = "<socket>"

      [job.web]
      type = "continuous"
      executable = "./work"
      """
    When I run "k1s up jobs.toml <flag>" with the environment "<environment>"
    Then the exit code is 0
    And the job "web" is "running"

    Examples:
      | host      | port | socket         | flag         | environment        |
      | 127.0.0.1 | PORT | gone.sock      |              | K1S_HOST=          |
      | 127.0.0.2 | PORT | FOLDER/no.sock |              | K1S_HOST=127.0.0.1 |
      | 127.0.0.2 | 1    | FOLDER/no.sock | -h 127.0.0.1 | K1S_PORT=PORT      |

  Scenario: A file whose port is any leads to no other server
    Given the file "nowhere.toml":
      """
      [server]
      port = 0
      """
    When I run "k1s up nowhere.toml"
    Then the exit code is 2
    And the complaint names "the port is 0, which can be any: say where the server is with --port or --socket"

  Scenario: Logs lie in the server's folder, wherever the command is run
    Given a folder "elsewhere"
    When I run "k1s up ../jobs.toml -p PORT" in the folder "elsewhere"
    Then the exit code is 0
    And the job "web" shows:
      | origin        | "FOLDER/jobs.toml"      |
      | stdoutLogPath | "FOLDER/stdout_web.log" |

  Scenario: Many jobs are created in the order of the file, with progress on a terminal
    Given the file "jobs.toml" has 450 jobs that run "/bin/true", with one log for all
    When I run "k1s up jobs.toml -p PORT" with its talk on a terminal
    Then the exit code is 0
    And the terminal has shown "created 200 of 450"
    And the terminal has shown "created 450 of 450"
    And the list of jobs is in the order of the file
    Given the file "jobs.toml":
      """
      """
    When I run "k1s up jobs.toml --prune -p PORT" with its talk on a terminal
    Then the exit code is 0
    And the terminal has shown "deleted 450 of 450"
    And the list of jobs is empty

  Scenario: Who presses Ctrl-C in the middle is told what is done and what is not, and can go on

    The job that takes its time to end does not keep away the other one that is replaced.

    Given a program "stubborn" that ignores SIGINT
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./stubborn"
      stop_timeout_seconds = 600

      [job.api]
      type = "continuous"
      executable = "./work"

      [job.old]
      type = "continuous"
      executable = "./work"
      """
    And "jobs.toml" has been brought up
    When "stubborn" has been started at least 1 time
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"

      [job.api]
      type = "continuous"
      executable = "./work"
      arguments = ["2"]

      [job.new]
      type = "continuous"
      executable = "./work"
      """
    And I run "k1s up jobs.toml --prune -p PORT" and press Ctrl-C when it shows "deleted 2 of 3 (web gets SIGKILL in"
    Then the exit code is 130
    And the plan is:
      | replace | web | executable: './stubborn' -> './work', stop_timeout_seconds: 600 -> 10 |
      | replace | api | arguments: [] -> ['2']                                                |
      | create  | new |                                                                       |
      | delete  | old | no longer in the file                                                 |
    And nobody is shown a traceback
    And the complaint names "k1s: stopped: the same command goes on from here"
    And the complaint names each of:
      | done: api, old                                    |
      | still being deleted, and not made again yet: web  |
      | not begun: new                                    |
    And the job "api" shows:
      | state     | "running" |
      | arguments | ["2"]     |
    When I run "k1s signal KILL web -p PORT"
    And I run "k1s up jobs.toml --prune -p PORT"
    Then the exit code is 0
    And the job "web" is "running"
    And the job "api" is "running"
    And the job "new" is "running"

  Scenario: The same for programs, as one object of JSON
    Given "jobs.toml" has been brought up
    When the file "jobs.toml":
      """
      [job.api]
      type = "one-time"
      executable = "./nowhere"
      environment = { PASSWORD = "hush" }
      """
    And I run "k1s up jobs.toml --prune --json -p PORT"
    Then the exit code is 1
    And the output is this object:
      """
      {
        "file": "FOLDER/jobs.toml",
        "dryRun": false,
        "steps": [
          {
            "jobId": "api",
            "action": "replace",
            "madeBy": "FOLDER/jobs.toml",
            "changes": [
              {"key": "type", "old": "continuous", "new": "one-time"},
              {"key": "executable", "old": "./work", "new": "./nowhere"},
              {"key": "environment.PASSWORD", "change": "added"},
              {"key": "max_retry", "old": 5, "new": 0}
            ]
          },
          {"jobId": "web", "action": "delete"}
        ],
        "failures": [
          {
            "jobIds": ["api"],
            "error": "could not start: no such file: ./nowhere: it is exhausted"
          }
        ]
      }
      """

  Scenario Outline: A wrong file or a wrong command line is one sentence, with exit code 2
    When I run "k1s up <words> -p PORT"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "<sentence>"
    And the list of jobs is empty

    Examples:
      | words               | sentence                                                                    |
      | nowhere.toml        | cannot read nowhere.toml: no such file                                      |
      | jobs.toml --purge   | --purge                                                                     |

  Scenario: Where no server is, it says so, with exit code 3
    When I run "k1s up jobs.toml --socket FOLDER/nowhere.sock"
    Then the exit code is 3
    And the complaint is one line
    And the complaint names "nowhere.sock"
    And the output is empty
