"""What a picture shows of a job."""

from itertools import pairwise

from builders import make_spec
from hypothesis import given
from hypothesis import strategies as st

from k1s.job import JobSpec, JobType
from k1s.simulation.play import play
from k1s.simulation.rows import BIN_PX, MARK_GAP_PX, Bar, Ending, Mark, Row, read, scale
from k1s.simulation.script import read as read_script

CONTINUOUS, PERIODIC, ONE_TIME = JobType.CONTINUOUS, JobType.PERIODIC, JobType.ONE_TIME
OPEN, GOOD, BAD = Ending.OPEN, Ending.GOOD, Ending.BAD


def row(spec: JobSpec, fail: str = "", lasts: str = "", kill: str = "") -> Row:
    """The row of a job after a minute."""
    script = read_script([spec], fail.split(), lasts.split(), kill.split())
    played = play([spec], script, 60)
    return read(played.events, played.end)


def test_a_service_is_one_open_bar() -> None:
    """It still runs in the end."""
    assert row(make_spec(CONTINUOUS)).runs == [Bar(0, 60, OPEN)]


def test_failures_delays_and_the_end_of_the_budget() -> None:
    """A run is a bar, a delay is a line, a failure and the end are marks."""
    shown = row(make_spec(CONTINUOUS, max_retry=1, restart_delay_seconds=4), fail="a=all:2s")
    assert shown.runs == [Bar(0, 2, BAD), Bar(6, 8, BAD)]
    assert shown.delays == [Bar(2, 6)]
    assert shown.marks == [(2, Mark.FAILED), (8, Mark.FAILED), (8, Mark.EXHAUSTED)]
    assert shown.end == 8


def test_a_delay_that_goes_on_is_shown_up_to_the_end() -> None:
    """The picture ends in the middle of a wait."""
    shown = row(make_spec(CONTINUOUS, restart_delay_seconds=100), fail="a=all:2s")
    assert shown.delays == [Bar(2, 60)]
    assert shown.end == 60


def test_ticks_that_are_skipped_are_marked() -> None:
    """The wait for a tick is no delay."""
    shown = row(make_spec(PERIODIC, period_in_seconds=30), lasts="a=31s")
    assert shown.runs == [Bar(0, 31, GOOD)]
    assert shown.marks == [(30, Mark.SKIPPED)]
    assert shown.delays == []


def test_kills_are_marked() -> None:
    """A kill of a running job is marked where the run ends, not where it is asked for."""
    assert row(make_spec(CONTINUOUS), kill="a=7s").runs == [Bar(0, 7, BAD)]
    assert row(make_spec(CONTINUOUS), kill="a=7s").marks == [(7, Mark.KILLED)]
    waiting = row(make_spec(PERIODIC), lasts="a=1s", kill="a=7s")
    assert (waiting.runs, waiting.marks) == ([Bar(0, 1, GOOD)], [(7, Mark.KILLED)])


def test_what_is_done_is_marked() -> None:
    """A one-time job has an end; what was forgiven or refused has no mark."""
    shown = row(make_spec(ONE_TIME), lasts="a=3s", kill="a=9s")
    assert (shown.marks, shown.end) == ([(3, Mark.DONE)], 3)


def scaled(*runs: Bar) -> list[Bar]:
    """Runs that are given in pixels, merged."""
    return scale(Row(1000, list(runs)), 1).runs


def test_wide_runs_stay_apart() -> None:
    """They are drawn as they are."""
    runs = [Bar(0, 3, GOOD), Bar(3, 9, BAD), Bar(9, 100)]
    assert scaled(*runs) == runs


def test_narrow_runs_of_one_bin_are_drawn_together() -> None:
    """The worst of them gives its colour; one alone stays what it is."""
    runs = [Bar(30, 30.1, GOOD), Bar(31, 31.1, BAD), Bar(32, 32.1, GOOD), Bar(60, 60.1, GOOD)]
    assert scaled(*runs) == [Bar(30, 33, BAD, many=True), Bar(60, 60.1, GOOD)]


def test_full_bins_beside_each_other_are_joined() -> None:
    """As long as they look the same."""
    good = [Bar(x, x + 0.1, GOOD) for x in range(12)]
    assert scaled(*good) == [Bar(0, 12, GOOD, many=True)]
    mixed = [*good, Bar(12, 12.1, BAD), Bar(13, 13.1, GOOD), Bar(30, 30.1, GOOD), Bar(31, 32, GOOD)]
    assert scaled(*mixed) == [
        *(Bar(0, 12, GOOD, many=True), Bar(12, 15, BAD, many=True)),
        Bar(30, 33, GOOD, many=True),
    ]


def test_a_wide_run_ends_what_is_drawn_together() -> None:
    """Narrow ones before it and after it are two."""
    runs = [Bar(0, 0.1, GOOD), Bar(1, 1.1, GOOD), Bar(1.2, 9, GOOD), Bar(9.1, 9.2, GOOD)]
    assert scaled(*runs) == [Bar(0, 3, GOOD, many=True), *runs[2:]]


def test_delays_that_touch_are_one_line() -> None:
    """Those that are apart stay apart."""
    delays = [Bar(0, 5), Bar(5.5, 9), Bar(20, 30)]
    assert scale(Row(1000, [], delays), 1).delays == [Bar(0, 9), Bar(20, 30)]
    assert scale(Row(1000, [], delays), 2).delays == [Bar(0, 10), Bar(11, 18), Bar(40, 60)]


def test_marks_that_would_cover_each_other_are_one() -> None:
    """Of one kind; different ones are all shown."""
    marks = [(1, Mark.FAILED), (2, Mark.FAILED), (3, Mark.EXHAUSTED), (8, Mark.FAILED)]
    shown = scale(Row(1000, [], [], marks), 1).marks
    assert shown == [(1, Mark.FAILED), (3, Mark.EXHAUSTED), (8, Mark.FAILED)]


BARS = st.lists(
    st.tuples(st.floats(0, 5), st.floats(0, 5), st.sampled_from([GOOD, BAD])), max_size=200
)


@given(BARS)
def test_no_row_has_more_than_fits(parts: list[tuple[float, float, Ending]]) -> None:
    """However many runs there are, bars stay in order and their number is bounded by the width."""
    bars, at = [], 0.0
    for gap, length, ending in parts:
        bars.append(Bar(at + gap, at + gap + length, ending))
        at += gap + length
    shown = scaled(*bars)
    assert [bar.begin for bar in shown] == sorted(bar.begin for bar in shown)
    assert len(shown) <= 2 * (at / BIN_PX + 1)
    if bars:
        assert shown[0].begin <= bars[0].begin
        assert shown[-1].end >= bars[-1].end
        assert (BAD in {bar.ending for bar in shown}) is (BAD in {bar.ending for bar in bars})


@given(st.lists(st.floats(0, 1000), max_size=300))
def test_marks_are_bounded_by_the_width(places: list[float]) -> None:
    """No two of them are too near."""
    marks = [(x, Mark.SKIPPED) for x in sorted(places)]
    shown = [x for x, _ in scale(Row(1000, [], [], marks), 1).marks]
    assert all(b - a >= MARK_GAP_PX for a, b in pairwise(shown))
