"""What a job is, does and will do, in few words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.cli.display import wording

NOW = wording.wall("2026-11-23T06:35:15.000Z")


def job(**values: Any) -> dict[str, Any]:
    """A job of the wire; what is not said is as in a new job."""
    base = {
        "id": "it",
        "type": "one-time",
        "periodInSeconds": None,
        "maxRetry": 5,
        "state": "pending",
        "pid": None,
        "exitCode": None,
        "signal": None,
        "runCount": 0,
        "failedCount": 0,
        "killRequested": False,
        "startedAt": None,
        "endedAt": None,
        "nextRunAt": None,
        "lastError": None,
    }
    return {**base, **values}


ENDED = {"startedAt": "2026-11-23T06:30:15.000Z", "endedAt": "2026-11-23T06:33:00.000Z"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0.0 s"),
        (0.04, "0.0 s"),
        (0.94, "0.9 s"),
        (0.96, "1 s"),
        (1.4, "1 s"),
        (119, "119 s"),
        (119.6, "2 min"),
        (599.8, "10 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (172_799, "48 h"),
        (172_800, "2 d"),
        (1e9, "11574 d"),
    ],
)
def test_durations_have_one_unit(seconds: float, text: str) -> None:
    """A time is as exact as people want it."""
    assert wording.duration(seconds) == text


@given(st.floats(0, 1e9))
def test_no_duration_is_long(seconds: float) -> None:
    """Whatever the time, it takes few columns."""
    assert len(wording.duration(seconds)) <= 7


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.25 s"), (1, "1 s"), (90, "90 s"), (300, "5 min"), (5400, "90 min"), (86_400, "1 d")],
)
def test_periods_are_exact(seconds: float, text: str) -> None:
    """What somebody has chosen is shown without loss."""
    assert wording.period(seconds) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"nextRunAt": "2026-11-23T06:35:15.000Z"}, "starts now"),
        ({"state": "running"}, ""),
        ({"state": "running", "killRequested": True}, "being killed"),
        (
            {"state": "running", "type": "periodic", "nextRunAt": "2026-11-23T06:47:15.000Z"},
            "next in 12 min if over",
        ),
        ({"type": "periodic", "nextRunAt": "2026-11-23T06:47:15.000Z"}, "next in 12 min"),
        (
            {
                **ENDED,
                "state": "restarting",
                "failedCount": 2,
                "exitCode": 3,
                "nextRunAt": "2026-11-23T06:35:18.000Z",
            },
            "retry 2 of 5 in 3 s (exit 3)",
        ),
        (
            {
                **ENDED,
                "state": "restarting",
                "failedCount": 2,
                "maxRetry": -1,
                "signal": "SIGSEGV",
                "nextRunAt": "2026-11-23T06:35:18.000Z",
            },
            "retry 2 in 3 s (SIGSEGV)",
        ),
        (
            {**ENDED, "state": "restarting", "nextRunAt": "2026-11-23T06:35:15.100Z"},
            "starts in 0.1 s",
        ),
        ({**ENDED, "state": "exhausted", "exitCode": 3}, "exit 3, 2 min ago"),
        ({**ENDED, "state": "done", "exitCode": 0}, "exit 0, 2 min ago"),
        (
            {**ENDED, "state": "exhausted", "lastError": "could not start: no such file: ./x"},
            "could not start: no such file: ./x, 2 min ago",
        ),
        ({"state": "killed"}, "killed"),
        ({**ENDED, "state": "killed", "signal": "SIGINT"}, "killed"),
    ],
)
def test_what_happens_next(values: dict[str, Any], text: str) -> None:
    """Whatever the state, it is told what comes, or how it came."""
    assert wording.prospect(job(**values), NOW) == text


def test_how_long_a_job_is_up_or_over() -> None:
    """A running job is up since its start, any other is over since its end."""
    assert wording.age(job(**{**ENDED, "state": "running", "endedAt": None}), NOW) == "5 min"
    assert wording.age(job(**ENDED), NOW) == "2 min"
    assert wording.age(job(), NOW) == ""


def test_the_type_shows_the_period() -> None:
    """How often a periodic job runs belongs to its type."""
    assert wording.kind(job()) == "one-time"
    assert wording.kind(job(type="periodic", periodInSeconds=300)) == "periodic 5 min"


def test_a_run_without_a_process() -> None:
    """What could not be started has ended without code or signal."""
    assert wording.is_without_process(job(**ENDED, state="exhausted"))
    assert not wording.is_without_process(job(**ENDED, state="exhausted", exitCode=1))
    assert not wording.is_without_process(job(**ENDED, state="exhausted", signal="SIGINT"))
    assert not wording.is_without_process(job(state="killed"))


def test_one_is_not_many() -> None:
    """Counts agree with their nouns."""
    assert wording.counted(1, "job") == "1 job"
    assert wording.counted(0, "job") == "0 jobs"


@given(st.text())
def test_no_text_plays_tricks_on_a_terminal(text: str) -> None:
    """Whatever a text holds, what is shown of it is printable."""
    assert wording.printable(text).isprintable()


def test_controls_are_shown_as_escapes() -> None:
    """What cannot be printed is still told."""
    assert wording.printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"
    assert wording.printable("näher 日本") == "näher 日本"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1)])
def test_width_is_in_columns(text: str, columns: int) -> None:
    """Wide letters take two columns, and what combines takes none."""
    assert wording.width(text) == columns


@given(st.text(st.sampled_from("abc日e\u0301")), st.integers(0, 12))
def test_what_is_cut_fits(text: str, columns: int) -> None:
    """Nothing is wider than its place, and what fits is left alone."""
    for cut in (wording.cut_end, wording.cut_middle):
        shown = cut(text, columns)
        assert wording.width(shown) <= columns
        if wording.width(text) <= columns:
            assert shown == text


def test_a_name_keeps_both_ends() -> None:
    """A name is cut in its middle, a sentence at its end."""
    assert wording.cut_middle("backup-of-customers-17", 11) == "backu…rs-17"
    assert wording.cut_end("could not start: no such file", 11) == "could not …"
