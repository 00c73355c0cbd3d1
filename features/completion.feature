Feature: Completing command lines
  "k1s completion" prints a script that teaches bash, zsh or fish to complete the
  words of k1s: commands, options and their values, and the ids of the jobs of the
  running server. Of these, only those are offered that a command is for: nobody is
  offered a dead job to kill.

  Background:
    Given a running server
    And a program "rest" that runs until it is stopped
    And a program "fail" that fails
    And a continuous job "web" that runs "rest"
    And a continuous job "web:2" that runs "rest"
    And a continuous job "dead" that runs "rest"
    And a one-time job "once" that runs "rest"
    And a one-time job "over" that runs "fail"
    And a periodic job "tick" that runs "fail" with:
      | periodInSeconds | 1000 |
      | maxRetry        | -1   |
    And I kill the job "dead"
    And the job "dead" becomes "killed"
    And the job "over" becomes "exhausted"
    And the job "tick" becomes "pending"

  Scenario Outline: Each shell offers what fits
    Then <shell> completes these lines:
      | line                       | words                               |
      | "k1s kill "                | tick web web:2                      |
      | "k1s logs web o"           | once over                           |
      | "k1s com"                  | completion                          |
      | "k1s logs --std"           | --stderr --stdout                   |
      | "k1s server -c k1s-c"      | k1s-config.toml                     |
      | "k1s run -w k1s-"          | k1s-folder/                         |
    And among what <shell> offers for "k1s run -- seq" is "seq"

    Examples:
      | shell |
      | bash  |
      | zsh   |
      | fish  |

  Scenario: Of the jobs, only those are offered that a command is for
    Then bash completes these lines:
      | line                       | words                               |
      | "k1s kill --one-time "     | once tick web web:2                 |
      | "k1s start "               | dead over tick                      |
      | "k1s signal HUP "          | once web web:2                      |
      | "k1s delete "              | dead once over tick web web:2       |

  Scenario: Other words are known, too
    Then bash completes these lines:
      | line                       | words                               |
      | "k1s wait web --for r"     | restarting running                  |
      | "k1s signal HU"            | HUP                                 |
      | "k1s client -t "           | continuous one-time periodic        |
      | "k1s help de"              | delete                              |

  Scenario: Bash takes a word to pieces at a colon
    Then bash completes these lines:
      | line                       | words   |
      | "k1s kill web:"            | 2       |
      | "k1s wait --for=ru"        | running |

  Scenario: Without a server, only ids are missing, and nobody complains
    Given a port that nobody listens on
    When I run "k1s _complete bash ': =@' kill -p UNUSED_PORT w"
    Then the exit code is 0
    And the output is empty
    And nobody complains
    And "k1s _complete bash ': =@' comp" offers the word "completion"

  Scenario: A server that does not answer is not waited for
    Given something on a port of this machine that never answers
    When I run "k1s _complete fish kill -p OTHER_PORT w"
    Then the exit code is 0
    And the output is empty
    And nobody complains
