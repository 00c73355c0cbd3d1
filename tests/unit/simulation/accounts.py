"""What should have become of a job, from what was seen to happen to it and nothing else.

An account is kept by somebody who watches the programs, the wake-ups and the
clients of one job, and who never looks at the job's own counts. It says at any
moment in which state the job should be and when it should next run; and when
the job is gone, `timetable` says what became of each of its ticks.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from attrs import define, field, frozen

from k1s.job import FINAL, WAITING, Exit, JobSpec, JobType, State

PENDING, RUNNING, RESTARTING = State.PENDING, State.RUNNING, State.RESTARTING
KILLED, EXHAUSTED, DONE = State.KILLED, State.EXHAUSTED, State.DONE

_ALWAYS: Final = {(PENDING, RUNNING), (PENDING, KILLED), (RUNNING, KILLED), (RUNNING, EXHAUSTED)}
_RETRIED: Final = {(RUNNING, RESTARTING), (RESTARTING, RUNNING), (RESTARTING, KILLED)}
MOVES: Final = {
    JobType.ONE_TIME: _ALWAYS | _RETRIED | {(RUNNING, DONE)},
    JobType.PERIODIC: _ALWAYS | {(RUNNING, PENDING)},
    JobType.CONTINUOUS: _ALWAYS | _RETRIED,
}


class Fate(StrEnum):
    """What can become of a tick."""

    RAN = "ran"
    OVERLAPPED = "a run was going on"
    SLEPT = "the server slept until the next one"
    CALLED_OFF = "the job was ended before the server noticed"


MISSED: Final = {Fate.OVERLAPPED, Fate.SLEPT}


@frozen
class Tick:
    """What became of one tick; `late_s` is how late its run was, if it had one."""

    fate: Fate
    late_s: float = 0


@define
class Span:
    """A time from `begin` to `end`: of a run; or of a wait beyond its time, kept or given up."""

    begin: float
    end: float = float("inf")
    is_kept: bool = True


@define(eq=False)
class Account:
    """One job from its creation to its end. All times are monotonic seconds."""

    spec: JobSpec
    due: float
    state: State = PENDING
    failures: int = 0
    kill_asked: float | None = None
    started: float | None = None
    exit: Exit | None = None
    runs: list[Span] = field(factory=list)
    waits: list[Span] = field(factory=list)

    def run_begins(self, now: float) -> None:
        """The engine is told to start the program."""
        assert self.state in WAITING, f"started while {self.state}"
        assert self.kill_asked is None, "started after a kill"
        assert self.due <= now, f"started {self.due - now} s too early"
        self.state = RUNNING
        self.runs.append(Span(now))

    def run_ends(self, now: float, exit: Exit | None) -> None:
        """Nothing of a run is left, or it could not even be started: then there is no exit."""
        self.failures = self.failures_by(now)
        self.started, self.exit, self.runs[-1].end = None, exit, now
        if self.kill_asked is not None:
            self.state = KILLED
            return
        succeeded = exit == Exit(code=0)
        self.failures = 0 if succeeded else self.failures + 1
        self.state = self._next_state(succeeded=succeeded)
        if self.state in WAITING:
            self.due = self._next_due(now)

    def kill(self, now: float) -> None:
        """Somebody asks for the end."""
        if self.kill_asked is not None or self.state in FINAL:
            return
        self.kill_asked = now
        if self.state in WAITING:
            self.waits.append(Span(self.due, now, is_kept=False))
            self.state = KILLED

    def woken(self, now: float) -> None:
        """A wake-up has come, whatever follows from it."""
        if self.state in WAITING:
            self.waits.append(Span(self.due, now))

    def failures_by(self, now: float) -> int:
        """The failures in a row; none when the run that goes on has lasted long enough."""
        after = self.spec.healthy_after_seconds
        if after is not None and self.started is not None and now >= self.started + after:
            return 0
        return self.failures

    def tick_time(self, number: int) -> float:
        """When a tick falls, counted from the first start."""
        assert self.spec.period_in_seconds is not None
        return self.runs[0].begin + number * self.spec.period_in_seconds

    def _next_state(self, *, succeeded: bool) -> State:
        if not succeeded and self.failures > self.spec.max_retry != -1:
            return EXHAUSTED
        if self.spec.type is JobType.PERIODIC:
            return PENDING
        return DONE if succeeded and self.spec.type is JobType.ONE_TIME else RESTARTING

    def _next_due(self, now: float) -> float:
        if self.state is PENDING:
            return next(time for time in map(self.tick_time, self._tick_numbers()) if time > now)
        base, most = self.spec.restart_delay_seconds, self.spec.max_restart_delay_seconds
        return now + min(max(base, 0.001) * 2.0 ** max(self.failures - 1, 0), most)

    def _tick_numbers(self) -> Iterator[int]:
        """The ticks from that of the latest run on."""
        period = self.spec.period_in_seconds
        assert period is not None
        number = max(int((self.runs[-1].begin - self.runs[0].begin) / period) - 1, 0)
        while True:
            number += 1
            yield number


def timetable(account: Account) -> list[Tick]:
    """What became of every tick until the job's end; fails if it is nothing, or two things."""
    if account.spec.type is not JobType.PERIODIC or not account.runs:
        return []
    end = _end(account)
    ticks: list[Tick] = []
    while account.tick_time(len(ticks) + 1) <= end:
        ticks.append(_tick(account, len(ticks) + 1))
    return ticks


def _end(account: Account) -> float:
    """When the job was over: with its last run, or when it was killed as it waited."""
    last = account.runs[-1].end
    return last if account.kill_asked is None else max(last, account.kill_asked)


def _tick(account: Account, number: int) -> Tick:
    time, following = account.tick_time(number), account.tick_time(number + 1)
    begun = [run.begin - time for run in _begun(account.runs, time, following)]
    fates = [Fate.RAN] * len(begun)
    fates += [Fate.OVERLAPPED for run in _around(account.runs, time) if run.begin < time]
    for wait in _around(account.waits, time):
        if not wait.is_kept:
            fates.append(Fate.CALLED_OFF)
        elif wait.end >= following:
            fates.append(Fate.SLEPT)
    assert len(fates) == 1, f"tick {number} of {account.spec.id} at {time}: {fates}"
    return Tick(fates[0], *begun)


def _begun(runs: list[Span], low: float, high: float) -> list[Span]:
    """The runs that began in a time, its end not included."""
    first, last = (bisect_left(runs, time, key=lambda run: run.begin) for time in (low, high))
    return runs[first:last]


def _around(spans: list[Span], time: float) -> Iterable[Span]:
    """The spans that a moment lies in, their ends included. They follow one another."""
    first = bisect_left(spans, time, key=lambda span: span.end)
    for span in spans[first : first + 2]:
        if span.begin <= time <= span.end:
            yield span
