Feature: Why
  Somebody finds a job in a state that he did not expect. "k1s why" tells him
  how it came there, run by run with what was decided after each, and what comes
  next: when, by itself, and what follows if the program succeeds or fails. What
  comes next is asked of the very rules that the server follows, so it is true.

  In the outputs below TIME stands for a time of day, and SPAN for some seconds.

  Background:
    Given a running server

  Scenario: A job that is restarted after failures
    Given a program "work" that fails 2 times and then runs until it is stopped
    And a continuous job "web" that runs "work" with:
      | restartDelaySeconds | 0.1 |
    When "work" has been started at least 3 times
    And I run "k1s why web -p PORT"
    Then the exit code is 0
    And nobody complains
    And the output is, but for times:
      """
      web is running: run 3 has lasted SPAN so far.
        TIME  created
        TIME  run 1 started, exited with code 1 after SPAN; retry 1 of 5 in 0.1 s
        TIME  run 2 started, exited with code 1 after SPAN; retry 2 of 5 in 0.2 s
        TIME  run 3 started
      Next:
        if it succeeds: next run after 0.1 s
        if it fails: retry 3 of 5 after 0.4 s
        4 more failures in a row end it: exhausted in SPAN (TIME) at the earliest
      """

  Scenario: A job that waits for its next attempt
    Given a program "work" that fails
    And a continuous job "web" that runs "work" with:
      | restartDelaySeconds    | 60  |
      | maxRestartDelaySeconds | 100 |
      | maxRetry               | 3   |
    When the job "web" becomes "restarting"
    And I run "k1s why web -p PORT"
    Then the output is, but for times:
      """
      web is restarting: its last run exited with code 1 after SPAN (failure 1 in a row; 3 are forgiven).
        TIME  created
        TIME  run 1 started, exited with code 1 after SPAN; retry 1 of 3 in 1 min
      Next:
        in SPAN (TIME): run 2 starts
        if it succeeds: next run after 1 min
        if it fails: retry 2 of 3 after 1 min 40 s
        3 more failures in a row end it: exhausted in SPAN (TIME) at the earliest
      """

  Scenario: A service that waits out its delay after a success
    Given a program "work" that succeeds
    And a continuous job "web" that runs "work" with:
      | restartDelaySeconds | 30 |
      | maxRetry            | -1 |
    When the job "web" becomes "restarting"
    And I run "k1s why web -p PORT"
    Then the output is, but for times:
      """
      web is restarting: its last run succeeded after SPAN.
        TIME  created
        TIME  run 1 started, succeeded after SPAN; next run in 30 s
      Next:
        in SPAN (TIME): run 2 starts
        if it succeeds: next run after 30 s
        if it fails: retry 1 after 30 s
        no number of failures ends it: all are forgiven
      """

  Scenario: A periodic job between two ticks
    Given a program "work" that fails
    And a periodic job "tick" that runs "work" with:
      | periodInSeconds | 60 |
      | maxRetry        | 1  |
    When the job "tick" becomes "pending"
    And I run "k1s why tick -p PORT"
    Then the output is, but for times:
      """
      tick is pending: its last run exited with code 1 after SPAN (failure 1 in a row; 1 is forgiven).
        TIME  created
        TIME  run 1 started, exited with code 1 after SPAN; retry 1 of 1 at TIME
      Next:
        in SPAN (TIME): run 2 starts
        if it succeeds: next run at TIME
        one more failure ends it: exhausted
      """

  Scenario: A periodic job that runs
    Given a program "work" that runs until it is stopped
    And a periodic job "tick" that runs "work" with:
      | periodInSeconds     | 3600 |
      | healthyAfterSeconds | 60   |
    When I run "k1s why tick -p PORT"
    Then the output is, but for times:
      """
      tick is running: run 1 has lasted SPAN so far.
        TIME  created
        TIME  run 1 started
      Next:
        in SPAN (TIME): its next tick, missed if the run still lasts
        if it succeeds: next run at TIME
        if it fails: retry 1 of 5 at TIME
        6 more failures in a row end it: exhausted in SPAN (TIME) at the earliest
      """

  Scenario: Ticks that fall while a run lasts are told
    Given a program "work" that runs until it is stopped
    And a periodic job "tick" that runs "work" with:
      | periodInSeconds | 0.1 |
    When the job "tick" soon shows:
      | missedCount | at least 2 |
    And I run "k1s why tick -p PORT"
    Then the output has these lines, but for times:
      """
      tick is running: run 1 has lasted SPAN so far, COUNT ticks skipped meanwhile.
        TIME  created
        TIME  run 1 started
      """
    When I kill the job "tick"
    And the job "tick" becomes "killed"
    And I run "k1s why tick -p PORT"
    Then the output has the line "TIME  run 1 died of SIGINT after SPAN, COUNT ticks skipped meanwhile; killed", but for times

  Scenario: A run that was too long for its period is told with the ticks that it took
    Given a program "work" that lasts 0.5 seconds
    And a periodic job "tick" that runs "work" with:
      | periodInSeconds | 0.2 |
    When the job "tick" soon shows:
      | runCount | at least 2 |
    And I run "k1s why tick -p PORT"
    Then the output has the line "TIME  run 1 started, succeeded after SPAN, COUNT ticks skipped meanwhile; next run at TIME", but for times

  Scenario: A run that lasts long enough is forgiven what was before
    Given a program "work" that fails 1 time and then runs until it is stopped
    And a continuous job "web" that runs "work" with:
      | healthyAfterSeconds | 60  |
      | restartDelaySeconds | 0.1 |
      | maxRetry            | 1   |
    When "work" has been started at least 2 times
    And I run "k1s why web -p PORT"
    Then the output has these lines, but for times:
      """
      Next:
        in SPAN (TIME): its failures are forgiven, if the run lasts
        if it succeeds: next run after 0.1 s
        one more failure ends it: exhausted
      """

  Scenario: A job whose budget is used up
    Given a program "work" that fails
    And a continuous job "web" that runs "work" with:
      | restartDelaySeconds | 0.1 |
      | maxRetry            | 1   |
    When the job "web" becomes "exhausted"
    And I run "k1s why web -p PORT"
    Then the output is, but for times:
      """
      web is exhausted: SPAN ago its last run exited with code 1 after SPAN; that was failure 2 in a row, and 1 is forgiven.
        TIME  created
        TIME  run 1 started, exited with code 1 after SPAN; retry 1 of 1 in 0.1 s
        TIME  run 2 started, exited with code 1 after SPAN; failure 2 in a row, gave up
      Next:
        nothing, unless somebody starts it again
      """

  Scenario: A program that cannot be started
    When I create a one-time job "it" that runs "/nowhere/at/all"
    And the job "it" becomes "exhausted"
    And I run "k1s why it -p PORT"
    Then the exit code is 0
    And the output names "run 1 could not start: "
    And the output names "/nowhere/at/all"
    And the output names "no failure is forgiven"

  Scenario: A job that has done its work
    Given a program "work" that succeeds
    And a one-time job "it" that runs "work"
    When the job "it" becomes "done"
    And I run "k1s why it -p PORT"
    Then the output is, but for times:
      """
      it is done: SPAN ago its run succeeded after SPAN.
        TIME  created
        TIME  run 1 started, succeeded after SPAN; done
      Next:
        nothing, unless somebody starts it again
      """

  Scenario: A job that was killed while it ran
    Given a program "work" that runs until it is stopped
    And a continuous job "web" that runs "work"
    When I kill the job "web" with "SIGTERM"
    And the job "web" becomes "killed"
    And I run "k1s why web -p PORT"
    Then the output is, but for times:
      """
      web is killed: run 1 was told to end with SIGTERM and died of SIGTERM, SPAN ago.
        TIME  created
        TIME  run 1 started
        TIME  told to end with SIGTERM
        TIME  run 1 died of SIGTERM after SPAN; killed
      Next:
        nothing, unless somebody starts it again
      """

  Scenario: A job that was killed while it waited
    Given a program "work" that succeeds
    And a periodic job "tick" that runs "work" with:
      | periodInSeconds | 60 |
    When the job "tick" becomes "pending"
    And I kill the job "tick"
    And I run "k1s why tick -p PORT"
    Then the output is, but for times:
      """
      tick is killed: it was told to end while it was pending, SPAN ago.
        TIME  created
        TIME  run 1 started, succeeded after SPAN; next run at TIME
        TIME  told to end while it was pending: killed at once
      Next:
        nothing, unless somebody starts it again
      """

  Scenario: A job that is told to end and does not
    Given a program "work" that ignores SIGINT
    And a continuous job "web" that runs "work" with:
      | stopTimeoutSeconds | 60 |
    When I kill the job "web"
    And I run "k1s why web -p PORT"
    Then the output is, but for times:
      """
      web is running: run 1 was told to end with SIGINT, SPAN ago, but is not all gone yet.
        TIME  created
        TIME  run 1 started
        TIME  told to end with SIGINT
      Next:
        in SPAN (TIME): SIGKILL, if anything of it is left then
        once nothing of it is left: killed
      """

  Scenario: A job that had to be ended by force
    Given a program "work" that ignores SIGINT
    And a continuous job "web" that runs "work" with:
      | stopTimeoutSeconds | 0.2 |
    When I kill the job "web"
    And the job "web" becomes "killed"
    And I run "k1s why web -p PORT"
    Then the output names "died of SIGKILL"
    And the output names "killed by SIGKILL, for SIGINT had not ended all of it"

  Scenario: A job that is to be deleted, or started again, once it has ended
    Given a program "work" that ignores SIGINT
    And a one-time job "old" that runs "work" with:
      | stopTimeoutSeconds | 60 |
    And a continuous job "new" that runs "work" with:
      | stopTimeoutSeconds | 60 |
    When "work" has been started at least 2 times
    And I ask for the job "old" to be deleted without waiting for the reply
    And I ask for the job "new" to be restarted without waiting for the reply
    And I run "k1s why old -p PORT"
    Then the output names "once nothing of it is left: it is deleted"
    When I run "k1s why new -p PORT"
    Then the output names "once nothing of it is left: it is started again"

  Scenario: A job that somebody has started again
    Given a program "work" that fails
    And a one-time job "it" that runs "work"
    When the job "it" becomes "exhausted"
    And I ask for the job "it" to be started
    And the job "it" becomes "exhausted"
    And I run "k1s why it -p PORT"
    Then the output is, but for times:
      """
      it is exhausted: SPAN ago its last run exited with code 1 after SPAN; no failure is forgiven.
        TIME  created
        TIME  run 1 started, exited with code 1 after SPAN; failure 1 in a row, gave up
        TIME  run 2 started by an order, exited with code 1 after SPAN; failure 1 in a row, gave up
      Next:
        nothing, unless somebody starts it again
      """

  Scenario: A long life is not remembered whole
    Given a program "work" that fails
    And a continuous job "web" that runs "work" with:
      | restartDelaySeconds    | 0.01 |
      | maxRestartDelaySeconds | 0.01 |
      | maxRetry               | 14   |
    When the job "web" becomes "exhausted"
    And I run "k1s why web -p PORT"
    Then the output names "the moves up to run 5 are no longer remembered"
    And the output names "run 6 started, exited with code 1"
    And the output names "failure 15 in a row, gave up"

  Scenario: Several jobs at once, and one that nobody knows
    Given a program "work" that succeeds
    And a one-time job "a" that runs "work"
    And a one-time job "b" that runs "work"
    When the job "a" becomes "done"
    And the job "b" becomes "done"
    And I run "k1s why a nobody b -p PORT"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "there is no job 'nobody'"
    And the output names "a is done"
    And the output names "b is done"
    When I run "k1s why '?' -p PORT"
    Then the exit code is 0
    And the output names "a is done"
    And the output names "b is done"

  Scenario: For programs
    Given a program "work" that fails
    And a continuous job "web" that runs "work" with:
      | restartDelaySeconds    | 60 |
      | maxRestartDelaySeconds | 60 |
      | maxRetry               | 1  |
    When the job "web" becomes "restarting"
    And I run "k1s why web --json -p PORT"
    Then the exit code is 0
    And the explanation of "web" has a history of:
      | trigger | from    | to         | runCount | failedCount | missedCount | exitCode | ordered | sentSignal |
      | create  | null    | pending    | 0        | 0           | 0           | null     | false   | null       |
      | start   | pending | running    | 1        | 0           | 0           | null     | false   | null       |
      | fail    | running | restarting | 1        | 1           | 0           | 1        | false   | null       |
    And the explanation of "web" has a forecast of:
      | on       | state      | runCount | failedCount | missedCount | failures | signal |
      | time     | running    | 2        | 1           | 0           | null     | null   |
      | success  | restarting | 2        | 0           | 0           | null     | null   |
      | failure  | exhausted  | 2        | 2           | 0           | null     | null   |
      | failures | exhausted  | 2        | 2           | 0           | 1        | null   |
      | start    | running    | 2        | 0           | 0           | null     | null   |
      | kill     | killed     | 1        | 1           | 0           | null     | null   |
    And the explanation of "web" names the orders "delete, kill, restart, start"
