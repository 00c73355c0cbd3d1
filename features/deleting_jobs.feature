Feature: Deleting jobs
  To delete a job is to be rid of it: its program is stopped as a kill would
  stop it, and k1s forgets the job. The answer comes when the process is gone,
  so whoever reads "Job deleted" can use the id, the port or the files of the
  job again.

  Background:
    Given a running server

  @fault-K3 @fault-K5
  Scenario Outline: Any job can be deleted in any state, and is never started again
    Given a program "work" that <behaviour>
    And a <type> job "it" that runs "work" with:
      | periodInSeconds     | <period> |
      | restartDelaySeconds | 0.5      |
      | maxRetry            | <retry>  |
    When the job "it" becomes "<state>"
    And I delete the job "it"
    Then the reply is the message "Job deleted"
    And no process of "work" is left
    And there is no job "it"
    And the list of jobs is empty
    When meanwhile another job runs 8 times
    Then "work" has been started exactly 1 time

    Examples:
      | type       | behaviour                | period | retry | state      |
      | one-time   | runs until it is stopped | null   | null  | running    |
      | one-time   | succeeds                 | null   | null  | done       |
      | one-time   | fails                    | null   | null  | exhausted  |
      | one-time   | fails                    | null   | 1     | restarting |
      | periodic   | runs until it is stopped | 0.5    | null  | running    |
      | periodic   | succeeds                 | 0.5    | null  | pending    |
      | continuous | runs until it is stopped | null   | null  | running    |
      | continuous | succeeds                 | null   | null  | restarting |

  Scenario: A killed job can be deleted
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I kill the job "it"
    And the job "it" becomes "killed"
    And I delete the job "it"
    Then the reply is the message "Job deleted"
    And there is no job "it"

  Scenario: The program is told with SIGINT
    Given a program "work" that counts each SIGINT it gets
    And a one-time job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.5 |
    When "work" has been started at least 1 time
    And I delete the job "it"
    Then the reply is the message "Job deleted"
    And "work" has counted exactly 1 SIGINT
    And no process of "work" is left

  @fault-P12
  Scenario: The reply waits until a program that does not listen is gone
    Given a program "work" that ignores SIGINT
    And a one-time job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.7 |
    When "work" has been started at least 1 time
    And I ask for the job "it" to be deleted without waiting for the reply
    Then the deletion is answered with "Job deleted" at least 0.7 seconds after it was asked for
    And no process of "work" is left
    And there is no job "it"

  Scenario: Until it is gone, the job is there
    Given a program "work" that ignores SIGINT
    And a one-time job "it" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And I ask for the job "it" to be deleted without waiting for the reply
    Then the job "it" is "running"
    And the job "it" is still in the list of jobs
    When I create a one-time job "it" that runs "/bin/true"
    Then the reply is the error "job-exists" saying "Job ID already exists"
    When I send the line:
      """
      {"command": "delete-job", "jobId": "it", "signal": "SIGKILL"}
      """
    Then the deletion is answered with "Job deleted" at least 0 seconds after it was asked for
    And no process of "work" is left
    And there is no job "it"

  Scenario: Two deletions of one job at once are both answered
    Given a program "work" that ignores SIGINT
    And a one-time job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.5 |
    When "work" has been started at least 1 time
    And I ask for the job "it" to be deleted without waiting for the reply
    And I delete the job "it"
    Then the reply is the message "Job deleted"
    And the deletion is answered with "Job deleted" at least 0.5 seconds after it was asked for

  Scenario: A job that is being killed can be deleted
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.5 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    And I delete the job "it"
    Then the reply is the message "Job deleted"
    And no process of "work" is left
    And there is no job "it"

  @fault-K6
  Scenario: The id of a deleted job is free for a new job, which starts afresh
    Given a program "old" that exits with 7 when it gets SIGINT
    And a program "new" that runs until it is stopped
    And a continuous job "it" that runs "old"
    When "old" has been started at least 1 time
    And I delete the job "it"
    And I create a continuous job "it" that runs "new"
    Then the reply shows:
      | state       | "running" |
      | runCount    | 1         |
      | failedCount | 0         |
      | exitCode    | null      |
    When meanwhile another job runs 3 times
    Then the job "it" shows:
      | state    | "running" |
      | runCount | 1         |
      | exitCode | null      |
    And "old" has been started exactly 1 time

  Scenario: The logs of a deleted job stay for whoever wants to read them
    Given a program "work" that writes "result" to its output
    And a one-time job "it" that runs "work"
    When the job "it" becomes "done"
    And I delete the job "it"
    Then the file "stdout_it.log" holds:
      """
      result
      """

  Scenario: Other jobs are not touched
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    And a program "other" that runs until it is stopped
    And a continuous job "neighbour" that runs "other"
    When I delete the job "it"
    Then the job "neighbour" is "running"
    And the process of the job "neighbour" exists
    And "other" has been started exactly 1 time

  Scenario: A job can be deleted with its logs
    Given a program "work" that writes "said" to its output and "sorry" to its errors and fails
    And a one-time job "it" that runs "work"
    And a one-time job "kept" that runs "work"
    When the job "it" becomes "exhausted"
    And the job "kept" becomes "exhausted"
    And I send the line:
      """
      {"command": "delete-job", "jobId": "it", "withLogs": true}
      """
    Then the only logs are "error_kept.log", "stderr_kept.log" and "stdout_kept.log"
    When I run "k1s delete kept --with-logs -p PORT"
    Then the exit code is 0
    And there is no file "stdout_kept.log"

  Scenario: The log of another job is no backup, whatever its name
    Given a program "work" that writes "said" to its output
    And a one-time job "it" that runs "work"
    And a one-time job "kept" that runs "work" with:
      | stdoutLogPath | "stdout_it.log.1" |
    When the job "it" becomes "done"
    And the job "kept" becomes "done"
    And I send the line:
      """
      {"command": "delete-job", "jobId": "it", "withLogs": true}
      """
    Then the only logs are "error_kept.log", "stderr_kept.log" and "stdout_it.log.1"

  Scenario: A job that does not exist cannot be deleted
    When I delete the job "nobody"
    Then the reply is the error "job-not-found" saying "Job not found"

  Scenario: Nobody can delete without an id
    When I send the line:
      """
      {"command": "delete-job"}
      """
    Then the reply is the error "job-id-required" saying "Job ID is required"
