Feature: The list, live
  "k1s top" shows the list of jobs on the whole screen of a terminal, and keeps it
  as it is in the server, which tells what happens. Nothing polls: only relative
  times are drawn again. However it ends, the terminal is as it was before.

  Scenario: What happens is seen
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "web" that runs "work"
    When I look at "k1s top -p PORT"
    Then the screen comes to show "1 job: 1 running"
    And the line of "web" on the screen comes to have "running"
    And the screen has colours
    When I kill the job "web"
    Then the line of "web" on the screen comes to have "killed"
    When I create a one-time job "new" that runs "/bin/true"
    Then the line of "new" on the screen comes to have "done"
    And the screen comes to show "2 jobs: 1 killed, 1 done"
    When I delete the job "web"
    Then the screen comes to show "1 job: 1 done"
    And there is no line of "web" on the screen

  Scenario: Only some jobs, also those that are still to come
    Given a running server
    And a program "work" that runs until it is stopped
    And a continuous job "web-1" that runs "work"
    And a continuous job "other" that runs "work"
    When I look at "k1s top 'web-*' -p PORT" with NO_COLOR as "1"
    Then the screen comes to show "1 job: 1 running"
    When I create a one-time job "web-2" that runs "/bin/true"
    Then the line of "web-2" on the screen comes to have "done"
    And there is no line of "other" on the screen
    And the screen has no colours

  Scenario Outline: The terminal is as before, whatever ends it
    Given a running server
    When I look at "k1s top -p PORT"
    Then the screen comes to show "no jobs"
    When I <do>
    Then the live list ends with <code>
    And the terminal is as it was before

    Examples:
      | do                                        | code |
      | press the key "q"                         | 0    |
      | press Ctrl-C on the keyboard              | 130  |
      | send SIGTERM to the live list             | 143  |
      | send SIGHUP to the live list              | 129  |
      | send SIGQUIT to the live list             | 131  |

  Scenario: The server goes away
    Given a running server
    When I look at "k1s top -p PORT"
    Then the screen comes to show "no jobs"
    When the server is told to stop with SIGTERM
    Then the live list ends with 3
    And the terminal is as it was before
    And what stands on the terminal then names "has gone"
    And the server exits with 0

  Scenario: A server that does not answer does not hold anybody
    Given a running server
    And somebody between me and the server who counts what it is asked
    When I look at "k1s top -p COUNTER_PORT"
    Then the screen comes to show "no jobs"
    When whoever counts passes on no more lists
    And I create a one-time job "it" that runs "/bin/true"
    Then the list is asked for once more
    When I press Ctrl-C on the keyboard
    Then the live list ends with 130
    And the terminal is as it was before

  Scenario: It can be stopped and comes back
    Given a running server
    When I look at "k1s top -p PORT"
    Then the screen comes to show "no jobs"
    When I press Ctrl-Z on the keyboard
    Then the live list stops
    And the terminal is as it was before
    When I send SIGCONT to the live list
    Then the screen comes to show "no jobs"
    When I press the key "q"
    Then the live list ends with 0

  Scenario: More jobs than the screen has rows
    Given a running server
    And 30 one-time jobs that have 1 characters of arguments each
    When I look at "k1s top -p PORT"
    Then the screen comes to show "1 to 20 of 30"
    And there is a line of "big-0" on the screen
    And there is no line of "big-29" on the screen
    When I press the key "G"
    Then the screen comes to show "11 to 30 of 30"
    And there is a line of "big-29" on the screen
    When I press the key "k"
    Then the screen comes to show "10 to 29 of 30"
    When the terminal becomes 100 columns wide and 50 rows high
    Then the line of "big-0" on the screen comes to have "done"
    And there is a line of "big-29" on the screen
    When the terminal becomes 40 columns wide and 10 rows high
    Then the screen comes to show "1 to 6 of 30"

  Scenario: Times go on without the server
    Given a running server
    And somebody between me and the server who counts what it is asked
    And a program "work" that runs until it is stopped
    And a continuous job "web" that runs "work"
    When I look at "k1s top -p COUNTER_PORT"
    Then the line of "web" on the screen comes to have "running"
    When the list has been fetched for the last time
    Then the line of "web" on the screen comes to have " 4 s ", or a greater number
    And the list has not been fetched again

  Scenario: Ticks that are missed meanwhile are seen, though nothing moves
    Given a running server
    And a program "work" that runs until it is stopped
    And a periodic job "slow" that runs "work" with:
      | periodInSeconds | 4 |
    When I look at "k1s top -p PORT"
    Then the line of "slow" on the screen comes to have "if over"
    And the screen comes to show "MISSED"
    And the line of "slow" on the screen comes to have "  2  next in", or a greater number

  Scenario: A storm of moves costs ten fetches a second at the most
    Given a running server
    And somebody between me and the server who counts what it is asked
    And 10 periodic jobs that run every 0.1 seconds
    When I look at "k1s top -p COUNTER_PORT"
    Then the screen comes to show "10 jobs"
    And the list is fetched 15 more times, and not more than 10 times a second

  Scenario: Where the output is no terminal, the list is printed once
    Given a running server
    And a program "work" that succeeds
    And a one-time job "it" that runs "work"
    And the job "it" becomes "done"
    When I run "k1s top -p PORT"
    Then the exit code is 0
    And the output names "exit 0"
    When I run "k1s top --json it -p PORT"
    Then the exit code is 0
    And the output is one line of JSON

  Scenario: An unknown job is a mistake
    Given a running server
    When I look at "k1s top nobody -p PORT"
    Then the live list ends with 1
    And what stands on the terminal then names "there is no job 'nobody'"
