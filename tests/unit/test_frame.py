"""What the live list shows."""

from k1s.cli.display.frame import View, keys, lines
from k1s.cli.display.screen import changes

NOW = 1_800_000_000.0


def job(number: int) -> dict[str, object]:
    """A job as the wire shows it."""
    return {
        "id": f"job-{number}",
        "type": "continuous",
        "periodInSeconds": None,
        "state": "running",
        "pid": 100 + number,
        "startedAt": "2027-01-15T07:59:48Z",
        "endedAt": None,
        "runCount": 1,
        "failedCount": 0,
        "missedCount": 0,
        "killRequested": False,
        "nextRunAt": None,
    }


def test_keys_are_told_apart() -> None:
    """A key that sends several bytes is one key, and keys may come together."""
    assert list(keys(b"j\x1b[A\x1b[5~q")) == [b"j", b"\x1b[A", b"\x1b[5~", b"q"]
    assert list(keys(b"\x1b")) == [b"\x1b"]


def test_a_view_stays_on_the_list() -> None:
    """It begins at the first job at the earliest, and ends with the last one."""
    view = View.of(total=10, rows=9, first=0)
    assert (view.room, view.end) == (5, 5)
    assert view.moved(b"k") == -1
    assert View.of(10, 9, -1).first == 0
    assert View.of(10, 9, view.moved(b"G")).first == 5
    assert View.of(10, 9, view.moved(b"\x1b[6~")).first == 5
    assert View.of(10, 9, 5).moved(b"\x1b[A") == 4
    assert View.of(10, 9, 5).moved(b"g") == 0
    assert View.of(10, 9, 5).moved(b"x") == 5
    assert View.of(2, 9, 1).first == 0
    assert View.of(2, 1, 1).room == 1


def test_a_screen_is_filled_and_not_more() -> None:
    """There is a head, a foot, and as many jobs as fit, whatever the size of the screen."""
    jobs = [job(number) for number in range(30)]
    for columns, rows in ((80, 24), (20, 9), (200, 50)):
        shown = lines(jobs, NOW, View.of(30, rows, 0), columns, where="here")
        assert len(shown) == rows
        assert max(map(len, shown)) <= columns
    shown = lines(jobs, NOW, View.of(30, 9, 4), 80, where="here")
    assert shown[0] == "k1s at here  30 jobs: 30 running"
    assert [line.split()[0] for line in shown[3:8]] == [f"job-{n}" for n in range(4, 9)]
    assert shown[-1].startswith("5 to 9 of 30  ")


def test_a_short_list_needs_no_keys_but_one() -> None:
    """The foot is at the foot."""
    shown = lines([job(1)], NOW, View.of(1, 9, 0), 80, where="here")
    assert shown[3].split() == ["job-1", "continuous", "running", "101", "12", "s", "1", "0"]
    assert shown[4:] == ["", "", "", "", "q ends"]


def test_no_jobs_are_a_list_too() -> None:
    """It says so."""
    shown = lines([], NOW, View.of(0, 9, 0), 80, where="here", has_colour=True)
    assert shown[0] == "k1s at here  no jobs"
    assert shown[-1] == "\x1b[2mq ends\x1b[0m"


def test_only_what_differs_is_drawn() -> None:
    """A line that is on the screen already is not written again."""
    assert changes(["a", "b"], ["a", "b"]) == ""
    assert changes(["a", "b"], ["a", "c"]) == "\x1b[?2026h\x1b[2;1H\x1b[Kc\x1b[?2026l"
    assert changes(["a", "b"], ["a"]) == "\x1b[?2026h\x1b[2;1H\x1b[J\x1b[?2026l"
    assert changes([], ["a"]) == "\x1b[?2026h\x1b[1;1H\x1b[Ka\x1b[?2026l"
