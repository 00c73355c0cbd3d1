Feature: Bad requests
  Whoever makes a mistake is told so at once, in one sentence that a person can
  act on and with a code that a program can act on. k1s guesses nothing: a
  number is no string, true is no number, and a misspelt key is named instead
  of being ignored. And a request is either carried out as a whole or not at
  all, so after a refusal everything is as it was before.

  Background:
    Given a running server

  Scenario: An error is one sentence and one code
    When I ask for the job "nobody"
    Then the reply is the line "{"error": "Job not found", "code": "job-not-found"}"
    And the server has closed the connection

  @fault-C10
  Scenario: Each mistake has its code, and nothing is changed
    Given a program "work" that runs until it is stopped
    And a continuous job "there" that runs "work"
    When I send each of these lines, each is refused:
      | line                                                                                | code              | naming              |
      | {"command": "get-job-by-id", "jobId": "nobody"}                                     | job-not-found     | Job not found       |
      | {"command": "kill-job", "jobId": "nobody"}                                          | job-not-found     | Job not found       |
      | {"command": "delete-job", "jobId": "nobody"}                                        | job-not-found     | Job not found       |
      | {"command": "get-job-by-id"}                                                        | job-id-required   | Job ID is required  |
      | {"command": "get-job-by-id", "jobId": null}                                         | job-id-required   | Job ID is required  |
      | {"command": "kill-job"}                                                             | job-id-required   | Job ID is required  |
      | {"command": "delete-job"}                                                           | job-id-required   | Job ID is required  |
      | {"command": "create-job", "job": {"type": "one-time", "executable": "/bin/true"}}   | job-id-required   | Job ID is required  |
      | {"command": "create-job", "job": {"id": "there", "type": "one-time", "executable": "/bin/true"}} | job-exists | Job ID already exists |
      | {"command": "create-job", "job": {"id": "x", "type": "sometimes", "executable": "/bin/true"}}    | invalid-job-type | sometimes |
      | {"command": "create-job", "job": {"id": "x", "type": 3, "executable": "/bin/true"}} | invalid-job-type  | type                |
      | {"command": "create-job", "job": {"id": "x", "executable": "/bin/true"}}            | invalid-job-type  | type                |
      | {"command": "create-job"}                                                           | invalid-request   | job                 |
      | {"command": "create-job", "job": []}                                                | invalid-request   | job                 |
      | {"command": "create-job", "job": "x"}                                               | invalid-request   | job                 |
      | {"command": "reboot"}                                                               | unknown-command   | reboot              |
      | {"command": "Get-All-Jobs"}                                                         | unknown-command   | Get-All-Jobs        |
      | {"command": ""}                                                                     | unknown-command   |                     |
      | {"command": 7}                                                                      | invalid-request   | command             |
      | {"command": null}                                                                   | invalid-request   | command             |
      | {}                                                                                  | invalid-request   | command             |
      | {"command": "get-job-by-id", "jobId": 7}                                            | invalid-request   | jobId               |
      | {"command": "get-job-by-id", "jobId": ["there"]}                                    | invalid-request   | jobId               |
      | {"command": "get-job-by-id", "jobId": true}                                         | invalid-request   | jobId               |
      | {"command": "kill-job", "jobId": "there", "signal": 9}                              | invalid-request   | signal              |
      | {"command": "kill-job", "jobId": "there", "signal": "SIGNOPE"}                      | invalid-request   | SIGNOPE             |
      | {"command": "kill-job", "jobId": "there", "signal": ""}                             | invalid-request   | signal              |
      | {"command": "kill-job", "jobId": "there", "force": true}                            | invalid-request   | force               |
      | {"command": "get-all-jobs", "verbose": true}                                        | invalid-request   | verbose             |
      | {"command": "get-all-jobs", "signal": "SIGTERM"}                                    | invalid-request   | signal              |
      | {"command": "get-all-jobs", "jobId": "there"}                                       | invalid-request   | jobId               |
      | {"command": "delete-job", "jobId": "there", "Signal": null}                         | invalid-request   | Signal              |
    Then the job "there" is the only job and is as it was
    And "work" has been started exactly 1 time

  @fault-C5 @fault-C6 @fault-C7 @fault-C8
  Scenario: What is no proper JSON is refused
    When I send each of these lines, each is refused:
      | line                                                                                      | code            | naming |
      |                                                                                           | invalid-json    |        |
      | {                                                                                         | invalid-json    |        |
      | {"command": "get-all-jobs"                                                                | invalid-json    |        |
      | {"command": "get-all-jobs"} x                                                             | invalid-json    |        |
      | {"command": "get-all-jobs"}{}                                                             | invalid-json    |        |
      | {'command': 'get-all-jobs'}                                                               | invalid-json    |        |
      | {"command": "get-all-jobs",}                                                              | invalid-json    |        |
      | {"command": "get-all-jobs", "command": "get-all-jobs"}                                    | invalid-json    |        |
      | {"command": "create-job", "job": {"id": "x", "id": "y", "type": "one-time", "executable": "/bin/true"}} | invalid-json |  |
      | {"command": "create-job", "job": {"id": "x", "type": "periodic", "executable": "/bin/true", "periodInSeconds": NaN}} | invalid-json | |
      | {"command": "create-job", "job": {"id": "x", "type": "periodic", "executable": "/bin/true", "periodInSeconds": Infinity}} | invalid-json | |
      | {"command": "create-job", "job": {"id": "x", "type": "periodic", "executable": "/bin/true", "periodInSeconds": -Infinity}} | invalid-json | |
      | {"command": "create-job", "job": {"id": "x", "type": "periodic", "executable": "/bin/true", "periodInSeconds": 1e999}} | invalid-json | |
      | {"command": "create-job", "job": {"id": "x", "type": "one-time", "executable": "/bin/true", "maxRetry": 123456789012345678901234567890}} | invalid-json | |
      | []                                                                                        | invalid-request |        |
      | "get-all-jobs"                                                                            | invalid-request |        |
      | 42                                                                                        | invalid-request |        |
      | null                                                                                      | invalid-request |        |
      | true                                                                                      | invalid-request |        |
      | get-all-jobs                                                                              | invalid-json    |        |
    And I send a line of 100000 nested lists
    Then the reply is the error "invalid-json" in a sentence
    And the list of jobs is empty

  @fault-C4
  Scenario: What is not UTF-8 is refused
    When I send each of these byte strings, each is refused with "invalid-json":
      | \xef\xbb\xbf{"command": "get-all-jobs"}\n |
      | {"command": "get-all-jobs\xff"}\n         |
      | {"command": "\xc3\x28"}\n                 |
      | {"command": "\xed\xa0\x80"}\n             |
    And I send the line {"command": "get-all-jobs"} in UTF-16
    Then the reply is the error "invalid-json" in a sentence
    And the list of jobs is empty

  @fault-C9 @fault-C10
  Scenario: Nothing in a job is coerced, and numbers have to make sense
    When I create jobs that differ from a good periodic job in one key, each is refused with that key named:
      | id                     | 7                         |
      | id                     | true                      |
      | id                     | ["a"]                     |
      | executable             | null                      |
      | executable             | ""                        |
      | executable             | 7                         |
      | executable             | ["/bin/true"]             |
      | arguments              | "a b"                     |
      | arguments              | {"a": "b"}                |
      | arguments              | [1]                       |
      | arguments              | [null]                    |
      | arguments              | [true]                    |
      | arguments              | ["a", ["b"]]              |
      | workingDirectory       | 7                         |
      | workingDirectory       | ["/"]                     |
      | environment            | "A=b"                     |
      | environment            | ["A=b"]                   |
      | environment            | {"A": 1}                  |
      | environment            | {"A": null}               |
      | environment            | {"A": true}               |
      | periodInSeconds        | null                      |
      | periodInSeconds        | 0                         |
      | periodInSeconds        | -1                        |
      | periodInSeconds        | 0.09                      |
      | periodInSeconds        | 1e-9                      |
      | periodInSeconds        | 1000000001                |
      | periodInSeconds        | 1e308                     |
      | periodInSeconds        | true                      |
      | periodInSeconds        | "5"                       |
      | periodInSeconds        | [5]                       |
      | maxRetry               | -2                        |
      | maxRetry               | 1.5                       |
      | maxRetry               | 1000000001                |
      | maxRetry               | "3"                       |
      | maxRetry               | false                     |
      | stdoutLogPath          | 7                         |
      | stderrLogPath          | ["x"]                     |
      | errorLogPath           | false                     |
      | restartDelaySeconds    | -0.1                      |
      | restartDelaySeconds    | "1"                       |
      | restartDelaySeconds    | true                      |
      | restartDelaySeconds    | 1000000001                |
      | maxRestartDelaySeconds | -1                        |
      | maxRestartDelaySeconds | 0.05                      |
      | maxRestartDelaySeconds | "1"                       |
      | healthyAfterSeconds    | 0                         |
      | healthyAfterSeconds    | -1                        |
      | healthyAfterSeconds    | "1"                       |
      | stopTimeoutSeconds     | -1                        |
      | stopTimeoutSeconds     | true                      |
      | stopTimeoutSeconds     | 1000000001                |
    Then the list of jobs is empty

  @fault-P9 @fault-P10
  Scenario: Text that no program could be given is refused
    When I create jobs that differ from a good periodic job in one key, each is refused with that key named:
      | executable       | "/bin/tr\u0000ue"       |
      | executable       | "/bin/\ud800"           |
      | arguments        | ["a\u0000b"]            |
      | arguments        | ["\udfff"]              |
      | workingDirectory | "/\u0000"               |
      | workingDirectory | "/\ud800"               |
      | environment      | {"": "x"}               |
      | environment      | {"A=B": "x"}            |
      | environment      | {"A\u0000": "x"}        |
      | environment      | {"A": "x\u0000"}        |
      | environment      | {"A": "\ud800"}         |
      | stdoutLogPath    | "a\u0000b"              |
      | stderrLogPath    | "\ud800"                |
      | errorLogPath     | "\u0000"                |
    Then the list of jobs is empty

  Scenario: An unknown key of a job is refused by name
    When I create jobs that differ from a good periodic job in one key, each is refused with that key named:
      | executeable       | "/bin/true" |
      | max_retry         | 3           |
      | MaxRetry          | 3           |
      | state             | "running"   |
      | pid               | 1           |
      | colour            | null        |
    Then the list of jobs is empty

  Scenario Outline: A period belongs to periodic jobs only
    When I create a <type> job "it" that runs "/bin/true" with:
      | periodInSeconds | 5 |
    Then the reply is the error "invalid-request" naming "periodInSeconds"
    And the list of jobs is empty

    Examples:
      | type       |
      | one-time   |
      | continuous |

  Scenario: A refusal names the key, says what it wants and what it got
    When I send the line:
      """
      {"command": "create-job", "job": {"id": "x", "type": "continuous", "executable": "/bin/true", "maxRetry": "many"}}
      """
    Then the reply is the error "invalid-request" naming "maxRetry"
    And the reply is the error "invalid-request" naming "whole number"
    And the reply is the error "invalid-request" naming "many"

  Scenario: The bounds themselves are fine
    When I create jobs that differ from a good periodic job in one key, each is accepted:
      | periodInSeconds        | 0.1        |
      | periodInSeconds        | 1e9        |
      | periodInSeconds        | 1000000000 |
      | maxRetry               | -1         |
      | maxRetry               | 0          |
      | maxRetry               | 1000000000 |
      | restartDelaySeconds    | 0          |
      | restartDelaySeconds    | 1e9        |
      | maxRestartDelaySeconds | 0.1        |
      | maxRestartDelaySeconds | 1e9        |
      | healthyAfterSeconds    | 0.001      |
      | healthyAfterSeconds    | 1e9        |
      | stopTimeoutSeconds     | 0          |
      | stopTimeoutSeconds     | 1e9        |

  Scenario: A key that is null counts as not given
    When I send the line:
      """
      {"command": "create-job", "job": {"id": "it", "type": "one-time", "executable": "/bin/true", "arguments": null, "workingDirectory": null, "environment": null, "periodInSeconds": null, "maxRetry": null, "stdoutLogPath": null, "stderrLogPath": null, "errorLogPath": null, "restartDelaySeconds": null, "maxRestartDelaySeconds": null, "healthyAfterSeconds": null, "stopTimeoutSeconds": null}}
      """
    Then the reply shows:
      | arguments              | []                     |
      | environment            | {}                     |
      | workingDirectory       | null                   |
      | maxRetry               | 0                      |
      | stdoutLogPath          | "FOLDER/stdout_it.log" |
      | restartDelaySeconds    | 0.1                    |
      | maxRestartDelaySeconds | 30                     |
      | healthyAfterSeconds    | null                   |
      | stopTimeoutSeconds     | 10                     |

  @fault-I1 @fault-I2
  Scenario: An id must be able to name a file anywhere, and the refusal tells the rule
    When I create jobs with these ids, each is refused with "invalid-request" and told the rule:
      | ""          |
      | "."         |
      | ".."        |
      | ".hidden"   |
      | "a/b"       |
      | "../x"      |
      | "/x"        |
      | "a b"       |
      | " a"        |
      | "a\\nb"     |
      | "a\\n"      |
      | "a\u0000"   |
      | "a\u0007"   |
      | "a\u007f"   |
      | "é"         |
      | "a日"       |
      | "٣"         |
      | "a\ud800"   |
      | "-a"        |
      | "_a"        |
      | ":a"        |
      | "@a"        |
      | "a*"        |
      | "a\\\\b"    |
    And I create a job whose id has 129 letters
    Then the reply is the error "invalid-request" naming "id"
    And the list of jobs is empty

  Scenario: Ids that are fine
    When I create jobs with these ids, each is accepted:
      | "a"               |
      | "7"               |
      | "Z"               |
      | "a.b_c-d:e@f"     |
      | "web-1.example"   |
    And I create a job whose id has 128 letters
    Then the job of this id is there

  @fault-I3
  Scenario: An id that is taken stays with its job
    Given a program "first" that runs until it is stopped
    And a program "second" that succeeds
    And a continuous job "it" that runs "first"
    When "first" has been started at least 1 time
    And I remember the job "it"
    And I create a one-time job "it" that runs "second"
    Then the reply is the error "job-exists" saying "Job ID already exists"
    And the job "it" is as I remember it
    And "first" has been started exactly 1 time
    And "second" has been started exactly 0 times

  Scenario: The same id in other letters is another job
    When I create a one-time job "it" that runs "/bin/true"
    And I create a one-time job "IT" that runs "/bin/true"
    And I ask for all jobs
    Then the reply lists the jobs:
      | it |
      | IT |

  @fault-C3
  Scenario: A line that is longer than 1 MiB is refused
    When I send a line of 1048577 bytes
    Then the reply is the error "line-too-long" in a sentence
    And the server has closed the connection
    And the server still answers

  @fault-C3
  Scenario: Nobody can fill the server's memory with a line that never ends
    When I send 100000000 bytes without an end of line, as many as the server takes
    Then the reply, if there is one, is the error "line-too-long"
    And the server has not grown by more than 20 MB meanwhile
    And the server still answers
