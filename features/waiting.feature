Feature: Waiting for jobs
  "k1s wait" returns the moment that jobs are in the state that it was asked for:
  the server tells it, nothing looks again and again. It says so, too, when that
  state can no longer come, or when the time is over.

  Scenario: Until a job is over
    Given a running server
    And a program "work" that lasts 0.3 seconds
    And a one-time job "it" that runs "work"
    When I run "k1s wait it -p PORT"
    Then the exit code is 0
    And the output names "it is done (exit 0)"
    And the job "it" is "done"

  Scenario: A job that is over already is not waited for
    Given a running server
    And a program "broken" that exits with 3
    And a one-time job "it" that runs "broken"
    And the job "it" becomes "exhausted"
    When I run "k1s wait it -p PORT"
    Then the exit code is 0
    And the output names "it is exhausted (exit 3)"

  Scenario: Until several jobs are over
    Given a running server
    And a program "work" that lasts 0.3 seconds
    And a one-time job "part-1" that runs "work"
    And a one-time job "part-2" that runs "true"
    When I run "k1s wait 'part-*' -p PORT"
    Then the exit code is 0
    And the job "part-1" is "done"
    And the job "part-2" is "done"

  Scenario: Until a job is in a state
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s wait web --for running -p PORT"
    Then the exit code is 0
    And the output names "web is running"

  Scenario: The server is asked once, and tells the moment it is so
    Given a running server
    And somebody between me and the server who counts what it is asked
    And a program "work" that runs until it is stopped
    And a continuous job "web" that runs "work"
    When I begin "k1s wait web --for killed -p COUNTER_PORT"
    And the server has been asked to "wait-job"
    And meanwhile another job runs 6 times
    And I kill the job "web"
    Then it ends with 0, less than 0.5 seconds after "web"
    And the server has been asked to "wait-job" once, and for nothing since

  Scenario: The server is killed while I wait
    Given a running server
    And somebody between me and the server who counts what it is asked
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I begin "k1s wait web -p COUNTER_PORT"
    And the server has been asked to "wait-job"
    And after 2.1 seconds more the server is killed
    Then it ends with 3 and the complaint "the k1s server at 127.0.0.1:COUNTER_PORT has gone without an answer"

  Scenario: A state that cannot come any more
    Given a running server
    And a program "broken" that exits with 3
    And a one-time job "it" that runs "broken"
    When I run "k1s wait it --for done -p PORT"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "it"

  Scenario: No longer than so
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s wait web --timeout 200ms -p PORT"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "web: Job is not over after 0.2 s"
    When I run "k1s wait web --for killed --timeout 1 -p PORT"
    Then the exit code is 1
    And the complaint names "web: Job is not killed after 1 s"
    When I run "k1s wait web --timeout 1 --json -p PORT"
    Then the output is the JSON {"web": {"error": "Job is not over after 1 s", "code": "timed-out"}}

  Scenario: As JSON
    Given a running server
    And a one-time job "it" that runs "true"
    When I run "k1s wait it --json -p PORT"
    Then the exit code is 0
    And the output shows the job "it" as "done"

  Scenario: Ctrl-C ends the waiting, not the job
    Given a running server
    And a continuous job "web" that runs "sleep" with:
      | arguments | ["1000"] |
    When I run "k1s wait web -p PORT" and press Ctrl-C when it shows "waiting for 1: web"
    Then the exit code is 130
    And nobody is shown a traceback
    And the job "web" is "running"
