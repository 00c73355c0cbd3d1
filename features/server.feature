Feature: The server
  One command starts k1s; it says in one line where it listens, and from then
  on it keeps its jobs until it is told to stop. Stopping it stops every job,
  so that nothing is left running that nobody manages; until the last is gone it
  can be asked what it waits for, and keeps its address. A mistake in its
  settings is told before anything runs, in one line that says where and what
  to do about it.

  Scenario: The server says where it listens and then serves
    When I start "k1s server -p 0"
    Then it says in one line that it "is listening on 127.0.0.1:" and a free port
    And a client that goes there is answered

  Scenario: Without flags and file the server listens on 127.0.0.1, port 4567, as is shown where a network of one's own can be had
    When I start "k1s server" in a network of its own, if this machine allows it
    Then it says in one line that it is listening on "127.0.0.1:4567"

  Scenario: The file says where to listen
    Given the file "k1s.toml":
      """
      [server]
      host = "127.0.0.2"
      port = 0
      """
    When I start "k1s server -c k1s.toml"
    Then it says in one line that it "is listening on 127.0.0.2:" and a free port

  Scenario Outline: The environment beats the file, and a flag beats both
    Given the file "k1s.toml":
      """
      [server]
      host = "127.0.0.3"
      port = 1
      """
    When I start "k1s server -c k1s.toml <flag>" with the environment "<environment>"
    Then it says in one line that it "is listening on <host>:" and a free port

    Examples:
      | flag         | environment                   | host      |
      | -h 127.0.0.1 | K1S_PORT=0 K1S_HOST=127.0.0.2 | 127.0.0.1 |
      | -p 0         | K1S_PORT=1 K1S_HOST=127.0.0.2 | 127.0.0.2 |

  Scenario: Server and client find each other by the same environment
    When I start "k1s server" with the environment "K1S_PORT=0 K1S_SOCKET=FOLDER/k1s.sock"
    Then it says in one line that it listens on "FOLDER/k1s.sock", too
    And the server has said nothing but where it listens
    When I run "k1s list" with the environment "K1S_SOCKET=FOLDER/k1s.sock"
    Then the exit code is 0
    And the complaint names "There are no jobs yet"

  Scenario: A server that listens on its socket alone is found there, and keeps the jobs of its own file
    Given a program "work" that runs until it is stopped
    And the file "jobs.toml":
      """
      [server]
      tcp = false
      socket = "k1s.sock"

      [job.web]
      type = "continuous"
      executable = "./work"
      """
    When I start "k1s server -c jobs.toml"
    Then it says in one line that it listens on "FOLDER/k1s.sock" alone
    And it has no socket for TCP
    And the server has said nothing but where it listens
    When I run "k1s up jobs.toml --prune --json"
    Then the exit code is 0
    And the output names "keep"
    When I run "k1s kill web" with the environment "K1S_SOCKET=k1s.sock"
    Then the exit code is 0
    And no process of "work" is left
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And there is no file "k1s.sock"

  Scenario: A variable that was meant for clients means TCP, whatever the file says, but opens no port without a word
    Given the file "k1s.toml":
      """
      [server]
      tcp = false
      socket = "FOLDER/k1s.sock"
      """
    When I start "k1s server -c k1s.toml" with the environment "K1S_PORT=0"
    Then it says in one line that it listens on "FOLDER/k1s.sock", too
    And the server has complained in one line, of "k1s: K1S_PORT in the environment: listening on TCP, although k1s.toml says tcp = false"

  Scenario: Who asks for TCP by a flag is told nothing of it
    Given the file "k1s.toml":
      """
      [server]
      tcp = false
      socket = "FOLDER/k1s.sock"
      """
    When I start "k1s server -c k1s.toml -p 0" with the environment "K1S_HOST=127.0.0.1"
    Then it says in one line that it listens on "FOLDER/k1s.sock", too
    And the server has said nothing but where it listens

  Scenario Outline: A server that could be reached nowhere does not start, and is not looked for
    Given the file "k1s.toml":
      """
      [server]
      tcp = false
      """
    When I run "<command>"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "<words>"

    Examples:
      | command                | words                                                                                |
      | k1s server -c k1s.toml | k1s.toml: server.tcp is false, and nobody could reach the server: name a socket, too |
      | k1s up k1s.toml        | k1s.toml: server.tcp is false: say where the server is with --socket                 |

  Scenario: What is wrong in the environment is one line that names the variable
    When I run "k1s server" with the environment "K1S_PORT=70000"
    Then the exit code is 2
    And the output is empty
    And the complaint is one line
    And the complaint names "K1S_PORT wants a whole number from 0 to 65535"

  Scenario Outline: What comes out only when the server listens is blamed on who has said it
    Given the file "k1s.toml":
      """
      [server]
      <line>
      """
    When I run "k1s server -p 0 -c k1s.toml <flag>" with the environment "<environment>"
    Then the exit code is 2
    And the complaint is one line
    And the complaint begins with "k1s: <blamed>"

    Examples:
      | line                  | flag            | environment          | blamed                       |
      | host = "none.invalid" |                 | K1S_HOST=            | k1s.toml: host 'none.invalid' |
      | host = "none.invalid" |                 | K1S_HOST=far.invalid | K1S_HOST: host 'far.invalid' |
      | host = "none.invalid" | -h near.invalid | K1S_HOST=far.invalid | host 'near.invalid'          |
      | socket = "LONG_PATH"  |                 | K1S_SOCKET=a.sock    | k1s.toml: cannot listen on / |

  Scenario: A mistake in the file is one line that names the file, the key, the line and the mend
    Given the file "k1s.toml":
      """
      port = 1

      [server]
      prot = 6000
      port = 65536
      host = ""
      tcp = 0
      socket = 5

      [sever]
      port = 6000
      """
    When I run "k1s server -c k1s.toml"
    Then the exit code is 2
    And the output is empty
    And the complaint is these lines:
      """
      k1s: k1s.toml: it has no key 'port' outside of a table: put it below [server] (line 1)
      k1s: k1s.toml: server has no key 'prot': did you mean port? (line 4)
      k1s: k1s.toml: server.port wants a whole number from 0 to 65535, got 65536 (line 5)
      k1s: k1s.toml: server.host wants a host name or an address, got an empty text (line 6)
      k1s: k1s.toml: server.tcp wants true or false, got 0 (line 7)
      k1s: k1s.toml: server.socket wants text, got 5 (line 8)
      k1s: k1s.toml: it has no table [sever]: did you mean server? (line 10)
      """

  Scenario: A file that is not TOML is one line that names the place
    Given the file "k1s.toml":
      """
      [server
      port = 0
      """
    When I run "k1s server -c k1s.toml"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: k1s.toml: this is not TOML: Expected ']' at the end of a table declaration (line 1, column 8)
      """

  Scenario: A file that does not exist is one line with exit code 2
    When I run "k1s server -c nowhere.toml"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "nowhere.toml"

  Scenario: A host that is not this machine alone is refused, because nobody would be asked who he is
    When I run "k1s server -p 0 -h 192.0.2.1"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "192.0.2.1"

  @fault-S8
  Scenario: A port in use is one line with exit code 1
    Given a running server
    When I run "k1s server -p PORT"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names the port of the running server
    And the server still answers

  @fault-S1
  Scenario Outline: A signal stops the server and every job
    Given a running server
    And a program "service" that runs until it is stopped
    And a continuous job "a" that runs "service"
    And a one-time job "b" that runs "service"
    When the server is told to stop with <signal>
    Then the server exits with 0
    And no process of "service" is left
    And the server has complained in one line, of "k1s is stopping 2 jobs; another signal ends all at once"

    Examples:
      | signal |
      | SIGINT |
      | SIGHUP |

  @fault-S1
  Scenario: What a server has run is run no more when it has stopped, and a new server starts empty
    Given a running server
    And a program "service" that runs until it is stopped
    And a program "good" that succeeds
    And a continuous job "a" that runs "service"
    And a periodic job "c" that runs "good" with:
      | periodInSeconds | 0.2 |
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And no process of "service" is left
    When the server is started again in the same folder
    Then the list of jobs is empty
    And "good" is started no more
    And "service" has been started exactly 1 time

  @fault-S1
  Scenario: Jobs are stopped with SIGINT, and those that do not listen by force after their timeout
    Given a running server
    And a program "polite" that says "bye" and exits when it gets SIGINT
    And a program "stubborn" that ignores SIGINT
    And a continuous job "a" that runs "polite" with:
      | stopTimeoutSeconds | 600 |
    And a continuous job "b" that runs "stubborn" with:
      | stopTimeoutSeconds | 0.5 |
    When "polite" has been started at least 1 time
    And "stubborn" has been started at least 1 time
    And the server is told to stop with SIGTERM
    Then the server exits with 0
    And the server took at least 0.5 seconds to stop
    And no process of "polite" is left
    And no process of "stubborn" is left
    And the file "stdout_a.log" holds:
      """
      bye
      """
    And the error log of "b" has 1 line that ends with "still there 0.5 s after SIGINT: killed with SIGKILL"

  Scenario: A server that is alone keeps quiet, and has nothing to say in the end if it has nothing to stop
    Given a running server
    And a program "good" that succeeds
    And a one-time job "a" that runs "good"
    When the job "a" becomes "done"
    And meanwhile another job runs 3 times
    And the server is told to stop with SIGTERM
    Then the server exits with 0
    And the server has said nothing but where it listens

  Scenario Outline: An output that takes no word keeps the server neither from serving nor from stopping
    Given a program "polite" that says "bye" and exits when it gets SIGINT
    And the file "jobs.toml":
      """
      [server]
      socket = "k1s.sock"

      [job.broken]
      type = "one-time"
      executable = "/nowhere/broken"

      [job.web]
      type = "continuous"
      executable = "./polite"
      stop_timeout_seconds = 600
      """
    When I run "k1s server -c jobs.toml -p 0", all of whose words go to <what>, and tell it to stop when it answers on "k1s.sock"
    Then the exit code is 0
    And the file "stdout_web.log" holds:
      """
      bye
      """

    Examples:
      | what                    |
      | a pipe that is full     |
      | a pipe that is broken   |
      | a socket that is full   |
      | a disk that is full     |

  Scenario: A terminal that is held with Ctrl-S keeps the server neither from serving nor from stopping
    Given a program "stubborn" that ignores SIGINT
    And the file "jobs.toml":
      """
      [server]
      socket = "k1s.sock"

      [job.web]
      type = "continuous"
      executable = "./stubborn"
      stop_timeout_seconds = 0.5
      """
    When I run "k1s server -c jobs.toml -p 0", all of whose words go to a terminal that is held, and tell it to stop when it answers on "k1s.sock"
    Then the exit code is 0
    And no process of "stubborn" is left

  @fault-S2
  Scenario: A second signal ends all at once, whichever it is
    Given a running server
    And a program "stubborn" that counts each SIGINT it gets
    And a continuous job "a" that runs "stubborn" with:
      | stopTimeoutSeconds | 600 |
    When "stubborn" has been started at least 1 time
    And the server is told to stop with SIGTERM
    And "stubborn" has counted a SIGINT
    And the server is told to stop with SIGINT
    Then the server exits with 0
    And no process of "stubborn" is left

  @fault-S2
  Scenario: Who stops the server on a terminal is told what it waits for, and a second Ctrl-C ends all at once
    Given a program "stubborn" that ignores SIGINT
    And the file "jobs.toml":
      """
      [job.web]
      type = "continuous"
      executable = "./stubborn"
      stop_timeout_seconds = 600
      """
    When I start "k1s server -c jobs.toml -p 0" on a terminal of its own
    And "stubborn" has been started at least 1 time
    And I press Ctrl-C there, and once more when it shows "k1s is stopping 1 job; another Ctrl-C ends all at once"
    Then it ends with 0
    And no process of "stubborn" is left

  @fault-S3
  Scenario: A server that is killed takes its jobs with it, whatever they have started
    Given a running server
    And a program "service" that runs until it is stopped
    And a program "deaf" that ignores SIGINT
    And a program "parent" that starts a daemon and runs until it is stopped
    And a continuous job "a" that runs "service"
    And a one-time job "b" that runs "deaf" with:
      | workingDirectory | "/" |
    And a periodic job "c" that runs "parent" with:
      | periodInSeconds | 600 |
    When "parent" has started its daemon
    And the server is killed with SIGKILL
    Then after less than 1 second no process of these programs is left

  @fault-K9
  Scenario: While the server stops, nothing new begins
    Given a running server
    And a program "stubborn" that counts each SIGINT it gets
    And a program "new" that runs until it is stopped
    And a continuous job "a" that runs "stubborn" with:
      | stopTimeoutSeconds | 600 |
    When "stubborn" has been started at least 1 time
    And a client has connected and sent half of the creation of a job that runs "new"
    And the server is told to stop with SIGTERM
    And "stubborn" has counted a SIGINT
    And the client sends the other half
    Then the client gets the error "shutting-down"
    When I send each of these lines, each is refused:
      | line                                                                                                           | code          | naming        |
      | {"command": "create-job", "job": {"id": "b", "type": "one-time", "executable": "/bin/true"}}                   | shutting-down | shutting down |
      | {"command": "create-jobs", "jobs": [{"id": "b", "type": "one-time", "executable": "/bin/true"}]}               | shutting-down | shutting down |
      | {"command": "start-job", "jobId": "a"}                                                                         | shutting-down | shutting down |
      | {"command": "restart-job", "jobId": "a"}                                                                       | shutting-down | shutting down |
    And I run "k1s create c -p PORT -- /bin/true"
    Then the exit code is 1
    And the complaint names "The server is shutting down"
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And "new" has been started exactly 0 times
    And no process of "stubborn" is left

  Scenario: While the server stops, it can be seen what it waits for, and that can be ended by force
    Given a running server
    And a program "stubborn" that counts each SIGINT it gets
    And a program "work" that writes the numbers from 1 to 3 and goes on running
    And a continuous job "web" that runs "stubborn" with:
      | stopTimeoutSeconds | 600 |
    And a continuous job "api" that runs "stubborn" with:
      | stopTimeoutSeconds | 600 |
    And a continuous job "numbers" that runs "work"
    When "stubborn" has been started at least 2 times
    And the server is told to stop with SIGTERM
    And "stubborn" has counted a SIGINT
    And I run "k1s list -p PORT"
    Then the exit code is 0
    And the output names "being killed"
    When I run "k1s why web -p PORT"
    Then the exit code is 0
    And the output names "was told to end with SIGINT"
    And the output names "SIGKILL, if anything of it is left then"
    When I run "k1s wait numbers --for killed -p PORT"
    Then the exit code is 0
    When I run "k1s logs numbers -p PORT"
    Then the exit code is 0
    And the output has the line "3"
    When I ask for the server's description
    Then the reply shows:
      | stopping | true |
    When I run "k1s kill web --signal KILL -p PORT"
    Then the exit code is 0
    And the job "web" is "killed"
    And the job "api" is "running"
    When I send the line:
      """
      {"command": "delete-job", "jobId": "api", "signal": "SIGKILL"}
      """
    Then the reply is the message "Job deleted"
    And the server exits with 0
    And no process of "stubborn" is left

  Scenario: No other server takes the place of one that stops
    Given the file "k1s.toml":
      """
      [server]
      socket = "FOLDER/k1s.sock"
      """
    And a program "stubborn" that counts each SIGINT it gets
    When I start "k1s server -c k1s.toml -p 0"
    And I create a continuous job "a" that runs "stubborn" with:
      | stopTimeoutSeconds | 600 |
    And "stubborn" has been started at least 1 time
    And the server is told to stop with SIGTERM
    And "stubborn" has counted a SIGINT
    And I run "k1s server --socket FOLDER/k1s.sock -p 0"
    Then the exit code is 1
    And the complaint names "k1s.sock is in use"
    When I run "k1s server -p PORT"
    Then the exit code is 1
    And the complaint names "is in use"
    When I run "k1s list --socket FOLDER/k1s.sock"
    Then the exit code is 0
    And the output names "being killed"
    When the server is told to stop with SIGTERM
    Then the server exits with 0
    And there is no file "k1s.sock"
    And a new connection is refused
    And no process of "stubborn" is left

  Scenario: A server that was started with its signals ignored outlives its terminal, and can be stopped all the same
    Given a running server that was started with SIGINT, SIGQUIT, SIGHUP and SIGPIPE ignored
    When the server is told to stop with SIGHUP
    And meanwhile another job runs 3 times
    And the server is told to stop with SIGINT
    Then the server exits with 0
