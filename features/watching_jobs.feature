Feature: Watching and waiting
  Every move of a job from one state to the next is a numbered event. Who
  watches is told of each as it happens, and who waits for a state is answered
  the moment it comes: nobody has to ask again and again. The server remembers
  the latest moves, so that a watcher may begin a little earlier, or be slow for
  a while. One that comes too late is told how much it has missed.

  Scenario: A watcher is told of every move of a job's life
    Given a running server
    And a program "work" that fails 1 time and then runs until it is stopped
    When a client begins to watch
    And I create a continuous job "it" that runs "work" with:
      | restartDelaySeconds | 0.01 |
    And "work" has been started at least 2 times
    And I kill the job "it"
    And the job "it" becomes "killed"
    And I delete the job "it"
    Then the watcher is told of these moves:
      | jobId | trigger | from       | to         | runCount | failedCount | exitCode |
      | it    | create  |            | pending    | 0        | 0           |          |
      | it    | start   | pending    | running    | 1        | 0           |          |
      | it    | fail    | running    | restarting | 1        | 1           | 1        |
      | it    | start   | restarting | running    | 2        | 1           |          |
      | it    | kill    | running    | running    | 2        | 1           |          |
      | it    | end     | running    | killed     | 2        | 1           |          |
      | it    | delete  | killed     |            | 2        | 1           |          |
    And the moves are numbered without a gap
    And the stream is still open

  Scenario: A watcher may begin where it has left off
    Given a running server
    And a program "work" that succeeds
    And a one-time job "first" that runs "work"
    And the job "first" becomes "done"
    And the number of the latest move is remembered
    And a one-time job "second" that runs "work"
    And the job "second" becomes "done"
    When a client begins to watch from there
    Then the watcher is told of these moves:
      | jobId  | trigger |
      | second | create  |
      | second | start   |
      | second | succeed |

  Scenario: A watcher may watch some jobs only
    Given a running server
    And a program "work" that succeeds
    When a client begins to watch the job "second"
    And I create a one-time job "first" that runs "work"
    And I create a one-time job "second" that runs "work"
    Then the watcher is told of these moves:
      | jobId  | trigger |
      | second | create  |
      | second | start   |
      | second | succeed |

  Scenario: A move says why a run has failed, and when the next one is due
    Given a running server
    When a client begins to watch
    And I create a continuous job "it" that runs "./missing"
    Then move number 3 that the watcher is told of shows:
      | trigger   | "fail"                                      |
      | to        | "restarting"                                |
      | reason    | "could not start: no such file: ./missing"  |
      | nextRunAt | a time                                      |
      | at        | a time                                      |

  Scenario: Who comes too late is told how much is missed
    Given a server that remembers 5 moves
    And a program "work" that succeeds
    And a one-time job "first" that runs "work"
    And the job "first" becomes "done"
    And a one-time job "second" that runs "work"
    And the job "second" becomes "done"
    When a client begins to watch from number 0
    Then the watcher is told that it has missed 1
    And the watcher is told of these moves:
      | jobId  | trigger |
      | first  | start   |
      | first  | succeed |
      | second | create  |
      | second | start   |
      | second | succeed |

  Scenario: A watcher that is slow costs the server little, and is told how much it has missed
    Given a running server that is configured with:
      """
      [server]
      socket = "k1s.sock"

      [limits]
      transitions = 50
      """
    When 60 clients of the socket "k1s.sock" begin to watch and read nothing
    And 300 jobs fail meanwhile, each for a reason of 3000 characters
    Then the server has not grown by more than 20 MB meanwhile
    When the latest of these clients begins to read
    Then it is told of the first moves, how many it has missed, and the newest 50

  Scenario: A watcher that closes its half has had enough
    Given a running server
    When a client watches from number 0 and closes its half
    Then the stream comes to its end

  Scenario: Who watches is told of all moves up to the end of the server
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "a" that runs "work"
    When a client begins to watch
    And the server is told to stop with SIGTERM
    Then the watcher is told of these moves:
      | jobId | trigger | from    | to      |
      | a     | kill    | running | running |
      | a     | end     | running | killed  |
    And the stream comes to its end
    And the server exits with 0

  Scenario: Nobody can watch what has not happened yet
    Given a running server
    When I send the line:
      """
      {"command": "watch-jobs", "from": 7}
      """
    Then the reply is the error "invalid-request" naming "from"

  Scenario: Who waits for the end of a job is answered when it comes
    Given a running server
    And a program "work" that lasts 0.3 seconds
    And a one-time job "it" that runs "work"
    When I wait for the job "it"
    Then the reply shows:
      | state    | "done" |
      | exitCode | 0      |

  Scenario: Who waits for what is so already is answered at once
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I wait for the job "it" to be "running"
    Then the reply shows:
      | state | "running"    |
      | pid   | a process id |

  Scenario: Running means that the program runs
    Given a running server
    And a program "work" that fails 1 time and then runs until it is stopped
    And a continuous job "it" that runs "work" with:
      | restartDelaySeconds    | 600 |
      | maxRestartDelaySeconds | 600 |
    And the job "it" becomes "restarting"
    When a client begins to wait for the job "it" to be "running"
    And I restart the job "it"
    Then the wait is answered with a job that shows:
      | state    | "running"    |
      | pid      | a process id |
      | runCount | 2            |

  Scenario: A wait has an end
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When I wait for the job "it" for 0.2 seconds
    Then the reply is the error "timed-out" in a sentence

  Scenario: Nobody waits for what cannot come
    Given a running server
    And a program "work" that fails
    And a one-time job "it" that runs "work"
    And the job "it" becomes "exhausted"
    And a program "rest" that runs until it is stopped
    And a continuous job "web" that runs "rest"
    When I send each of these lines, each is refused:
      | line                                                              | code              | naming    |
      | {"command": "wait-job", "jobId": "it", "for": "done"}             | unreachable-state | exhausted |
      | {"command": "wait-job", "jobId": "web", "for": "done"}            | unreachable-state | never     |
      | {"command": "wait-job", "jobId": "nobody"}                        | job-not-found     |           |
      | {"command": "wait-job", "jobId": "it", "for": "dead"}             | invalid-request   | for       |
      | {"command": "wait-job", "jobId": "it", "timeoutSeconds": -1}      | invalid-request   | timeout   |

  Scenario: A wait ends when what it waits for can come no more
    Given a running server
    And a program "work" that lasts 0.3 seconds and fails
    And a one-time job "it" that runs "work"
    When I wait for the job "it" to be "done"
    Then the reply is the error "unreachable-state" naming "exhausted"

  Scenario: A wait ends when the job is deleted
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When a client begins to wait for the job "it"
    And I delete the job "it"
    Then the wait is answered with the error "job-not-found"

  Scenario Outline: Who waits until a job is killed is told when it is, whatever follows
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When a client begins to wait for the job "it" to be "killed"
    And I <order> the job "it"
    Then the wait is answered with a job that shows:
      | state    | "killed" |
      | signal   | "SIGINT" |
      | runCount | 1        |

    Examples:
      | order   |
      | kill    |
      | restart |
      | delete  |

  Scenario: A restart is no end
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When a client begins to wait for the job "it"
    And I restart the job "it"
    And I kill the job "it"
    Then the wait is answered with a job that shows:
      | state    | "killed" |
      | runCount | 2        |

  Scenario: Who closes his half of the connection waits no more, and is told so
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When a client begins to wait for the job "it" and closes its half
    Then the wait is answered with the error "half-closed"
    And the job "it" is "running"

  Scenario: A thousand who wait and hang up leave nothing behind
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "it" that runs "work"
    When 200 clients wait for the job "it" and hang up, 5 times over
    And I kill the job "it"
    Then the job "it" becomes "killed"
    And the server has as many descriptors as before

  Scenario: The server says what it is
    Given a running server
    And a program "work" that succeeds
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I ask for the server's description
    Then the reply shows:
      | version          | "0.1.0"                                                                                      |
      | pid              | a process id                                                                                 |
      | startedAt        | a time                                                                                       |
      | workingDirectory | "FOLDER"                                                                                     |
      | jobs             | {"pending": 0, "running": 0, "restarting": 0, "killed": 0, "exhausted": 0, "done": 1}        |
      | sequence         | at least 3                                                                                            |
      | oldestSequence   | 1                                                                                            |
