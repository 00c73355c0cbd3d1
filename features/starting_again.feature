Feature: Starting again
  A job that is killed, exhausted or done stays so until somebody starts it. A
  start gives it a fresh budget: what failed before is forgiven. A restart ends
  the run that goes on, as a kill does, and starts the next one. A signal is
  just a signal: k1s sends it to the program and draws no conclusions.

  Background:
    Given a running server

  Scenario: A job that has given up is started again, with a fresh budget
    Given a program "work" that fails 2 times and then runs until it is stopped
    And a continuous job "it" that runs "work" with:
      | maxRetry            | 1    |
      | restartDelaySeconds | 0.01 |
    And the job "it" becomes "exhausted"
    When I start the job "it"
    Then the reply shows:
      | state       | "running"    |
      | pid         | a process id |
      | runCount    | 3            |
      | failedCount | 0            |

  Scenario: A one-time job that is done runs once more
    Given a program "work" that succeeds
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I start the job "it"
    And the job "it" becomes "done"
    Then "work" has been started exactly 2 times

  Scenario: A killed periodic job begins a new rhythm
    Given a program "work" that succeeds
    And a periodic job "it" that runs "work" with:
      | periodInSeconds | 600 |
    And the job "it" becomes "pending"
    And I kill the job "it"
    And meanwhile another job runs 4 times
    When I start the job "it"
    And "work" has been started at least 2 times
    Then the job "it" soon shows:
      | state         | "pending" |
      | runCount      | 2         |
      | missedCount   | 0         |
      | killRequested | false     |
    And the job "it" is due 600 seconds after its last start

  Scenario: A start does not wait for the delay of a restart
    Given a program "work" that fails 1 time and then runs until it is stopped
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds    | 600 |
      | maxRestartDelaySeconds | 600 |
    And the job "it" becomes "restarting"
    When I start the job "it"
    Then the reply shows:
      | state       | "running" |
      | runCount    | 2         |
      | failedCount | 0         |

  Scenario: A start does not wait for the next tick, and the ticks stay where they are
    Given a program "work" that succeeds
    And a periodic job "it" that runs "work" with:
      | periodInSeconds | 600 |
    And the job "it" becomes "pending"
    And I remember when the job "it" is due
    When I start the job "it"
    And "work" has been started at least 2 times
    And the job "it" becomes "pending"
    Then the job "it" is due when I remember

  Scenario: A job that runs is not started twice
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I start the job "it"
    Then the reply shows:
      | state    | "running" |
      | runCount | 1         |

  Scenario: A job that is being killed is not started
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    And I kill the job "it"
    When I start the job "it"
    Then the reply is the error "being-killed" in a sentence

  Scenario: A start that cannot work says so in the job
    Given a one-time job "it" that runs "./no-such-program"
    When I start the job "it"
    Then the reply shows:
      | state     | "exhausted"                                      |
      | runCount  | 2                                                |
      | lastError | "could not start: no such file: ./no-such-program" |

  Scenario: A restart ends the run and starts the next one
    Given a program "work" that says "bye" and exits when it gets SIGINT
    And a continuous job "it" that runs "work"
    When I restart the job "it"
    Then the reply shows:
      | state         | "running"    |
      | pid           | a process id |
      | runCount      | 2            |
      | killRequested | false        |
    And the file "stdout_it.log" holds:
      """
      bye
      """

  Scenario: A restart ends what does not want to end
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.2 |
    When I restart the job "it"
    Then the reply shows:
      | state    | "running" |
      | runCount | 2         |
    And no two processes of "work" are there

  Scenario Outline: A restart starts a job that does not run
    Given a program "work" that <behaviour>
    And a <type> job "it" that runs "work" with:
      | restartDelaySeconds | 600     |
      | maxRestartDelaySeconds | 600  |
    And the job "it" becomes "<state>"
    When I restart the job "it"
    Then the reply shows:
      | state    | "running" |
      | runCount | 2         |

    Examples:
      | type       | behaviour                                         | state      |
      | one-time   | succeeds                                          | done       |
      | continuous | fails 1 time and then runs until it is stopped    | restarting |

  Scenario Outline: What is stronger than a restart overtakes it
    Given a program "work" that ignores SIGINT
    And a continuous job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.3 |
    When I ask for the job "it" to be restarted without waiting for the reply
    And I <order> the job "it"
    Then the restart is answered with the error "overtaken"
    And no process of "work" is left soon
    And meanwhile another job runs 3 times
    And no process of "work" is left

    Examples:
      | order  |
      | kill   |
      | delete |

  Scenario: A signal is sent to the program, and the job goes on as it was
    Given a program "work" that counts each SIGHUP it gets
    And a continuous job "it" that runs "work"
    When I send the job "it" the signal "HUP"
    Then the reply is the message "Signal sent"
    And "work" has counted a SIGHUP
    And the job "it" shows:
      | state         | "running" |
      | runCount      | 1         |
      | killRequested | false     |

  Scenario: A program can be stopped in its tracks and let go on
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I send the job "it" the signal "STOP"
    Then the process of the job "it" soon stands still
    When I send the job "it" the signal "CONT"
    Then the process of the job "it" soon goes on

  Scenario: A program that dies of a signal that was sent has failed like any other
    Given a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work" with:
      | maxRetry | 0 |
    When I send the job "it" the signal "SIGTERM"
    Then the job "it" soon shows:
      | state  | "exhausted" |
      | signal | "SIGTERM"   |

  Scenario: There is nothing to send a signal to
    Given a program "work" that succeeds
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I send the job "it" the signal "HUP"
    Then the reply is the error "not-running" naming "done"

  Scenario: Nobody starts, restarts or signals what is not there
    When I send each of these lines, each is refused:
      | line                                                          | code             | naming |
      | {"command": "start-job", "jobId": "x"}                        | job-not-found    |        |
      | {"command": "restart-job", "jobId": "x"}                      | job-not-found    |        |
      | {"command": "signal-job", "jobId": "x", "signal": "HUP"}      | job-not-found    |        |
      | {"command": "start-job"}                                      | job-id-required  |        |
      | {"command": "signal-job", "jobId": "x"}                       | invalid-request  | signal |
      | {"command": "signal-job", "jobId": "x", "signal": "PLEASE"}   | invalid-request  | signal |
