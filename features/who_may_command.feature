Feature: Who may command
  Whoever can command the server can run programs as its user: the port is as
  good as a shell. So the server looks at who is there before it reads a word.
  On one machine that costs nobody a setting: my own commands are obeyed, other
  users are refused and told what to do. Who wants more opens more, one setting
  at a time, and nobody gets in because one was forgotten.

  Scenario: My own commands are obeyed without any setting
    Given a running server
    When I run "k1s client -p PORT -c get-all-jobs"
    Then the exit code is 0
    And nobody complains

  Scenario: Another user of the machine is refused, is told what to do, and has done nothing
    Given a running server
    When another user of this machine tries in every way to create a job
    Then each of his replies is the error "not-allowed"
    And the list of jobs is empty
    And the server complains that it has refused him

  Scenario: A server obeys its own user, whoever that is, and root, and nobody else
    Given a running server of another user of this machine, with the socket "k1s.sock"
    When I create a one-time job "it" that runs "/bin/true"
    Then the job "it" becomes "done"
    When I delete the job "it"
    And another user of this machine tries to create a job
    Then he is obeyed
    When I delete the job "stranger-0"
    And a third user of this machine tries to create a job
    Then each of his replies is the error "not-allowed"
    When a third user of this machine may open the socket "k1s.sock" and tries it there
    Then each of his replies is the error "not-allowed"
    And the list of jobs is empty

  Scenario: Users whom the configuration names, by number or by name, are obeyed, over IPv6 as well
    Given a running server with the configuration:
      """
      [server]
      host = "::1"
      port = 0
      allow_users = [STRANGER, "daemon"]
      """
    When another user of this machine tries to create a job
    Then he is obeyed
    When I delete the job "stranger-0"
    And the user "daemon" of this machine tries to create a job
    Then he is obeyed
    When I delete the job "stranger-0"
    And a third user of this machine tries to create a job
    Then each of his replies is the error "not-allowed"
    And the list of jobs is empty

  Scenario: Without authentication every user is obeyed, and that is said
    Given a running server with the configuration:
      """
      [server]
      port = 0
      auth = "none"
      """
    When another user of this machine tries to create a job
    Then he is obeyed
    And the server has complained in one line, of "every user of this machine can run programs"

  @fault-C11
  Scenario: A client that is gone before it was looked at is nobody's, and nothing is done for it
    Given a running server
    When the server is held up for 0.2 seconds while a client asks for a job and hangs up
    Then the list of jobs is empty
    And the server complains of "was not carried out"

  Scenario: A client that waits for its reply is served however long the server was held up
    Given a running server
    When the server is held up for 0.2 seconds while a client asks for a job and waits
    Then the reply shows:
      | id | "waited-for" |

  Scenario: A Unix socket is a second way in, for me alone, and takes the place of one that a dead server has left behind
    Given a socket "k1s.sock" on which nobody listens
    And a folder "elsewhere"
    And a running server with the configuration:
      """
      [server]
      port = 0
      socket = "k1s.sock"
      """
    Then the file "k1s.sock" is a socket
    And these files have mode 600:
      | k1s.sock |
    When I run "k1s client -c get-all-jobs" with K1S_SOCKET as "k1s.sock"
    Then the exit code is 0
    When I run "k1s list --json --socket k1s.sock"
    Then the exit code is 0
    And the output is the JSON []
    When I run "k1s up ../k1s.toml" in the folder "elsewhere"
    Then the exit code is 0
    And the output names "nothing to do: the file has no job"
    When I run "k1s server -p 0 --socket k1s.sock"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "is in use"
    When the server is told to stop with SIGTERM
    And the server exits with 0
    Then there is no file "k1s.sock"

  Scenario: What is no socket is never replaced
    Given a folder "precious"
    When I run "k1s server -p 0 --socket precious"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "no socket"

  Scenario: An address that others can reach needs TLS and a token or certificates
    Given my certificates
    And my file "k1s.toml":
      """
      [server]
      host = "0.0.0.0"
      port = 0
      tls = { certificate = "server.pem", key = "server.pem" }
      """
    When I run "k1s server -c k1s.toml"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "can be reached from other machines"
    And the complaint names "[server.tls] and a token_file or client_ca"

  Scenario: With TLS and a token the server is open to those who have the token, and to them it is as without
    Given my certificates
    When I run "k1s token token"
    Then the exit code is 0
    Given a running server with the configuration:
      """
      [server]
      host = "0.0.0.0"
      port = 0
      token_file = "token"
      tls = { certificate = "server.pem", key = "server.pem" }
      """
    When I run "k1s run it -h 127.0.0.1 -p PORT -- sh -c 'echo out; echo err >&2; exit 7'" with K1S_TLS_CA as "ca.pem" and K1S_TOKEN_FILE as "token"
    Then the exit code is 7
    And the output is "out\n"
    And the error output is "err\n"
    When I run "k1s logs it -h 127.0.0.1 -p PORT" with K1S_TLS_CA as "ca.pem" and K1S_TOKEN_FILE as "token"
    Then the exit code is 0
    And the output is "out\n"
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs" with K1S_TLS_CA as "ca.pem" and K1S_TOKEN_FILE as "token"
    Then the exit code is 0
    When I run "k1s logs it -h 127.0.0.1 -p PORT" with K1S_TLS_CA as "ca.pem"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "K1S_TOKEN_FILE"
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs"
    Then the exit code is 3

  Scenario: With TLS the logs of a job that goes on running are followed, and a program that writes nothing is run to its end, as without
    Given my certificates
    And a running server with the configuration:
      """
      [server]
      port = 0
      tls = { certificate = "server.pem", key = "server.pem" }
      """
    When I run "k1s create web -p PORT -- sh -c 'echo ready; exec sleep 1000'" with K1S_TLS_CA as "ca.pem"
    Then the exit code is 0
    When I run "k1s logs web -f -p PORT" with K1S_TLS_CA as "ca.pem" and press Ctrl-C once its output is "ready"
    Then the exit code is 130
    When I run "k1s run -p PORT -- sh -c 'sleep 0.5; exit 7'" with K1S_TLS_CA as "ca.pem"
    Then the exit code is 7

  Scenario: With client certificates the server is open to those who have one
    Given my certificates
    And a running server with the configuration:
      """
      [server]
      host = "0.0.0.0"
      port = 0
      tls = { certificate = "server.pem", key = "server.pem", client_ca = "ca.pem" }
      """
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs" with K1S_TLS_CA as "ca.pem"
    Then the exit code is 3
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs" with K1S_TLS_CA as "ca.pem" and K1S_TLS_CERTIFICATE as "client.pem"
    Then the exit code is 0

  Scenario: A token is made once, for its owner's eyes only
    When I run "k1s token token"
    Then the exit code is 0
    And these files have mode 600:
      | token |
    When I run "k1s token token"
    Then the exit code is 1
    And the complaint names "is there already"

  Scenario: A token that others can read keeps nobody out, so that it is refused
    Given a token in "token"
    And others can read "token"
    And my file "k1s.toml":
      """
      [server]
      port = 0
      token_file = "token"
      """
    When I run "k1s server -c k1s.toml"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "chmod 600"

  Scenario: The token is a key of the request, and wrong ones are answered late, each later than the last
    Given a token in "token"
    And a running server with the configuration:
      """
      [server]
      port = 0
      token_file = "token"
      """
    When I send each of these lines, each is refused:
      | line                                           | code        | naming         |
      | {"command": "get-all-jobs"}                    | not-allowed | K1S_TOKEN_FILE |
      | {"command": "get-all-jobs", "token": "wrong"}  | not-allowed | K1S_TOKEN_FILE |
      | {"command": "get-all-jobs", "token": null}     | not-allowed | K1S_TOKEN_FILE |
    And I send the line, with what is in "token" for TOKEN:
      """
      {"command": "get-all-jobs", "token": "TOKEN"}
      """
    Then the reply is the line "[]"
    And another wrong token is answered at least 0.8 seconds late, and the one in "token" meanwhile

  Scenario: The environment of my jobs is shown to me, and stands in no log and no error
    Given a running server
    When I create the job:
      | id          | "it"                                    |
      | type        | "one-time"                              |
      | executable  | "no-such-program"                       |
      | environment | {"TOKEN": "geheim", "PATH": "/geheim"}  |
    Then the reply shows:
      | environment | {"TOKEN": "geheim", "PATH": "/geheim"}                      |
      | lastError   | "could not start: not found on the PATH: no-such-program"   |
    When I send each of these lines, each is refused:
      | line                                                                                                                        | code            | naming              |
      | {"command": "create-job", "job": {"id": "a", "type": "one-time", "executable": "x", "environment": "TOKEN=geheim"}}         | invalid-request | environment         |
      | {"command": "create-job", "job": {"id": "a", "type": "one-time", "executable": "x", "environment": {"TOKEN": ["geheim"]}}}  | invalid-request | environment.TOKEN   |
      | {"command": "create-job", "job": {"id": "a", "type": "one-time", "executable": "x", "environment": {"TOKEN=geheim": "x"}}}  | invalid-request | environment         |
      | {"command": "create-job", "job": {"id": "a", "type": "one-time", "executable": 5, "environment": {"TOKEN": "geheim"}}}      | invalid-request | executable          |
      | {"command": "create-job", "job": {"id": "a", "environment": {"TOKEN": "geheim"}                                             | invalid-json    |                     |
    Then neither these errors nor a log nor the server's own words name "geheim"

  Scenario: The limits are mine to set
    Given a running server with the configuration:
      """
      [server]
      port = 0
      [limits]
      connections = 3
      jobs = 1
      line_bytes = 1024
      line_deadline_seconds = 1
      arguments = 2
      argument_bytes = 8
      environment_variables = 1
      environment_bytes = 10
      """
    When I send each of these lines, each is refused:
      | line                                                                                                                              | code            | naming                                                                |
      | {"command": "create-job", "job": {"id": "it", "type": "one-time", "executable": "true", "arguments": ["a", "b", "c"]}}            | invalid-request | job.arguments has 3 items, and this server takes at most 2            |
      | {"command": "create-job", "job": {"id": "it", "type": "one-time", "executable": "true", "arguments": ["abc", "defg"]}}            | invalid-request | job.arguments has 9 bytes, and this server takes at most 8            |
      | {"command": "create-job", "job": {"id": "it", "type": "one-time", "executable": "true", "environment": {"A": "1", "B": "2"}}}     | invalid-request | job.environment has 2 variables, and this server takes at most 1      |
      | {"command": "create-job", "job": {"id": "it", "type": "one-time", "executable": "true", "environment": {"NAME": "12345"}}}        | invalid-request | job.environment has 11 bytes, and this server takes at most 10        |
    And I send a line of 1025 bytes
    Then the reply is the error "line-too-long" naming "1024"
    When I create the job:
      | id          | "it"             |
      | type        | "one-time"       |
      | executable  | "/bin/echo"      |
      | arguments   | ["abc", "def"]   |
      | environment | {"NAME": "1234"} |
    Then the job "it" becomes "done"
    When I create a one-time job "more" that runs "/bin/true"
    Then the reply is the error "too-many-jobs" naming "1 jobs"
    When 3 clients begin to watch
    Then one more is told "too-many-connections"
    When these clients have gone
    Then who says nothing is told "too-slow", 1 second after he has connected
