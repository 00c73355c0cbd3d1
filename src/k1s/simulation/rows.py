"""What a picture shows of each job: bars for its runs, lines for its waits, and marks."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

from attrs import define, field, frozen

from k1s.job import FINAL, State
from k1s.simulation.play import Event, Note, Remark
from k1s.transition import Transition, Trigger

# Runs narrower than this are drawn together, and so are marks nearer than that.
BIN_PX: Final = 3.0
MARK_GAP_PX: Final = 7.0


class Ending(StrEnum):
    """How a run ended, from the least to the most that one wants to see."""

    OPEN = "runs"
    GOOD = "good"
    BAD = "bad"


class Mark(StrEnum):
    """A moment that is worth a sign of its own."""

    FAILED = "failed"
    SKIPPED = "skipped"
    EXHAUSTED = "exhausted"
    KILLED = "killed"
    DONE = "done"


@frozen
class Bar:
    """Something that lasts from `begin` to `end`; `many`: several runs that are too close."""

    begin: float
    end: float
    ending: Ending = Ending.OPEN
    many: bool = False


@define(eq=False)
class Row:
    """One job, in seconds or, once scaled, in pixels. It is there until `end`."""

    end: float
    runs: list[Bar] = field(factory=list)
    delays: list[Bar] = field(factory=list)
    marks: list[tuple[float, Mark]] = field(factory=list)


_ENDINGS: Final = {
    Trigger.SUCCEED: Ending.GOOD,
    Trigger.FAIL: Ending.BAD,
    Trigger.END: Ending.BAD,
}
_STATES: Final = {
    State.EXHAUSTED: Mark.EXHAUSTED,
    State.KILLED: Mark.KILLED,
    State.DONE: Mark.DONE,
}


def read(events: Iterable[Event], end: float) -> Row:
    """The row of one job; what goes on at the end is shown up to there."""
    row = Row(end)
    begin, state = 0.0, State.PENDING
    for event in events:
        if isinstance(event, Note):
            if event.remark is Remark.SKIP:
                row.marks.append((event.at, Mark.SKIPPED))
            continue
        if event.target is not state:
            _close(row, state, begin, event.at, _ENDINGS.get(event.trigger, Ending.OPEN))
            begin, state = event.at, event.target or state
            _mark(row, event)
    if state in FINAL:
        row.end = begin
    else:
        _close(row, state, begin, end, Ending.OPEN)
    return row


def _close(row: Row, state: State, begin: float, end: float, ending: Ending) -> None:
    """A state is over: a run is a bar, and the wait for a retry is a line."""
    if state is State.RUNNING:
        row.runs.append(Bar(begin, end, ending))
    elif state is State.RESTARTING:
        row.delays.append(Bar(begin, end))


def _mark(row: Row, event: Transition) -> None:
    if event.trigger is Trigger.FAIL:
        row.marks.append((event.at, Mark.FAILED))
    if event.target in _STATES:
        row.marks.append((event.at, _STATES[event.target]))


def scale(row: Row, px_per_s: float) -> Row:
    """The same in pixels, with what is too narrow to tell apart drawn together."""

    def scaled(bars: Iterable[Bar]) -> list[Bar]:
        return [Bar(b.begin * px_per_s, b.end * px_per_s, b.ending, b.many) for b in bars]

    return Row(
        end=row.end * px_per_s,
        runs=list(_merged_runs(scaled(row.runs))),
        delays=list(_merged_delays(scaled(row.delays))),
        marks=_thinned([(at * px_per_s, mark) for at, mark in row.marks]),
    )


def _merged_runs(bars: Sequence[Bar]) -> Iterator[Bar]:
    """Wide bars as they are; narrow ones by the bin that they begin in, and full bins joined."""
    joined: Bar | None = None
    for bar in _binned(bars):
        if joined and bar.many and joined.many and _joins(joined, bar):
            joined = Bar(joined.begin, bar.end, bar.ending, many=True)
            continue
        if joined:
            yield joined
        joined = bar
    if joined:
        yield joined


def _joins(left: Bar, right: Bar) -> bool:
    return left.ending is right.ending and right.begin - left.end < BIN_PX


def _binned(bars: Sequence[Bar]) -> Iterator[Bar]:
    """Each wide bar, and one for all narrow bars of a bin; the worst of their endings counts."""
    inside: list[Bar] = []
    for bar in bars:
        if inside and (_is_wide(bar) or _bin(bar) != _bin(inside[0])):
            yield _together(inside)
            inside = []
        if _is_wide(bar):
            yield bar
        else:
            inside.append(bar)
    if inside:
        yield _together(inside)


def _is_wide(bar: Bar) -> bool:
    return bar.end - bar.begin >= BIN_PX


def _bin(bar: Bar) -> int:
    return int(bar.begin // BIN_PX)


def _together(bars: Sequence[Bar]) -> Bar:
    if len(bars) == 1:
        return bars[0]
    begin = _bin(bars[0]) * BIN_PX
    worst = max((bar.ending for bar in bars), key=list(Ending).index)
    return Bar(begin, max(begin + BIN_PX, bars[-1].end), worst, many=True)


def _merged_delays(bars: Sequence[Bar]) -> Iterator[Bar]:
    """Lines that nearly touch become one."""
    joined: Bar | None = None
    for bar in bars:
        if joined and bar.begin - joined.end < 1:
            joined = Bar(joined.begin, bar.end)
            continue
        if joined:
            yield joined
        joined = bar
    if joined:
        yield joined


def _thinned(marks: Iterable[tuple[float, Mark]]) -> list[tuple[float, Mark]]:
    """Of the marks of one kind that would cover each other only the first."""
    latest: dict[Mark, float] = {}
    kept = []
    for x, mark in marks:
        if x - latest.get(mark, -MARK_GAP_PX) >= MARK_GAP_PX:
            latest[mark] = x
            kept.append((x, mark))
    return kept
