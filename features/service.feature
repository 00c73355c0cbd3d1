Feature: A service of the machine
  A machine that starts k1s when it boots, as systemd does, wants to know when
  the server is ready, that it is still well, and that it is about to end. The
  server tells it, as sd_notify(3) says, and no job inherits what it needs for
  that: a program that tells its manager of itself would speak for the server.

  Scenario: The service manager hears that the server is ready, and no earlier
    Given a service manager that listens on "FOLDER/notify"
    And a program "work" that runs until it is stopped
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./work"

      [job.lost]
      type = "one-time"
      executable = "./nowhere"
      """
    When the manager starts "k1s server -c jobs.toml -p 0"
    Then the first that the manager hears is:
      | READY  | 1                           |
      | STATUS | listening on 127.0.0.1:PORT |
    And by then the server had said where it listens, and complained of "./nowhere"

  Scenario: The service manager hears that the server stops, and how long that may take
    Given a service manager that listens on "@FOLDER/abstract"
    And a program "stubborn" that counts each SIGINT it gets
    And the file "jobs.toml":
      """
      [job.slow]
      type = "continuous"
      executable = "./stubborn"
      stop_timeout_seconds = 600

      [job.slower]
      type = "continuous"
      executable = "./stubborn"
      stop_timeout_seconds = 900.5
      """
    When the manager starts "k1s server -c jobs.toml -p 0"
    And the manager has heard that it is ready
    And "stubborn" has been started at least 2 times
    And the server is told to stop with SIGTERM
    Then the next that the manager hears is:
      | STOPPING            | 1               |
      | STATUS              | stopping 2 jobs |
      | EXTEND_TIMEOUT_USEC | 905500000       |
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And the manager has heard nothing else

  Scenario: No job inherits how to speak for the server, and it has all other variables
    Given a service manager that listens on "FOLDER/notify"
    And the file "jobs.toml":
      """
      [job.here]
      type = "one-time"
      executable = "env"

      [job.there]
      type = "one-time"
      executable = "env"
      working_directory = "/"
      """
    When the manager starts "k1s server -c jobs.toml -p 0" with the environment "WATCHDOG_USEC=60000000 WATCHDOG_PID=1 LISTENER=me"
    Then the job "here" becomes "done"
    And the file "stdout_here.log" has the line "LISTENER=me"
    And no line of the file "stdout_here.log" begins with "NOTIFY_SOCKET="
    And no line of the file "stdout_here.log" begins with "WATCHDOG_"
    And the job "there" becomes "done"
    And the file "stdout_there.log" has the line "LISTENER=me"
    And no line of the file "stdout_there.log" begins with "NOTIFY_SOCKET="
    And no line of the file "stdout_there.log" begins with "WATCHDOG_"

  Scenario: A service manager that cannot be told anything is no reason not to serve
    When I start "k1s server -p 0" with the environment "NOTIFY_SOCKET=FOLDER/nothing"
    Then a client that goes there is answered
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And the server has complained in one line, of "NOTIFY_SOCKET: cannot tell the service manager: no such file or directory"

  Scenario: A service manager that listens to nobody holds nothing up
    Given a service manager that listens on "FOLDER/notify"
    And the manager has more to read than it can keep
    When the manager starts "k1s server -p 0"
    Then a client that goes there is answered
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And the server has complained in one line, of "NOTIFY_SOCKET: cannot tell the service manager: resource temporarily unavailable"

  Scenario: A service manager that watches over the server hears that it is well
    Given a service manager that listens on "FOLDER/notify"
    When the manager starts "k1s server -p 0" with the environment "WATCHDOG_USEC=100000"
    Then the manager hears "WATCHDOG=1" 11 times, and not within less than 0.5 seconds

  Scenario: Who does not watch over this server is not bothered, and hears that it stops at once where it has no jobs
    Given a service manager that listens on "FOLDER/notify"
    When the manager starts "k1s server -p 0" with the environment "WATCHDOG_USEC=2000 WATCHDOG_PID=1"
    And the manager has heard that it is ready
    And meanwhile another job runs 3 times
    And the server is told to stop with SIGTERM
    Then the next that the manager hears is:
      | STOPPING | 1        |
      | STATUS   | stopping |
    And the server exits with 0
