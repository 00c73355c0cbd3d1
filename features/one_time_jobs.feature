Feature: One-time jobs
  A one-time job is a piece of work that has to be done once: a backup, a
  migration, a report. k1s runs it at once and remembers how it ended. If the
  work may fail for passing reasons, the job can be given retries; k1s then
  tries again, waiting a little longer each time, until one run succeeds or no
  retry is left.

  Background:
    Given a running server

  Scenario: A one-time job runs at once and is done when its program succeeds
    Given a program "backup" that succeeds
    When I create a one-time job "nightly" that runs "backup"
    Then the job "nightly" becomes "done"
    And the job "nightly" shows:
      | type        | "one-time" |
      | exitCode    | 0          |
      | signal      | null       |
      | runCount    | 1          |
      | failedCount | 0          |
      | pid         | null       |
      | nextRunAt   | null       |
      | lastError   | null       |
    And "backup" has been started exactly 1 time

  Scenario: A job that is done is not run again
    Given a program "backup" that succeeds
    And a one-time job "nightly" that runs "backup"
    When the job "nightly" becomes "done"
    And meanwhile another job runs 5 times
    Then "backup" has been started exactly 1 time
    And the job "nightly" is "done"

  @fault-P22
  Scenario Outline: Without retries the first failure is the last
    Given a program "backup" that <ends>
    When I create a one-time job "nightly" that runs "backup"
    Then the job "nightly" becomes "exhausted"
    And the job "nightly" shows:
      | maxRetry    | 0          |
      | exitCode    | <exitCode> |
      | signal      | <signal>   |
      | runCount    | 1          |
      | failedCount | 1          |
    And "backup" has been started exactly 1 time

    Examples:
      | ends            | exitCode | signal    |
      | fails           | 1        | null      |
      | exits with 130  | 130      | null      |
      | dies of SIGTERM | null     | "SIGTERM" |

  @fault-P1
  Scenario: A program that cannot be started counts as a failed run
    When I create a one-time job "nightly" that runs "/no/such/program"
    Then the reply shows:
      | state       | "exhausted"                                         |
      | runCount    | 1                                                   |
      | failedCount | 1                                                   |
      | exitCode    | null                                                |
      | signal      | null                                                |
      | lastError   | "could not start: no such file: /no/such/program"   |

  Scenario: A one-time job with retries is tried again until one run succeeds
    Given a program "upload" that fails 2 times and then succeeds
    When I create a one-time job "report" that runs "upload" with:
      | maxRetry            | 3    |
      | restartDelaySeconds | 0.02 |
    Then the job "report" becomes "done"
    And the job "report" shows:
      | runCount    | 3 |
      | failedCount | 0 |
      | exitCode    | 0 |

  Scenario Outline: A one-time job is exhausted by one failure more than it may retry
    Given a program "upload" that fails
    When I create a one-time job "report" that runs "upload" with:
      | maxRetry            | <retries> |
      | restartDelaySeconds | 0.01      |
    Then the job "report" becomes "exhausted"
    And the job "report" shows:
      | runCount    | <runs> |
      | failedCount | <runs> |
    And "upload" has been started exactly <runs> times

    Examples:
      | retries | runs |
      | 0       | 1    |
      | 2       | 3    |

  Scenario: With -1 a one-time job is retried until it succeeds, however often it fails
    Given a program "upload" that fails 9 times and then succeeds
    When I create a one-time job "report" that runs "upload" with:
      | maxRetry               | -1   |
      | restartDelaySeconds    | 0.01 |
      | maxRestartDelaySeconds | 0.02 |
    Then the job "report" becomes "done"
    And the job "report" shows:
      | runCount    | 10 |
      | failedCount | 0  |

  Scenario: Retries of a one-time job wait longer and longer
    Given a program "upload" that fails
    When I create a one-time job "report" that runs "upload" with:
      | maxRetry            | 2   |
      | restartDelaySeconds | 0.2 |
    Then "upload" has been started at least 3 times
    And the pauses between the runs of "upload" were at least:
      | 0.2 seconds |
      | 0.4 seconds |

  Scenario: Between two tries a one-time job is restarting and says when the next try is due
    Given a program "upload" that fails
    When I create a one-time job "report" that runs "upload" with:
      | maxRetry            | 3   |
      | restartDelaySeconds | 600 |
    Then the job "report" becomes "restarting"
    And the job "report" is due 600 seconds after its last end
