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

  Scenario: A user whom the configuration names is obeyed
    Given a running server with the configuration:
      """
      [server]
      port = 0
      allow_users = [STRANGER]
      """
    When another user of this machine tries to create a job
    Then he is obeyed

  Scenario: Without authentication every user is obeyed, and that is said
    Given a running server with the configuration:
      """
      [server]
      port = 0
      auth = "none"
      """
    When another user of this machine tries to create a job
    Then he is obeyed
    And the server complains of "every user of this machine can run programs"

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

  Scenario: A Unix socket is a second way in, for me alone
    Given a running server with the configuration:
      """
      [server]
      port = 0
      socket = "k1s.sock"
      """
    Then the file "k1s.sock" is a socket with mode 600
    When I run "k1s client -c get-all-jobs" with K1S_SOCKET as "k1s.sock"
    Then the exit code is 0
    When I run "k1s list --json" with K1S_SOCKET as "k1s.sock"
    Then the exit code is 0
    And the output is the JSON []
    When I run "k1s list --json --socket k1s.sock"
    Then the exit code is 0
    And the output is the JSON []
    When the server is told to stop with SIGTERM
    And the server exits with 0
    Then there is no file "k1s.sock"

  Scenario: A socket that a dead server has left behind is replaced
    Given a socket "k1s.sock" on which nobody listens
    And a running server with the configuration:
      """
      [server]
      port = 0
      socket = "k1s.sock"
      """
    When I run "k1s client -c get-all-jobs" with K1S_SOCKET as "k1s.sock"
    Then the exit code is 0

  Scenario: A socket on which somebody listens is an error
    Given a running server with the configuration:
      """
      [server]
      port = 0
      socket = "k1s.sock"
      """
    When I run "k1s server -p 0 --socket k1s.sock"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "is in use"

  Scenario: What is no socket is never replaced
    Given a folder "precious"
    When I run "k1s server -p 0 --socket precious"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "no socket"

  Scenario Outline: An address that others can reach needs TLS and a token or certificates
    Given my certificates, and a token in "token"
    And my file "k1s.toml":
      """
      [server]
      host = "0.0.0.0"
      port = 0
      <setting>
      """
    When I run "k1s server -c k1s.toml"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "can be reached from other machines"

    Examples:
      | setting                                                            |
      |                                                                    |
      | auth = "none"                                                      |
      | allow_users = [0, 1, 2, 3]                                         |
      | token_file = "token"                                               |
      | tls = { certificate = "server.pem", key = "server.pem" }           |

  Scenario: With TLS and a token the server is open to those who have the token
    Given my certificates, and a token in "token"
    And a running server with the configuration:
      """
      [server]
      host = "0.0.0.0"
      port = 0
      token_file = "token"
      tls = { certificate = "server.pem", key = "server.pem" }
      """
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs" with K1S_TLS_CA as "ca.pem"
    Then the exit code is 1
    And the complaint names "K1S_TOKEN_FILE"
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs" with K1S_TLS_CA as "ca.pem" and K1S_TOKEN_FILE as "token"
    Then the exit code is 0
    When I run "k1s client -h 127.0.0.1 -p PORT -c get-all-jobs"
    Then the exit code is 3

  Scenario: With TLS and a token programs are run, and logs are read, as without
    Given my certificates, and a token in "token"
    And a running server with the configuration:
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
    When I run "k1s logs it -h 127.0.0.1 -p PORT" with K1S_TLS_CA as "ca.pem"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "K1S_TOKEN_FILE"

  Scenario: With client certificates the server is open to those who have one
    Given my certificates, and a token in "token"
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
    And the file "token" has mode 600
    When I run "k1s token token"
    Then the exit code is 1
    And the complaint names "is there already"

  Scenario: A token that others can read keeps nobody out, so that it is refused
    Given my certificates, and a token in "token"
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

  Scenario: The limits are mine to set
    Given a running server with the configuration:
      """
      [server]
      port = 0
      [limits]
      line_bytes = 1024
      arguments = 2
      """
    When I create the job:
      | id         | "it"             |
      | type       | "one-time"       |
      | executable | "/bin/echo"      |
      | arguments  | ["a", "b", "c"]  |
    Then the reply is the error "invalid-request" naming "arguments"
    When I create the job:
      | id         | "it"             |
      | type       | "one-time"       |
      | executable | "/bin/echo"      |
      | arguments  | ["a", "b"]       |
    Then the job "it" becomes "done"
