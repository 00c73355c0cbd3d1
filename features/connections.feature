Feature: Connections
  The port is open to clients of every kind: fast and slow, polite and broken.
  Whatever one of them does, it harms nobody but itself: the others are
  answered without delay, and the jobs go on.

  @fault-C2
  Scenario: Clients that are silent or slow are dropped after half a minute, and nobody waits for them
    Given a running server
    When 3 clients connect and say nothing
    And a client sends half a line and nothing more
    And a client sends an opening brace and then one blank every second
    Then the server answers others meanwhile, each within 0.5 seconds
    And all of these clients are dropped between 29 and 60 seconds

  Scenario: A client that sends its line byte by byte is served
    Given a running server
    When I send the line {"command": "get-all-jobs"} byte by byte
    Then the reply is the line "[]"

  Scenario: Many clients are served at the same time
    Given a running server
    And 200 clients that have connected and say nothing
    When I ask for all jobs
    Then the reply is the line "[]"
    And each of these clients can still ask for all jobs

  @fault-C11
  Scenario: A client that is gone before the reply has given its command all the same, whole or not at all
    Given a running server
    When 10 clients create the jobs "gone-1" to "gone-10" and hang up without reading
    Then each of the jobs "gone-1" to "gone-10" is there as a whole or not at all
    And the server still answers

  Scenario: A client that asks for a deletion and hangs up gets the job deleted
    Given a running server
    And a program "work" that ignores SIGINT
    And a one-time job "it" that runs "work" with:
      | stopTimeoutSeconds | 0.3 |
    When "work" has been started at least 1 time
    And I ask for the job "it" to be deleted and hang up
    Then soon there is no job "it"
    And no process of "work" is left

  Scenario: A slow deletion keeps nobody waiting
    Given a running server
    And a program "work" that ignores SIGINT
    And a one-time job "slow" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And I ask for the job "slow" to be deleted without waiting for the reply
    And I create a one-time job "quick" that runs "/bin/true"
    Then the job "quick" becomes "done"
    And the job "slow" is "running"

  @fault-C11 @fault-C12
  Scenario: Clients that have asked for a slow deletion and gone keep nobody out
    Given a running server that is configured with:
      """
      [limits]
      connections = 5
      """
    And a program "work" that ignores SIGINT
    And a one-time job "slow" that runs "work" with:
      | stopTimeoutSeconds | 600 |
    When "work" has been started at least 1 time
    And 5 clients ask for the job "slow" to be deleted
    Then one more is told "too-many-connections"
    When these clients have gone
    And I send the line:
      """
      {"command": "delete-job", "jobId": "slow", "signal": "SIGKILL"}
      """
    Then the reply is the message "Job deleted"
    And there is no job "slow"
    And no process of "work" is left

  Scenario: A connection that is closed without a byte is no event
    Given a running server
    When 5 clients connect and hang up at once
    And I connect and close my half of the connection without a byte
    Then there is no reply
    And the server still answers
    And the server has said nothing on its error output

  Scenario: A client that breaks its connection off harms nobody
    Given a running server
    When 20 clients send half a line and break their connections off
    Then the server still answers

  @fault-C14
  Scenario: What is no command at all is answered with an error and closed
    Given a running server
    When I send each of these bytes, each is answered with the error "invalid-json" in a sentence and closed:
      | GET / HTTP/1.1\r\nHost: localhost\r\n\r\n                                                                                                  |
      | POST / HTTP/1.1\r\nContent-Type: text/plain\r\n\r\n{\"command\": \"create-job\", \"job\": {\"id\": \"x\", \"type\": \"one-time\", \"executable\": \"/bin/true\"}}\n |
      | \x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03                                                                                               |
      | \x00\x00\x00\x00                                                                                                                           |
      | SSH-2.0-OpenSSH_9.2\r\n                                                                                                                    |
    Then the list of jobs is empty
    And the server still answers

  @fault-C15
  Scenario: A client that asks for much and reads nothing harms nobody
    Given a running server that is configured with:
      """
      [server]
      socket = "k1s.sock"

      [limits]
      unsent_bytes = 5000000
      """
    And 12 one-time jobs that have 100000 characters of arguments each
    When 30 clients of the socket "k1s.sock" ask for all jobs and read nothing
    Then the server still answers
    And the server has not grown by more than 15 MB meanwhile
    And the newest of these clients gets its whole reply
    And at most 5 of these clients get theirs, the others are dropped

  @fault-C2
  Scenario: Clients that send long requests without an end harm nobody
    Given a running server
    When 200 clients send a million bytes of a request each, and not its end
    Then the server still answers
    And the server has not grown by more than 100 MB meanwhile
    And the oldest of these clients is told "too-slow", and the newest can send the end

  @fault-C15
  Scenario: A client that reads no reply is dropped after a time that is mine to set
    Given a running server that is configured with:
      """
      [server]
      socket = "k1s.sock"

      [limits]
      reply_deadline_seconds = 0.5
      """
    And 4 one-time jobs that have 100000 characters of arguments each
    When 1 client of the socket "k1s.sock" asks for all jobs and reads nothing
    Then it is dropped, after 0.5 seconds and not before
    And the server still answers

  @fault-S5
  Scenario: Jobs keep their rhythm while clients misbehave
    Given a running server
    And a program "collect" that succeeds
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.2 |
    When 20 clients send half a line and break their connections off
    And 5 clients send a megabyte of opening brackets each
    Then "collect" is started 3 more times
    And no run of "figures" began more than 0.1 seconds late
    And the server still answers
