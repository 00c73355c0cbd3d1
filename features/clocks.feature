Feature: Clocks
  Machines are suspended, and their clocks are set: by hand, by a time server,
  by a mistake. The rhythm of the jobs is measured by a clock that nobody can
  set, so no run is lost, doubled or moved, and after a long sleep nothing is
  "made up for".

  @fault-S7
  Scenario: After the server stood still there is one late run at most, then the rhythm goes on
    Given a running server
    And a program "collect" that succeeds
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.4 |
    When "collect" has been started at least 1 time
    And the server stands still for 1.5 seconds
    Then "collect" is started 3 more times
    And the third of these runs began at least 0.4 seconds after the server went on
    And the next tick of "figures" lies a whole number of 0.4 seconds after the first

  @fault-S6
  Scenario Outline: A change of the clock on the wall moves no run
    Given a running server whose clock can be set
    And a program "collect" that succeeds
    And a periodic job "figures" that runs "collect" with:
      | periodInSeconds | 0.4 |
    When "collect" has been started at least 1 time
    And somebody sets the server's clock <change>
    Then "collect" is started 3 more times
    And run number 3 of "collect" began at least 0.8 seconds after the first start of "figures"
    When I create a one-time job "later" that runs "collect"
    Then the job "later" was created <change>

    Examples:
      | change            |
      | a year ahead      |
      | back by a year    |
