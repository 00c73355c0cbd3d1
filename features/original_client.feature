Feature: The original client
  People have scripts and clients that were written for the first k1s. They
  work with this one exactly as they are, byte for byte: the old names of the
  commands, null for everything that was not given, and the signal that the
  old client always names.

  Background:
    Given a running server

  Scenario: The original client's day, byte for byte
    When I send the line:
      """
      {"command":"getAllJobs"}
      """
    Then the reply is the line "[]"
    When I send the line:
      """
      {"command":"createJob","job":{"id":"hello-job","executable":"/bin/echo","arguments":["hello","from","k1s"],"workingDirectory":null,"environment":{},"periodInSeconds":30,"maxRetry":null,"type":"periodic","stdoutLogPath":null,"stderrLogPath":null,"errorLogPath":null}}
      """
    Then the reply shows:
      | id              | "hello-job"               |
      | type            | "periodic"                |
      | executable      | "/bin/echo"               |
      | arguments       | ["hello", "from", "k1s"]  |
      | periodInSeconds | 30                        |
      | maxRetry        | 5                         |
    And the job "hello-job" becomes "pending"
    And the file "stdout_hello-job.log" holds:
      """
      hello from k1s
      """
    When I send the line:
      """
      {"command":"getJobById","jobId":"hello-job"}
      """
    Then the reply shows:
      | id       | "hello-job" |
      | state    | "pending"   |
      | exitCode | 0           |
    When I send the line:
      """
      {"command":"killJob","jobId":"hello-job","signal":"sigint"}
      """
    Then the reply is the line "{"message": "Job killed"}"
    And the job "hello-job" is "killed"
    When I send the line:
      """
      {"command":"deleteJob","jobId":"hello-job"}
      """
    Then the reply is the line "{"message": "Job deleted"}"
    When I send the line:
      """
      {"command":"getAllJobs"}
      """
    Then the reply is the line "[]"

  Scenario: It writes null, or its signal, where nothing is meant
    Given a program "work" that runs until it is stopped
    And a continuous job "web" that runs "work"
    When I send each of these lines, none is refused:
      | {"command":"getAllJobs","job":null,"jobId":null,"signal":null}                                                                                                        |
      | {"command":"getAllJobs","job":null,"jobId":null,"signal":"sigint"}                                                                                                    |
      | {"command":"getJobById","job":null,"jobId":"web","signal":"sigint"}                                                                                                   |
      | {"command":"killJob","job":null,"jobId":"web","signal":"sigint"}                                                                                                      |
      | {"command":"killJob","job":null,"jobId":"web","signal":null}                                                                                                          |
      | {"command":"deleteJob","job":null,"jobId":"web","signal":"sigint"}                                                                                                    |
      | {"command":"createJob","jobId":null,"signal":"sigint","job":{"id":"x","executable":"/bin/true","arguments":[],"workingDirectory":"","environment":{},"periodInSeconds":null,"maxRetry":null,"type":"one-time","stdoutLogPath":null,"stderrLogPath":null,"errorLogPath":null}} |
    And I ask for all jobs
    Then the reply lists the jobs:
      | x |

  Scenario: An empty working directory means none
    When I send the line:
      """
      {"command":"createJob","job":{"id":"x","executable":"/bin/pwd","arguments":[],"workingDirectory":"","environment":{},"periodInSeconds":null,"maxRetry":0,"type":"one-time","stdoutLogPath":null,"stderrLogPath":null,"errorLogPath":null}}
      """
    Then the reply shows:
      | workingDirectory | null |
    And the job "x" becomes "done"
    And the file "stdout_x.log" holds:
      """
      FOLDER
      """

  Scenario: Its mistakes are answered like everybody's
    When I send each of these lines, each is refused:
      | line                                             | code            | naming             |
      | {"command":"getJobById","jobId":"nobody"}        | job-not-found   | Job not found      |
      | {"command":"getJobById","jobId":null}            | job-id-required | Job ID is required |
      | {"command":"killJob","jobId":null,"signal":"sigint"} | job-id-required | Job ID is required |
      | {"command":"deleteJob","jobId":"nobody"}         | job-not-found   | Job not found      |
      | {"command":"createJob","job":null}               | invalid-request | job                |
