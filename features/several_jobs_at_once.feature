Feature: Several jobs at once
  One request may create up to a thousand jobs: all of them, or none. They are
  started in the order in which they stand there, and while that goes on the
  server has time for everybody else.

  Background:
    Given a running server

  Scenario: All jobs of a request are created and started, in its order
    Given a program "work" that runs until it is stopped
    When I create 3 continuous jobs at once that run "work"
    Then the reply lists the jobs:
      | job-1 |
      | job-2 |
      | job-3 |
    And each job of the reply is "running" and has a process
    And "work" has been started at least 3 times

  Scenario Outline: One mistake, and none is created
    Given a one-time job "taken" that runs "/bin/true"
    When I send the line:
      """
      {"command": "create-jobs", "jobs": [{"id": "good", "type": "one-time", "executable": "/bin/true"}, <job>]}
      """
    Then the reply is the error "<code>" naming "<naming>"
    And there is no job "good"

    Examples:
      | job                                                          | code             | naming                |
      | {"id": "good", "type": "one-time", "executable": "/bin/true"} | job-exists       | good                  |
      | {"id": "taken", "type": "one-time", "executable": "x"}        | job-exists       | taken                 |
      | {"id": "-x", "type": "one-time", "executable": "x"}           | invalid-request  | jobs[1].id            |
      | {"id": "x", "type": "one-time"}                               | invalid-request  | jobs[1].executable    |
      | {"id": "x", "type": "weekly", "executable": "x"}              | invalid-job-type | weekly                |
      | {"id": "x", "type": "one-time", "executable": "x", "y": 1}    | invalid-request  | jobs[1] has no key    |
      | {"type": "one-time", "executable": "x"}                       | job-id-required  | ID                    |
      | 5                                                             | invalid-request  | jobs[1] wants         |

  Scenario: There must be at least one job, and not too many
    When I send each of these lines, each is refused:
      | line                                       | code            | naming |
      | {"command": "create-jobs"}                 | invalid-request | jobs   |
      | {"command": "create-jobs", "jobs": []}     | invalid-request | 1 to 1000 |
      | {"command": "create-jobs", "jobs": {}}     | invalid-request | jobs   |

  @fault-S5
  Scenario: While hundreds of programs are started, others are answered
    When I create 300 one-time jobs at once that run "/bin/true" and do not wait for the reply
    Then the server answers others meanwhile, before all have been started
    And all 300 jobs are answered for

  Scenario: A server with very many jobs ends without a complaint
    Given 600 continuous jobs at once that run "sleep 1000"
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And the server has only said that it stops 600 jobs

  Scenario: A job that cannot start does not keep the others from it
    When I send the line:
      """
      {"command": "create-jobs", "jobs": [{"id": "bad", "type": "one-time", "executable": "./missing"}, {"id": "good", "type": "one-time", "executable": "/bin/true"}]}
      """
    Then the reply lists the jobs:
      | bad  |
      | good |
    And the job "bad" is "exhausted"
    And the job "good" becomes "done"
