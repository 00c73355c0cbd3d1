Feature: Periodic jobs
  A periodic job is work that comes back: collect figures every minute, clean
  up every hour. k1s runs it at once and then at every whole period after the
  first start. The rhythm does not drift, whatever the runs take and whatever
  happens to the clock on the wall, two runs never overlap, and nobody is ever
  surprised by a burst of runs that were "made up for".

  Background:
    Given a running server

  Scenario: A periodic job runs at once and then once in every period
    Given a program "collect" that succeeds
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.3 |
    Then the reply shows:
      | runCount        | 1      |
      | periodInSeconds | 0.3    |
      | maxRetry        | 5      |
      | nextRunAt       | a time |
    And "collect" has been started at least 4 times
    And run number 2 of "collect" began at least 0.3 seconds after the first start of "figures"
    And run number 3 of "collect" began at least 0.6 seconds after the first start of "figures"
    And run number 4 of "collect" began at least 0.9 seconds after the first start of "figures"
    And no run of "figures" began more than 0.1 seconds late

  Scenario: After a success a periodic job is pending until its next tick
    Given a program "collect" that succeeds
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 3600 |
    Then the job "figures" becomes "pending"
    And the job "figures" shows:
      | pid         | null   |
      | exitCode    | 0      |
      | failedCount | 0      |
      | nextRunAt   | a time |
    And the job "figures" is due 3600 seconds after its first start

  Scenario: The next tick is known while a run is still going
    Given a program "collect" that runs until it is stopped
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 3600 |
    Then the job "figures" is "running"
    And the job "figures" is due 3600 seconds after its first start

  Scenario: Ticks stay on the grid of the first start however long the runs take
    Given a program "collect" that lasts 0.1 seconds
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.25 |
    When "collect" has been started at least 6 times
    Then the next tick of "figures" lies a whole number of 0.25 seconds after the first

  Scenario: A tick that falls into a run is skipped and counted, and runs never overlap
    Given a program "collect" that lasts 0.5 seconds
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.2 |
    When "collect" has been started at least 3 times
    Then the job "figures" shows:
      | missedCount | at least 4 |
    And no two runs of "collect" overlapped
    And no run of "figures" began more than 0.1 seconds late
    And the next tick of "figures" lies a whole number of 0.2 seconds after the first

  Scenario: A failed run is not retried early, its next tick is its retry
    Given a program "collect" that fails
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds     | 0.4  |
      | restartDelaySeconds | 0.01 |
    Then "collect" has been started at least 3 times
    And run number 2 of "collect" began at least 0.4 seconds after the first start of "figures"
    And run number 3 of "collect" began at least 0.8 seconds after the first start of "figures"

  Scenario: A failed periodic job is pending while it has retries left
    Given a program "collect" that exits with 3
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 3600 |
    Then the job "figures" becomes "pending"
    And the job "figures" shows:
      | failedCount | 1                    |
      | exitCode    | 3                    |
      | lastError   | "exited with code 3" |
    And the job "figures" is due 3600 seconds after its first start

  Scenario: By default a periodic job is exhausted by the sixth failure in a row
    Given a program "collect" that fails
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.1 |
    Then the job "figures" becomes "exhausted"
    And the job "figures" shows:
      | maxRetry    | 5    |
      | runCount    | 6    |
      | failedCount | 6    |
      | nextRunAt   | null |
    When meanwhile another job runs 5 times
    Then "collect" has been started exactly 6 times

  Scenario Outline: maxRetry is how many failures in a row are forgiven
    Given a program "collect" that fails
    When I create a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.1       |
      | maxRetry        | <retries> |
    Then the job "figures" becomes "exhausted"
    And "collect" has been started exactly <runs> times

    Examples:
      | retries | runs |
      | 0       | 1    |
      | 2       | 3    |

  Scenario: With -1 a periodic job is never exhausted
    Given a program "collect" that fails
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.1 |
      | maxRetry        | -1  |
    When "collect" has been started at least 9 times
    Then the job "figures" shows:
      | failedCount | at least 8 |
      | nextRunAt   | a time     |

  Scenario: A success renews the budget of a periodic job
    Given a program "collect" that fails 2 times and then succeeds
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.1 |
      | maxRetry        | 2   |
    When "collect" has been started at least 4 times
    Then the job "figures" shows:
      | failedCount | 0 |

  Scenario: A program that cannot be started is tried again at each tick until the budget is spent
    When I create a periodic job "figures" that runs "/no/such/program" with:
      | periodInSeconds | 0.1 |
      | maxRetry        | 1   |
    Then the reply shows:
      | state       | "pending" |
      | failedCount | 1         |
    And the job "figures" becomes "exhausted"
    And the job "figures" shows:
      | runCount    | 2 |
      | failedCount | 2 |
