"""Tells what happened in lines, and sums it up.

What a job does again and again is told once: its life is cut into rounds, each
from the start of a run to the next one, and rounds that repeat (or short
sequences of rounds that do) become one line.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from k1s.durations import clock, duration
from k1s.job import RETRY_FOR_EVER, Job, JobType, State
from k1s.simulation.play import Event, Note, Played, Remark
from k1s.transition import Transition, Trigger

# A sequence of at most so many rounds is recognised when it repeats, and told
# in one line when that spares at least so many repetitions.
SEQUENCE_MAX: Final = 8
REPEATS_MIN: Final = 3
_SAME_DIGITS: Final = 5  # times that differ by less, in decimal digits of a second, are the same

_HEADINGS: Final = ("JOB", "TYPE", "RUNS", "FAILED", "MISSED", "AT THE END")
_JUSTIFY: Final = (str.ljust, str.ljust, str.rjust, str.rjust, str.rjust, str.ljust)


@frozen
class Line:
    """What happened to a job at a time."""

    at: float
    job_id: str
    text: str


_Round = list[Event]


def tell(played: Played, *, all: bool) -> Iterator[Line]:
    """What happened, in order: with repetitions told once, or all of it."""
    lines = [
        line
        for job, events in played.by_job()
        for line in (_lines if all else _short_lines)(job, events)
    ]
    # The sort keeps the order of what happens to one job at one time.
    return iter(sorted(lines, key=lambda line: line.at))


def write(lines: Iterable[Line], jobs: Sequence[Job]) -> Iterator[str]:
    """The lines as text in columns: time since the start, job, what happened."""
    width = max((len(job.id) for job in jobs), default=0)
    for line in lines:
        yield f"{clock(line.at)}  {line.job_id:{width}}  {line.text}"


def summarise(played: Played) -> Iterator[str]:
    """A table with a line for each job: what it came to."""
    rows = [_HEADINGS, *(_summary(job, events, played) for job, events in played.by_job())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(_JUSTIFY, row, widths, strict=True)
        yield "  ".join(justify(cell, width) for justify, cell, width in cells).rstrip()


def count_failures(events: Iterable[Event]) -> int:
    """How many runs failed."""
    return sum(_is(event, Trigger.FAIL) for event in events)


def _lines(job: Job, events: Iterable[Event]) -> Iterator[Line]:
    for event in events:
        yield Line(event.at, job.id, _words(job, event))


def _short_lines(job: Job, events: Iterable[Event]) -> Iterator[Line]:
    """Each sequence of rounds, and then how often it repeats. A start tells of the creation."""
    rounds = _rounds(event for event in events if not _is(event, Trigger.CREATE))
    keys = [_key(round) for round in rounds]
    place = 0
    while place < len(rounds):
        length, repeats = _repetition(keys, place)
        for round in rounds[place : place + length]:
            yield from _lines(job, round)
        place += length
        if repeats:
            again = rounds[place : place + length * repeats]
            yield Line(again[0][0].at, job.id, _again(length, repeats, again[-1][0].at))
            place += len(again)


def _again(length: int, repeats: int, last: float) -> str:
    until = f"the last at {clock(last)}"
    if length == 1:
        return f"... {repeats:,} more runs like this one, {until}"
    return f"... these {length} runs {repeats:,} more times, {until}"


def _repetition(keys: Sequence[object], place: int) -> tuple[int, int]:
    """How long the sequence is that begins here, and how often it comes again right after."""
    for length in range(1, SEQUENCE_MAX + 1):
        end = place + length
        while keys[end : end + length] == keys[place : place + length]:
            end += length
        repeats = (end - place) // length - 1
        if repeats >= REPEATS_MIN:
            return length, repeats
    return 1, 0


def _rounds(events: Iterable[Event]) -> list[_Round]:
    """The events, cut before each start."""
    rounds: list[_Round] = []
    for event in events:
        if not rounds or _is(event, Trigger.START):
            rounds.append([])
        rounds[-1].append(event)
    return rounds


def _key(round: _Round) -> object:
    """What two rounds share that look the same, whatever their number."""
    return tuple((_same(event.at - round[0].at), *_looks(event)) for event in round)


def _looks(event: Event) -> tuple[object, ...]:
    if isinstance(event, Note):
        return (event.remark, event.reason)
    delay = None if event.due_at is None else _same(event.due_at - event.at)
    return (event.trigger, event.target, event.exit, event.reason, delay)


def _same(seconds: float) -> float:
    return round(seconds, _SAME_DIGITS)


def _is(event: Event, trigger: Trigger) -> bool:
    return isinstance(event, Transition) and event.trigger is trigger


def _words(job: Job, event: Event) -> str:
    if isinstance(event, Note):
        return _remark(job, event)
    match event.trigger:
        case Trigger.START:
            return "starts" if event.run_count == 1 else f"starts (run {event.run_count:,})"
        case Trigger.SUCCEED:
            return f"succeeds: {_next(job, event)}"
        case Trigger.FAIL:
            return f"fails, {event.reason}: {_next(job, event)}"
        case Trigger.END:
            return f"is killed: {event.exit}"
        case _:
            return _other_words(event)


def _other_words(event: Transition) -> str:
    if event.trigger is Trigger.CREATE:
        return "is created"
    at_once = event.target is State.KILLED
    return "is killed while it waits" if at_once else "is to be killed: SIGINT sent"


def _remark(job: Job, note: Note) -> str:
    match note.remark:
        case Remark.SKIP:
            return f"tick skipped, still running: {note.count:,} missed so far"
        case Remark.FORGIVE:
            healthy = duration(job.spec.healthy_after_seconds or 0)
            return f"has run for {healthy}: {_failures(note.count)} forgiven"
        case _:
            return f"is not killed: {note.reason}"


def _next(job: Job, event: Transition) -> str:
    """What comes after a run."""
    if event.due_at is None:
        is_done = event.target is State.DONE
        return "done" if is_done else f"gave up after {_failures(event.failed_count)}"
    delay = event.due_at - event.at
    when = f"in {duration(delay)}" if round(delay, 3) else "at once"
    return f"{_retry(job, event.failed_count) if event.failed_count else 'next run'} {when}"


def _retry(job: Job, failed_count: int) -> str:
    most = job.spec.max_retry
    return f"retry {failed_count:,}" + ("" if most == RETRY_FOR_EVER else f" of {most:,}")


def _failures(count: int) -> str:
    return "1 failure" if count == 1 else f"{count:,} failures in a row"


def _summary(job: Job, events: Sequence[Event], played: Played) -> tuple[str, ...]:
    return (
        job.id,
        str(job.spec.type),
        f"{job.run_count:,}",
        f"{count_failures(events):,}",
        f"{job.missed_count:,}" if job.spec.type is JobType.PERIODIC else "",
        _outlook(job, events, played.end),
    )


def _outlook(job: Job, events: Sequence[Event], end: float) -> str:
    """The state of a job in the end, since when, and what comes next."""
    if job.due is not None and job.state is not State.RUNNING:
        return f"{job.state}, {_next_words(job)} {_when(job.due - end)}"
    since = next(event.at for event in reversed(events) if isinstance(event, Transition))
    return f"{job.state} since {clock(since)}"


def _when(seconds: float) -> str:
    return f"in {duration(seconds)}" if round(seconds, 3) else "now"


def _next_words(job: Job) -> str:
    return _retry(job, job.failed_count) if job.failed_count else "next run"
