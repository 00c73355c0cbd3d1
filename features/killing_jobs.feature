Feature: Killing jobs
  To kill a job is to end it and to keep it ended: k1s asks its program to
  stop, makes sure that it does, and does not start it again. The asking is
  polite (SIGINT, or the signal that the user names, to the program and all of
  its helpers); what does not listen is ended by force after a while.

  Background:
    Given a running server

  Scenario Outline: A running job is killed and is not started again
    Given a program "work" that runs until it is stopped
    And a <type> job "it" that runs "work" with:
      | periodInSeconds     | <period> |
      | restartDelaySeconds | 0.1      |
    When I kill the job "it"
    Then the reply is the message "Job killed"
    And the job "it" becomes "killed"
    And the job "it" shows:
      | signal        | "SIGINT" |
      | exitCode      | null     |
      | pid           | null     |
      | killRequested | true     |
      | nextRunAt     | null     |
      | runCount      | 1        |
      | failedCount   | 0        |
    And no process of "work" is left
    When meanwhile another job runs 5 times
    Then "work" has been started exactly 1 time
    And the job "it" is "killed"

    Examples:
      | type       | period |
      | continuous | null   |
      | periodic   | 0.2    |

  Scenario: The request may name the signal
    When I kill running jobs with these names, each ends by the signal:
      | name    | signal  |
      | SIGTERM | SIGTERM |
      | sigterm | SIGTERM |
      | TERM    | SIGTERM |
      | term    | SIGTERM |
      | SIGKILL | SIGKILL |
      | hup     | SIGHUP  |
    Then the list has 6 jobs, each of them "killed"

  Scenario: An unknown signal is refused and nothing is sent
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I kill the job "it" with "SIGNOPE"
    Then the reply is the error "invalid-request" naming "signal"
    And the job "it" shows:
      | state         | "running" |
      | killRequested | false     |

  Scenario: The whole process group is told
    Given a program "work" that waits for a child of its own
    And a continuous job "it" that runs "work"
    When "work" has been started at least 1 time
    And I kill the job "it"
    Then the job "it" becomes "killed"
    And no process of "work" is left
    And the error log of "it" is empty

  @fault-P12
  Scenario: A program that does not listen is ended by force after the stop timeout
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.5 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    Then the reply is the message "Job killed"
    And the job "it" becomes "killed"
    And the job "it" ended at least 0.5 seconds after it was told to
    And no process of "work" is left
    And the job "it" shows:
      | signal   | "SIGKILL" |
      | exitCode | null      |
    And the error log of "it" has 1 line that ends with "still there 0.5 s after SIGINT: killed with SIGKILL"

  Scenario: Helpers that do not listen have until the stop timeout, too
    Given a program "work" that leaves its stop to a child that keeps writing
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.5 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    Then the job "it" becomes "killed"
    And the job "it" ended at least 0.5 seconds after it was told to
    And no process of "work" is left
    And the error log of "it" has 1 line that ends with "still there 0.5 s after SIGINT: killed with SIGKILL"

  Scenario: Until then the helpers go on, and the job is running
    Given a program "work" that leaves its stop to a child that keeps writing
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    And the main process of the job "it" has ended
    Then the helpers of "work" go on
    And the job "it" is "running"
    When I kill the job "it" with "SIGKILL"
    Then the job "it" becomes "killed"
    And no process of "work" is left

  Scenario: A stop timeout of 0 ends a program by force at once
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    Then the job "it" becomes "killed"
    And the job "it" shows:
      | signal | "SIGKILL" |

  @fault-K7
  Scenario Outline: A killed job shows how its program really ended, and the run is neither success nor failure
    Given a program "work" that exits with <code> when it gets SIGTERM
    And a continuous job "it" that runs "work" with:
      | maxRetry | 0 |
    When "work" has been started at least 1 time
    And I kill the job "it" with "SIGTERM"
    Then the job "it" becomes "killed"
    And the job "it" shows:
      | exitCode    | <code> |
      | signal      | null   |
      | failedCount | 0      |
      | lastError   | null   |

    Examples:
      | code |
      | 0    |
      | 3    |

  @fault-K4
  Scenario: A job that is being killed already gets no second signal
    Given a program "work" that counts each SIGINT it gets
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And I kill the job "it"
    And "work" has counted a SIGINT
    And I kill the job "it"
    Then the reply is the message "Job killed"
    When meanwhile another job runs 4 times
    Then "work" has counted exactly 1 SIGINT
    When I kill the job "it" with "SIGKILL"
    Then the reply is the message "Job killed"
    And the job "it" becomes "killed"
    And the job "it" shows:
      | signal | "SIGKILL" |

  @fault-K4
  Scenario: Killing a killed job again is no error and changes nothing
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I kill the job "it"
    And the job "it" becomes "killed"
    And I remember the job "it"
    And I kill the job "it" with "SIGTERM"
    Then the reply is the message "Job killed"
    And the job "it" is as I remember it

  @fault-K10
  Scenario Outline: A job that is exhausted has finished already
    Given a program "work" that fails
    And a <type> job "it" that runs "work" with:
      | periodInSeconds | <period> |
      | maxRetry        | 0        |
    When the job "it" becomes "exhausted"
    And I remember the job "it"
    And I kill the job "it"
    Then the reply is the error "already-finished" in a sentence
    And the job "it" is as I remember it

    Examples:
      | type       | period |
      | continuous | null   |
      | periodic   | 60     |

  Scenario Outline: A one-time job is not killed but deleted, in whatever state it is
    Given a program "work" that <behaviour>
    And a one-time job "it" that runs "work" with:
      | maxRetry            | <retry> |
      | restartDelaySeconds | 60      |
    When the job "it" becomes "<state>"
    And I kill the job "it"
    Then the reply is the error "not-killable" naming "Job is not continuous or periodic"
    And the job "it" is "<state>"

    Examples:
      | behaviour                | retry | state      |
      | runs until it is stopped | 0     | running    |
      | succeeds                 | 0     | done       |
      | fails                    | 0     | exhausted  |
      | fails                    | 1     | restarting |

  Scenario: Who means a one-time job, too, can kill it and keep it
    Given a program "work" that runs until it is stopped
    And a one-time job "it" that runs "work"
    When "work" has been started at least 1 time
    And I send the line:
      """
      {"command": "kill-job", "jobId": "it", "oneTime": true}
      """
    Then the job "it" becomes "killed"
    And no process of "work" is left

  Scenario: A job that does not exist cannot be killed
    When I kill the job "nobody"
    Then the reply is the error "job-not-found" saying "Job not found"

  Scenario: Nobody can kill without an id
    When I send the line:
      """
      {"command": "kill-job"}
      """
    Then the reply is the error "job-id-required" saying "Job ID is required"

  @fault-P14
  Scenario: A program that was stopped in its tracks is killed all the same
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And somebody stops the processes of "work" with SIGSTOP
    And I kill the job "it"
    Then the job "it" becomes "killed"
    And the job "it" shows:
      | signal | "SIGINT" |

  @fault-K2
  Scenario: A kill that comes right behind the creation wins
    Given a program "work" that runs until it is stopped
    When I create a continuous job "it" that runs "work" and kill it without waiting for the reply
    Then the job "it" becomes "killed"
    When meanwhile another job runs 3 times
    Then the job "it" is "killed"
    And no process of "work" is left
