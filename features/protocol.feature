Feature: Protocol
  Any program that can write a line of JSON to a socket can command k1s: it
  connects, sends one object on one line, reads one line of JSON, and the
  server closes the connection. No library, no state, no surprise. What is
  written here is all there is to know for writing a client.

  Background:
    Given a running server

  Scenario: A server without jobs lists none
    When I send the line:
      """
      {"command": "get-all-jobs"}
      """
    Then the reply is the line "[]"
    And the server has closed the connection

  Scenario: A job is created, read, killed and deleted
    Given a program "work" that runs until it is stopped
    When I send the line:
      """
      {"command": "create-job", "job": {"id": "web", "type": "continuous", "executable": "FOLDER/work"}}
      """
    Then the reply shows:
      | id    | "web"        |
      | state | "running"    |
      | pid   | a process id |
    When I send the line:
      """
      {"command": "get-job-by-id", "jobId": "web"}
      """
    Then the reply shows:
      | id    | "web"     |
      | state | "running" |
    When I send the line:
      """
      {"command": "get-all-jobs"}
      """
    Then the reply lists the jobs:
      | web |
    When I send the line:
      """
      {"command": "kill-job", "jobId": "web"}
      """
    Then the reply is the line "{"message": "Job killed"}"
    And the job "web" becomes "killed"
    When I send the line:
      """
      {"command": "delete-job", "jobId": "web"}
      """
    Then the reply is the line "{"message": "Job deleted"}"

  Scenario: A job is shown with all its keys and no others
    When I create a one-time job "it" that runs "/bin/true"
    And the job "it" becomes "done"
    Then the job "it" has exactly the keys:
      | id                     |
      | type                   |
      | executable             |
      | arguments              |
      | workingDirectory       |
      | environment            |
      | periodInSeconds        |
      | maxRetry               |
      | stdoutLogPath          |
      | stderrLogPath          |
      | errorLogPath           |
      | restartDelaySeconds    |
      | maxRestartDelaySeconds |
      | healthyAfterSeconds    |
      | stopTimeoutSeconds     |
      | origin                 |
      | state                  |
      | pid                    |
      | exitCode               |
      | signal                 |
      | runCount               |
      | failedCount            |
      | missedCount            |
      | killRequested          |
      | createdAt              |
      | startedAt              |
      | endedAt                |
      | nextRunAt              |
      | lastError              |

  Scenario: What was not given is shown as what is in force
    Given a program "work" that runs until it is stopped
    When I create a continuous job "it" that runs "work"
    Then the reply shows:
      | arguments              | []                     |
      | environment            | {}                     |
      | workingDirectory       | null                   |
      | periodInSeconds        | null                   |
      | maxRetry               | 5                      |
      | restartDelaySeconds    | 0.1                    |
      | maxRestartDelaySeconds | 30                     |
      | healthyAfterSeconds    | null                   |
      | stopTimeoutSeconds     | 10                     |
      | origin                 | null                   |
      | stdoutLogPath          | "FOLDER/stdout_it.log" |
      | stderrLogPath          | "FOLDER/stderr_it.log" |
      | errorLogPath           | "FOLDER/error_it.log"  |
      | missedCount            | 0                      |
      | failedCount            | 0                      |
      | runCount               | 1                      |
      | killRequested          | false                  |
      | createdAt              | a time                 |
      | startedAt              | a time                 |
      | endedAt                | null                   |
      | exitCode               | null                   |
      | signal                 | null                   |
      | lastError              | null                   |
      | nextRunAt              | null                   |

  Scenario: Everything that was given is shown as it was given
    Given a program "work" that runs until it is stopped
    And a folder "somewhere"
    When I create the job:
      | id                     | "A.b_c-d:e@f9"          |
      | type                   | "periodic"              |
      | executable             | "FOLDER/work"           |
      | arguments              | ["a", "b c", ""]        |
      | workingDirectory       | "FOLDER/somewhere"      |
      | environment            | {"NAME": "välue"}       |
      | periodInSeconds        | 2.5                     |
      | maxRetry               | 7                       |
      | stdoutLogPath          | "FOLDER/o"              |
      | stderrLogPath          | "FOLDER/e"              |
      | errorLogPath           | "FOLDER/x"              |
      | restartDelaySeconds    | 0.25                    |
      | maxRestartDelaySeconds | 4.5                     |
      | healthyAfterSeconds    | 1.5                     |
      | stopTimeoutSeconds     | 0.5                     |
      | origin                 | "/srv/jobs.toml"        |
    Then the reply shows what was sent

  Scenario: Times are in ISO 8601, in UTC, with milliseconds
    Given a program "work" that lasts 0.1 seconds
    When I create a periodic job "it" that runs "work" with:
      | periodInSeconds | 3600 |
    And the job "it" becomes "pending"
    Then each of these times of the job "it" looks like "2026-11-23T06:35:15.123Z":
      | createdAt |
      | startedAt |
      | endedAt   |
      | nextRunAt |
    And these times of the job "it" are in this order:
      | createdAt |
      | startedAt |
      | endedAt   |
      | nextRunAt |
    And the job "it" was created just now

  Scenario: The reply to a creation comes once the first start has been tried
    When I create a one-time job "it" that runs "/no/such/program"
    Then the reply shows:
      | state       | "exhausted" |
      | runCount    | 1           |
      | failedCount | 1           |

  Scenario: How the last run ended stays while the next one goes on, and its error after a success, too
    Given a program "service" that fails 1 time and then runs until it is stopped
    And a continuous job "web" that runs "service" with:
      | restartDelaySeconds | 0.01 |
    And a program "flaky" that fails 1 time and then succeeds
    And a one-time job "it" that runs "flaky" with:
      | maxRetry            | 1    |
      | restartDelaySeconds | 0.01 |
    When "service" has been started at least 2 times
    Then the job "web" soon shows:
      | state     | "running"            |
      | runCount  | 2                    |
      | pid       | a process id         |
      | exitCode  | 1                    |
      | signal    | null                 |
      | endedAt   | null                 |
      | lastError | "exited with code 1" |
    And the job "it" becomes "done"
    And the job "it" shows:
      | exitCode  | 0                    |
      | signal    | null                 |
      | endedAt   | a time               |
      | lastError | "exited with code 1" |

  Scenario: Jobs are listed in the order of their creation
    When I create a one-time job "c" that runs "/bin/true"
    And I create a one-time job "a" that runs "/bin/true"
    And I create a one-time job "b" that runs "/bin/true"
    And I delete the job "c"
    And I create a one-time job "c" that runs "/bin/true"
    And I ask for all jobs
    Then the reply lists the jobs:
      | a |
      | b |
      | c |

  Scenario: Commands take effect in the order in which their lines arrived, whoever sent them
    When 12 clients connect and then, the last first, create the jobs "order-1" to "order-12" without reading
    And I ask for all jobs
    Then the reply lists the jobs "order-1" to "order-12" in this order

  @fault-K1
  Scenario: Of many creations of one id exactly one succeeds
    Given a program "work" that runs until it is stopped
    When 10 clients at once create a continuous job "it" that runs "work"
    Then 1 of them gets the job and 9 of them get the error "job-exists"
    And "work" has been started exactly 1 time

  @fault-C1
  Scenario: A line may be ended by closing one's own half of the connection
    When I send this without an end of line and close my half of the connection:
      """
      {"command": "get-all-jobs"}
      """
    Then the reply is the line "[]"
    And the server has closed the connection

  @fault-C13
  Scenario: Of several lines sent at once the first is served and the others are not
    When I send the lines:
      """
      {"command": "get-all-jobs"}
      {"command": "create-job", "job": {"id": "second", "type": "one-time", "executable": "/bin/true"}}
      """
    Then the reply is the line "[]"
    And the server has closed the connection
    And there is no job "second"

  Scenario: Blanks around the object and an end of line from Windows do no harm
    When I send the bytes "{ \"command\" :\t\"get-all-jobs\" } \r\n"
    Then the reply is the line "[]"

  Scenario: Text is UTF-8 both ways
    When I create the job:
      | id         | "it"                 |
      | type       | "one-time"           |
      | executable | "/bin/echo"          |
      | arguments  | ["grüße 你好 🚀"]    |
    Then the reply shows:
      | arguments | ["grüße 你好 🚀"] |
    And the job "it" becomes "done"
    And the file "stdout_it.log" holds:
      """
      grüße 你好 🚀
      """

  Scenario: A line may be as long as 1 MiB
    When I create a one-time job "it" with 20000 short arguments on a line of exactly 1048576 bytes
    Then the reply shows:
      | id | "it" |

  Scenario: A reply may be longer than a line may be
    Given 12 one-time jobs that have 100000 characters of arguments each
    When I ask for all jobs
    Then the reply lists 12 jobs
