Feature: Diagrams
  The life of a job can be looked at. k1s draws its states and the ways between
  them itself, from the very rules that it runs by: one picture for each type
  of job and one of all. A check tells when a picture that was drawn earlier
  does not show the rules of today.

  Scenario: The pictures are drawn into the folder "diagrams" of where I am: one per type and one of all
    When I run "k1s diagrams"
    Then the exit code is 0
    And the folder "diagrams" has at least 4 files
    And the folder "diagrams" has a file for each of:
      | one-time   |
      | periodic   |
      | continuous |
    And some file in "diagrams" names each of:
      | pending    |
      | running    |
      | restarting |
      | killed     |
      | exhausted  |
      | done       |
    When I run "k1s diagrams --check"
    Then the exit code is 0
    And nobody complains

  Scenario: The pictures are drawn where I say
    When I run "k1s diagrams --folder pictures/of/jobs"
    Then the exit code is 0
    And the folder "pictures/of/jobs" has at least 4 files
    And there is no file "diagrams"

  Scenario: A stale picture fails the check and is left as it is
    Given fresh pictures in "diagrams"
    When I change one of the files in "diagrams"
    And I run "k1s diagrams --check"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names the changed file
    And the changed file is as I left it

  Scenario: A stale picture in the README fails the check, too, and is drawn again with the others
    Given the file "README.md":
      """
      <!-- diagram: all -->
      drawn long ago
      <!-- end of diagram -->
      """
    And fresh pictures in "pictures"
    When I run "k1s diagrams --check --folder pictures"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names "README.md"
    When I run "k1s diagrams --folder pictures --json"
    Then the output is the JSON ["README.md"]
    When I run "k1s diagrams --check --folder pictures --json"
    Then the exit code is 0
    And the output is the JSON []

  Scenario: A missing picture fails the check
    Given fresh pictures in "pictures"
    When I delete one of the files in "pictures"
    And I run "k1s diagrams --check --folder pictures"
    Then the exit code is 1
    And the complaint is one line
    And the complaint names the deleted file

  Scenario: A check where no picture was ever drawn fails and draws none
    When I run "k1s diagrams --check"
    Then the exit code is 1
    And the complaint is one line
    And there is no file "diagrams"
