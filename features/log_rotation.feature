Feature: Log rotation
  Logs do not grow for ever. When one has reached its bound, its oldest part
  becomes a backup beside it: NAME.1 is the newest backup, NAME.2 the one before
  it, and so on. The program that writes the log need not know, be restarted
  or pause for it, and read together, from the oldest backup to the log, the
  files hold what it wrote, byte for byte.

  Scenario: The log of a program that never ends is rotated while it runs, and each log by itself
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      backups = 20
      """
    And a program "count" that writes the numbers from 1 to 50000 and goes on running
    And a continuous job "it" that runs "count"
    And a program "complain" that writes the numbers from 1 to 20000 to its errors
    And a one-time job "other" that runs "complain"
    Then the log "stdout_it.log" soon has at least 3 backups
    And the log "stdout_it.log" soon has at most 65536 bytes
    And the log "stdout_it.log" and its backups hold the numbers from 1 to 50000, in order
    And these files have mode 600:
      | stdout_it.log   |
      | stdout_it.log.1 |
    And "count" has been started exactly 1 time
    And the error log of "it" is empty
    And the log "stderr_other.log" soon has at least 1 backup
    And the log "stderr_other.log" and its backups hold the numbers from 1 to 20000, in order
    And the log "stdout_other.log" has exactly 0 backups

  Scenario: Only as many backups are kept as were asked for, and they are the newest
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      backups = 2
      """
    And a program "count" that writes the numbers from 1 to 100000 and goes on running
    And a continuous job "it" that runs "count"
    Then the log "stdout_it.log" soon ends with the number 100000
    And the log "stdout_it.log" soon has at most 65536 bytes
    And the log "stdout_it.log" has exactly 2 backups
    And the log "stdout_it.log" and its backups end with the number 100000, and lack none before it

  Scenario: Without a configuration, a log is rotated when it passes 50 MiB
    Given a running server
    And a program "count" that writes the numbers from 1 to 7000000 and goes on running
    And a continuous job "it" that runs "count"
    Then the log "stdout_it.log" soon has at least 1 backup
    And the log "stdout_it.log" soon has at most 52428800 bytes
    And the backup "stdout_it.log.1" has 52428800 bytes
    And the log "stdout_it.log" and its backups hold the numbers from 1 to 7000000, in order

  @cutting-nothing
  Scenario: Where the file system cannot cut a file, its log is rotated at the next run, and the error log says so
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      """
    And a folder "memory" on a file system that cannot cut files, if there is one
    And a program "count" that writes the numbers from 1 to 20000 and goes on running
    And a continuous job "it" that runs "count" with:
      | stdoutLogPath | "memory/it.log" |
    Then the error log of "it" soon says:
      """
      log FOLDER/memory/it.log grows past 64 KiB because this file system cannot cut it while it is written to: it is rotated at the next run
      """
    And the file "memory/it.log" holds the numbers from 1 to 20000, in order
    When I restart the job "it"
    Then the file "memory/it.log.1" holds the numbers from 1 to 20000, in order

  @cutting-nothing
  Scenario: A log may be allowed to grow for ever
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 0
      """
    And a program "count" that writes the numbers from 1 to 20000
    And a one-time job "it" that runs "count"
    When the job "it" becomes "done"
    And meanwhile another job runs 3 times
    Then the log "stdout_it.log" has exactly 0 backups
    And the log "stdout_it.log" and its backups hold the numbers from 1 to 20000, in order

  Scenario: What is in the way of a backup is left alone, and the job's error log says so, once
    Given a running server that is configured with:
      """
      [logs]
      max_bytes = 65536
      """
    And a folder "stdout_it.log.1"
    And a program "count" that writes the numbers from 1 to 20000 and goes on running
    And a continuous job "it" that runs "count"
    Then the error log of "it" soon says:
      """
      log FOLDER/stdout_it.log grows past 64 KiB because FOLDER/stdout_it.log.1 is not a regular file (move it away): it is tried again
      """
    And the file "stdout_it.log" holds the numbers from 1 to 20000, in order

  @cutting-nothing
  Scenario: Bounds that make no sense are refused at the start
    Given the configuration:
      """
      [logs]
      max_bytes = 100
      backups = 101
      """
    When I run "k1s server -p 0 -c k1s.toml"
    Then the exit code is 2
    And the complaint is these lines:
      """
      k1s: k1s.toml: logs.max_bytes wants 0 for no bound, or from 65536 to 1125899906842624 bytes, got 100 (line 2)
      k1s: k1s.toml: logs.backups wants a whole number from 0 to 100, got 101 (line 3)
      """
