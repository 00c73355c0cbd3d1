Feature: Simulating a jobs file
  `k1s simulate` plays a jobs file on a virtual clock, by the very rules that
  the server runs by, and shows each start, retry, skip and end of a day in
  less than a second. No program is started: a continuous program runs on, any
  other takes a moment and succeeds, unless I say what it does. So I can see
  what a period, a delay or a budget leads to before it matters, and draw it.

  Background:
    Given the file "jobs.toml":
      """
      [job.migrate]
      type = "one-time"
      executable = "no-such-program"
      max_retry = 2
      restart_delay_seconds = 5

      [job.web]
      type = "continuous"
      executable = "no-such-program"
      max_retry = 3
      healthy_after_seconds = 60

      [job.report]
      type = "periodic"
      executable = "no-such-program"
      period_in_seconds = 30
      """

  Scenario: A day in a few lines
    When I run "k1s simulate jobs.toml"
    Then the exit code is 0
    And nobody complains
    And the output is:
      """
      00:00:00.000  migrate  starts
      00:00:00.000  web      starts
      00:00:00.000  report   starts
      00:00:00.050  migrate  succeeds: done
      00:00:00.050  report   succeeds: next run in 30 s
      00:00:30.000  report   ... 2,879 more runs like this one, the last at 23:59:30.000

      JOB      TYPE         RUNS  FAILED  MISSED  AT THE END
      migrate  one-time        1       0          done since 00:00:00.050
      web      continuous      1       0          running since 00:00:00.000
      report   periodic    2,880       0       0  pending, next run now
      """

  Scenario: A service that fails comes back later and later, and is given up
    When I run "k1s simulate jobs.toml --for 10s --fail web=all:1s"
    Then the output tells of "web":
      """
      00:00:00.000  starts
      00:00:01.000  fails, exited with code 1: retry 1 of 3 in 0.1 s
      00:00:01.100  starts (run 2)
      00:00:02.100  fails, exited with code 1: retry 2 of 3 in 0.2 s
      00:00:02.300  starts (run 3)
      00:00:03.300  fails, exited with code 1: retry 3 of 3 in 0.4 s
      00:00:03.700  starts (run 4)
      00:00:04.700  fails, exited with code 1: gave up after 4 failures in a row
      """

  Scenario: The third run of a service fails after 10 seconds
    When I run "k1s simulate jobs.toml --lasts web=6h --fail web=3:10s"
    Then the output tells of "web":
      """
      00:00:00.000  starts
      06:00:00.000  succeeds: next run in 0.1 s
      06:00:00.100  starts (run 2)
      12:00:00.100  succeeds: next run in 0.1 s
      12:00:00.200  starts (run 3)
      12:00:10.200  fails, exited with code 1: retry 1 of 3 in 0.1 s
      12:00:10.300  starts (run 4)
      12:01:10.300  has run for 1 min: 1 failure forgiven
      18:00:10.300  succeeds: next run in 0.1 s
      18:00:10.400  starts (run 5)
      """

  Scenario: A one-time job is retried, a service is forgiven and then killed, and a run that outlasts its period makes the next tick be skipped
    When I run "k1s simulate jobs.toml --for 2min --fail migrate=1:2s --fail web=1-2:5s --kill web=100s --lasts report=10s --lasts report=2:35s"
    Then the output tells of "migrate":
      """
      00:00:00.000  starts
      00:00:02.000  fails, exited with code 1: retry 1 of 2 in 5 s
      00:00:07.000  starts (run 2)
      00:00:07.050  succeeds: done
      """
    And the output tells of "web":
      """
      00:00:00.000  starts
      00:00:05.000  fails, exited with code 1: retry 1 of 3 in 0.1 s
      00:00:05.100  starts (run 2)
      00:00:10.100  fails, exited with code 1: retry 2 of 3 in 0.2 s
      00:00:10.300  starts (run 3)
      00:01:10.300  has run for 1 min: 2 failures in a row forgiven
      00:01:40.000  is to be killed: SIGINT sent
      00:01:40.000  is killed: died of SIGINT (signal 2)
      """
    And the output tells of "report":
      """
      00:00:00.000  starts
      00:00:10.000  succeeds: next run in 20 s
      00:00:30.000  starts (run 2)
      00:01:00.000  tick skipped, still running: 1 missed so far
      00:01:05.000  succeeds: next run in 25 s
      00:01:30.000  starts (run 3)
      00:01:40.000  succeeds: next run in 20 s
      """

  Scenario: Globs mean several jobs, and every event can be shown
    When I run "k1s simulate jobs.toml --for 5min --lasts '*=1s' --all"
    Then the output tells of "report" in 21 lines
    And the output tells of "migrate":
      """
      00:00:00.000  is created
      00:00:00.000  starts
      00:00:01.000  succeeds: done
      """

  Scenario: Every event is a line of JSON, like those that are told to who watches
    When I run "k1s simulate jobs.toml --for 1min --lasts report=40s --json"
    Then the exit code is 0
    And each line of the output is a JSON object
    And one line of the output shows:
      | sequence    | 2                          |
      | at          | "1970-01-01T00:00:00.000Z" |
      | jobId       | "migrate"                  |
      | trigger     | "start"                    |
      | from        | "pending"                  |
      | to          | "running"                  |
      | runCount    | 1                          |
      | failedCount | 0                          |
      | exitCode    | null                       |
      | signal      | null                       |
      | reason      | null                       |
      | nextRunAt   | null                       |
    And one line of the output shows:
      | at     | "1970-01-01T00:00:30.000Z" |
      | jobId  | "report"                   |
      | note   | "skip"                     |
      | count  | 1                          |
      | reason | null                       |

  Scenario: The timeline is drawn, into the file at the end of a link as well
    Given a link "link.svg" to "timeline.svg"
    When I run "k1s simulate jobs.toml --fail web=all:1s --svg link.svg"
    Then the exit code is 0
    And the picture "timeline.svg" shows the texts:
      | 24h of jobs.toml |
      | migrate          |
      | web              |
      | report           |
      | gave up          |

  Scenario: A day of a hundred jobs is short, and its picture is small
    Given the file "many.toml" has 80 periodic and 20 continuous jobs
    When I run "k1s simulate many.toml --svg many.svg"
    Then the exit code is 0
    And the output has at most 500 lines
    And the file "many.svg" has at most 300 kB

  Scenario: A picture can go into a pipe
    When I run "k1s simulate jobs.toml --for 1min --svg /dev/stdout"
    Then the exit code is 0
    And the output names "report"
    And the output names "</svg>"

  Scenario Outline: A picture that cannot be written is told before anything is played
    Given a folder "folder"
    When I run "k1s simulate jobs.toml --svg <path>"
    Then the exit code is 1
    And the complaint is these lines:
      """
      k1s: cannot write <path>: <why>
      """
    And the output is empty

    Examples:
      | path        | why                       |
      | no/x.svg    | no such file or directory |
      | folder      | is a directory            |

  Scenario: A picture does not take the place of its jobs file
    Given a link "link.svg" to "jobs.toml"
    When I run "k1s simulate jobs.toml --for 1min --svg link.svg"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: --svg link.svg is the jobs file itself: give the picture another name
      """
    And the file "jobs.toml" has the line "[job.web]"

  Scenario: A picture that is not drawn leaves no file, and an old one as it was
    Given the file "old.svg":
      """
      old
      """
    When I run "k1s simulate jobs.toml --for 10x --svg old.svg"
    Then the exit code is 2
    And the complaint names "--for wants a duration such as 90s, 15min, 24h"
    And the file "old.svg" holds:
      """
      old
      """
    When I run "k1s simulate jobs.toml --for 1min --svg new.svg" into the file "/dev/full"
    Then the complaint names "the output cannot be written"
    And there is no file "new.svg"

  Scenario: What never comes to pass is named
    When I run "k1s simulate jobs.toml --for 1min --fail web=3:10s"
    Then the exit code is 0
    And the complaint is one line
    And the complaint names "nothing came of --fail web=3:10s: there was no run 3"

  Scenario Outline: A mistake is one sentence
    When I run "k1s simulate jobs.toml <words>"
    Then the exit code is 2
    And the complaint is one line
    And the complaint names "<complaint>"

    Examples:
      | words        | complaint                                |
      | --fail wbe=1 | there is no job 'wbe': did you mean web? |
      | --for 0s     | --for wants a duration                   |
