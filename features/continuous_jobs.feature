Feature: Continuous jobs
  A continuous job is a service: a web server, a worker, a bridge. k1s keeps it
  running by starting it again whenever it ends. A service that keeps failing
  is given longer and longer pauses, so that it does not burn the machine, and
  is given up after a budget of failures in a row, so that a broken service is
  seen and not hidden.

  Background:
    Given a running server

  Scenario: A continuous job runs at once and is started again whenever a run ends
    Given a program "worker" that succeeds
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.02 |
    Then "worker" has been started at least 4 times
    And the job "web" shows:
      | type        | "continuous" |
      | failedCount | 0            |

  Scenario: A running service is left alone
    Given a program "worker" that runs until it is stopped
    And a continuous job "web" that runs "worker"
    When meanwhile another job runs 5 times
    Then "worker" has been started exactly 1 time
    And the job "web" is "running"

  Scenario: What a continuous job gets when nothing is said
    Given a program "worker" that runs until it is stopped
    When I create a continuous job "web" that runs "worker"
    Then the reply shows:
      | maxRetry               | 5    |
      | restartDelaySeconds    | 0.1  |
      | maxRestartDelaySeconds | 30   |
      | healthyAfterSeconds    | null |
      | stopTimeoutSeconds     | 10   |
      | periodInSeconds        | null |

  Scenario: After a success a continuous job waits out its delay
    Given a program "worker" that succeeds
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds    | 600 |
    Then the job "web" becomes "restarting"
    And the job "web" is due 600 seconds after its last end

  Scenario: The delay is doubled for each failure in a row
    Given a program "worker" that fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.1 |
    Then "worker" has been started at least 4 times
    And the pauses between the runs of "worker" were at least:
      | 0.1 seconds |
      | 0.2 seconds |
      | 0.4 seconds |

  Scenario: Each time it waits, a failing job is due after its doubled delay
    Given a program "worker" that fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds    | 0.15 |
      | maxRestartDelaySeconds | 0.3  |
      | maxRetry               | -1   |
    Then whenever the job "web" waits, it is due so long after its last end:
      | failures | seconds |
      | 1        | 0.15    |
      | 2        | 0.3     |
      | 3        | 0.3     |
      | 4        | 0.3     |

  Scenario Outline: The delay grows no longer than its maximum, for a one-time job neither
    Given a program "worker" that fails
    When I create a <type> job "web" that runs "worker" with:
      | restartDelaySeconds    | 0.01 |
      | maxRestartDelaySeconds | 0.3  |
      | maxRetry               | -1   |
    Then the job "web" comes to 7 failures and waits
    And the job "web" is due 0.3 seconds after its last end

    Examples:
      | type       |
      | continuous |
      | one-time   |

  Scenario: A success sets the delay back
    Given a program "worker" that fails 3 times and then succeeds
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.1 |
    Then "worker" has been started at least 5 times
    And the job "web" comes to 0 failures and waits
    And the job "web" is due 0.1 seconds after its last end

  Scenario: A restart delay of 0 means as soon as possible
    Given a program "worker" that succeeds
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0 |
    Then "worker" has been started at least 20 times

  Scenario: A restart delay of 0 means at once for a program that has run for a second
    Given a program "worker" that lasts 1.1 seconds and fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0 |
    Then "worker" has been started at least 3 times
    And at each end of a run that had lasted a second the job "web" was due again 0 seconds later

  Scenario: A first delay longer than half a minute is its own maximum
    Given a program "worker" that fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 45 |
    Then the reply shows:
      | maxRestartDelaySeconds | 45 |
    And the job "web" becomes "restarting"
    And the job "web" is due 45 seconds after its last end

  Scenario Outline: A continuous job is exhausted by one failure more than it may retry
    Given a program "worker" that fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01      |
      | maxRetry            | <retries> |
    Then the job "web" becomes "exhausted"
    And the job "web" shows:
      | runCount    | <runs>         |
      | failedCount | <runs>         |
      | maxRetry    | <retries>      |
      | pid         | null           |
      | nextRunAt   | null           |
    When meanwhile another job runs 3 times
    Then "worker" has been started exactly <runs> times

    Examples:
      | retries | runs |
      | 0       | 1    |
      | 1       | 2    |
      | 5       | 6    |

  Scenario Outline: Every kind of failure spends the budget
    Given a program "worker" that <ends>
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01 |
      | maxRetry            | 1    |
    Then the job "web" becomes "exhausted"
    And the job "web" shows:
      | runCount    | 2          |
      | failedCount | 2          |
      | exitCode    | <exitCode> |
      | signal      | <signal>   |

    Examples:
      | ends            | exitCode | signal    |
      | exits with 255  | 255      | null      |
      | dies of SIGKILL | null     | "SIGKILL" |
      | dies of SIGINT  | null     | "SIGINT"  |

  Scenario: A program that cannot be started spends the budget, too
    When I create a continuous job "web" that runs "/no/such/program" with:
      | restartDelaySeconds | 0.01 |
      | maxRetry            | 2    |
    Then the job "web" becomes "exhausted"
    And the job "web" shows:
      | runCount    | 3                                                 |
      | failedCount | 3                                                 |
      | lastError   | "could not start: no such file: /no/such/program" |

  Scenario: A success renews the budget
    Given a program "worker" that succeeds at each third run only
    And a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01 |
      | maxRetry            | 2    |
    When "worker" has been started at least 10 times
    Then the job "web" shows:
      | failedCount | at most 2 |

  Scenario: With -1 a continuous job is never given up
    Given a program "worker" that fails
    And a continuous job "web" that runs "worker" with:
      | restartDelaySeconds    | 0.01 |
      | maxRestartDelaySeconds | 0.02 |
      | maxRetry               | -1   |
    When "worker" has been started at least 12 times
    Then the job "web" shows:
      | failedCount | at least 11 |

  Scenario: A service that has run long enough is forgiven its earlier failures
    Given a program "worker" that fails 2 times and then runs until it is stopped
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01 |
      | healthyAfterSeconds | 0.5  |
    Then the job "web" soon shows:
      | state       | "running" |
      | runCount    | 3         |
      | failedCount | 0         |

  Scenario: A service that crashes now and then is forgiven for ever
    Given a program "worker" that lasts 1.5 seconds and fails
    And a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01 |
      | healthyAfterSeconds | 0.1  |
      | maxRetry            | 1    |
    When "worker" has been started at least 4 times
    Then the job "web" shows:
      | failedCount | at most 1 |

  Scenario: Nobody is forgiven for having run long unless it was asked for
    Given a program "worker" that lasts 0.3 seconds and fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01 |
      | maxRetry            | 1    |
    Then the job "web" becomes "exhausted"
    And "worker" has been started exactly 2 times

  Scenario: A service that crashes too early is not forgiven
    Given a program "worker" that fails
    When I create a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0.01 |
      | healthyAfterSeconds | 60   |
      | maxRetry            | 1    |
    Then the job "web" becomes "exhausted"
    And "worker" has been started exactly 2 times

  Scenario: Runs of one job never overlap
    Given a program "worker" that lasts 0.1 seconds
    And a continuous job "web" that runs "worker" with:
      | restartDelaySeconds | 0 |
    When "worker" has been started at least 5 times
    Then no two runs of "worker" overlapped
