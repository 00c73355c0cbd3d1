Feature: States
  At any moment a job is in exactly one of six states: pending, running,
  restarting, killed, exhausted, done. A state is a promise: "running" means
  that a process exists, or is being started this moment and has no number yet, as
  when many jobs are made at once; "killed" means that no process of the job is left.
  So a person or a script can act on what k1s says without looking twice.
  Killed, exhausted and done are final.

  Background:
    Given a running server

  Scenario: How a job gets from one state to the next by itself
    When I create jobs of these types whose programs behave so, they come to these states:
      | type       | behaviour                | period | retry | state      |
      | one-time   | runs until it is stopped |        |       | running    |
      | periodic   | runs until it is stopped | 60     |       | running    |
      | continuous | runs until it is stopped |        |       | running    |
      | one-time   | succeeds                 |        |       | done       |
      | periodic   | succeeds                 | 60     |       | pending    |
      | continuous | succeeds                 |        |       | restarting |
      | one-time   | fails                    |        | 1     | restarting |
      | periodic   | fails                    | 60     | 1     | pending    |
      | continuous | fails                    |        | 1     | restarting |
      | one-time   | fails                    |        | 0     | exhausted  |
      | periodic   | fails                    | 60     | 0     | exhausted  |
      | continuous | fails                    |        | 0     | exhausted  |
    And meanwhile another job runs 3 times
    Then all of these jobs are in these states still

  Scenario: A pending job starts when its tick comes
    Given a program "work" that fails 1 time and then runs until it is stopped
    When I create a periodic job "it" that runs "work" with:
      | periodInSeconds | 0.5 |
    Then the job "it" soon has run 2 times, and was "pending" before the last one
    And the job "it" shows:
      | state    | "running" |
      | runCount | 2         |

  Scenario Outline: A restarting job starts when its delay is over
    Given a program "work" that fails 1 time and then runs until it is stopped
    When I create a <type> job "it" that runs "work" with:
      | restartDelaySeconds | 0.5 |
      | maxRetry            | 1   |
    Then the job "it" soon has run 2 times, and was "restarting" before the last one
    And the job "it" shows:
      | state    | "running" |
      | runCount | 2         |

    Examples:
      | type       |
      | one-time   |
      | continuous |

  @fault-K3
  Scenario Outline: A job that is not running is killed at once
    Given a program "work" that <behaviour>
    And a <type> job "it" that runs "work" with:
      | periodInSeconds     | <period> |
      | restartDelaySeconds | 2        |
    When the job "it" becomes "<state>"
    And I kill the job "it"
    Then the reply is the message "Job killed"
    And the job "it" is "killed"
    And the job "it" shows:
      | nextRunAt | null |
      | pid       | null |
    When meanwhile another job runs 25 times
    Then "work" has been started exactly 1 time

    Examples:
      | type       | behaviour | period | state      |
      | periodic   | succeeds  | 2      | pending    |
      | continuous | succeeds  | null   | restarting |
      | continuous | fails     | null   | restarting |

  Scenario: A running job that is killed stays running until its process is gone
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    Then the reply is the message "Job killed"
    And the job "it" is "running"
    And the job "it" shows:
      | killRequested | true         |
      | pid           | a process id |
    When I kill the job "it" with "SIGKILL"
    Then the job "it" becomes "killed"
    And no process of "work" is left
    And the job "it" shows:
      | killRequested | true |
      | pid           | null |

  Scenario: A job is running as long as its process is there
    Given a program "work" that runs until it is stopped
    And a one-time job "it" that runs "work"
    Then the job "it" is "running"
    And the process of the job "it" exists
    When somebody else ends the process of the job "it" with SIGKILL
    Then the job "it" becomes "exhausted"
    And the job "it" shows:
      | pid    | null      |
      | signal | "SIGKILL" |
    And no process of "work" is left

  Scenario: Nobody is told that a job is killed while a part of it still writes
    Given a program "work" that leaves its stop to a child that keeps writing
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.5 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    Then the job "it" becomes "killed"
    And no process of "work" is left
    And the output log of "it" grows no more

  Scenario: The final states stay as they are
    Given a program "good" that succeeds
    And a program "bad" that fails
    And a program "service" that runs until it is stopped
    And a one-time job "a" that runs "good"
    And a one-time job "b" that runs "bad"
    And a continuous job "c" that runs "service"
    When I kill the job "c"
    And the job "a" becomes "done"
    And the job "b" becomes "exhausted"
    And the job "c" becomes "killed"
    And meanwhile another job runs 8 times
    Then the job "a" is "done"
    And the job "b" is "exhausted"
    And the job "c" is "killed"
    And "good" has been started exactly 1 time
    And "bad" has been started exactly 1 time
    And "service" has been started exactly 1 time

  @fault-K8
  Scenario: No other state is ever shown, and each job shown is consistent in itself
    Given a program "good" that succeeds
    And a program "bad" that fails
    And a periodic job "a" that runs "good" with:
      | periodInSeconds | 0.1 |
    And a continuous job "b" that runs "good" with:
      | restartDelaySeconds | 0.01 |
    And a continuous job "c" that runs "bad" with:
      | restartDelaySeconds    | 0.01 |
      | maxRestartDelaySeconds | 0.02 |
      | maxRetry               | 8    |
    When I look at all jobs again and again until the job "c" is "exhausted"
    Then each job was always in one of these states:
      | pending | running | restarting | killed | exhausted | done |
    And each job had a process id when it was running and at no other time
    And the numbers of runs and failures of each job fitted its state
