"""What should have become of a job, from what was seen to happen to it and nothing else.

An account is kept by somebody who watches the programs, the wake-ups and the
clients of one job, and who never looks at the job's own counts. It says at any
moment in which state the job should be and when it should next run; and when
the job is gone, `timetable` says what became of each of its ticks.

A job that is over may begin again. It then has a new life: with a budget of its
own and, if it is periodic, a grid of its own, which begins with its first run.
A run that somebody asks for while the job waits for its next tick is off the
grid: it is no tick, and takes none away.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from attrs import define, field, frozen

from k1s.job import FINAL, WAITING, Exit, JobSpec, JobType, State

PENDING, RUNNING, RESTARTING = State.PENDING, State.RUNNING, State.RESTARTING
KILLED, EXHAUSTED, DONE = State.KILLED, State.EXHAUSTED, State.DONE

_ALWAYS: Final = {
    *((PENDING, RUNNING), (PENDING, KILLED), (RUNNING, KILLED), (RUNNING, EXHAUSTED)),
    *((KILLED, RUNNING), (EXHAUSTED, RUNNING)),
}
_RETRIED: Final = {(RUNNING, RESTARTING), (RESTARTING, RUNNING), (RESTARTING, KILLED)}
MOVES: Final = {
    JobType.ONE_TIME: _ALWAYS | _RETRIED | {(RUNNING, DONE), (DONE, RUNNING)},
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
class Life:
    """What a job does from its first run until it is over. `extra` are the runs off the grid."""

    spec: JobSpec
    runs: list[Span] = field(factory=list)
    extra: list[Span] = field(factory=list)
    waits: list[Span] = field(factory=list)
    kill_asked: float | None = None

    def tick_time(self, number: int) -> float:
        """When a tick falls, counted from the first start."""
        assert self.spec.period_in_seconds is not None
        return self.runs[0].begin + number * self.spec.period_in_seconds

    @property
    def end(self) -> float:
        """When it was over: with its last run, or when it was killed as it waited."""
        last = max(run.end for run in (self.runs[-1], *self.extra[-1:]))
        return last if self.kill_asked is None else max(last, self.kill_asked)


@define(eq=False)
class Account:
    """One job from its creation to its end. All times are monotonic seconds."""

    spec: JobSpec
    due: float
    state: State = PENDING
    failures: int = 0
    started: float | None = None
    exit: Exit | None = None
    run_count: int = 0
    is_deleted: bool = False
    is_to_begin: bool = False
    """Whether a run follows once the kill has come to its end."""
    life: Life = field(init=False)
    lives: list[Life] = field(factory=list, init=False)
    _run: Span = field(init=False)
    _is_extra: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._live_anew()

    @property
    def kill_asked(self) -> float | None:
        """When somebody asked for the end, if anybody did."""
        return self.life.kill_asked

    def run_begins(self, now: float) -> None:
        """The engine is told to start the program."""
        assert self.state in WAITING, f"started while {self.state}"
        assert self.kill_asked is None, "started after a kill"
        assert self.due <= now, f"started {self.due - now} s too early"
        self.state, self._run = RUNNING, Span(now)
        self.run_count += 1
        (self.life.extra if self._is_extra else self.life.runs).append(self._run)
        self._is_extra = False

    def run_ends(self, now: float, exit: Exit | None) -> None:
        """Nothing of a run is left, or it could not even be started: then there is no exit."""
        self.failures = self.failures_by(now)
        has_lasted = self.started is not None and now - self.started >= 1
        self.started, self.exit, self._run.end = None, exit, now
        if self.kill_asked is not None:
            self.state = KILLED
            if self.is_to_begin:
                self.begin(now)
            return
        succeeded = exit == Exit(code=0)
        self.failures = 0 if succeeded else self.failures + 1
        self.state = self._next_state(succeeded=succeeded)
        if self.state in WAITING:
            self.due = self._next_due(now, has_lasted=has_lasted)

    def begin(self, now: float) -> None:
        """Somebody asks for a run at once, of a job that waits or is over."""
        self.failures, self.is_to_begin = 0, False
        if self.state in FINAL:
            self._live_anew()
        elif self.due <= now:
            self.life.waits.append(Span(self.due, now))
        else:
            self._is_extra = True
        self.state, self.due = PENDING, now

    def restart(self, now: float) -> None:
        """Somebody asks for the end of the run, if there is one, and for another."""
        if self.state is not RUNNING:
            self.begin(now)
            return
        self.kill(now)
        self.is_to_begin = True

    def kill(self, now: float) -> None:
        """Somebody asks for the end."""
        self.is_to_begin = False
        if self.kill_asked is not None or self.state in FINAL:
            return
        self.life.kill_asked = now
        if self.state in WAITING:
            self.life.waits.append(Span(self.due, now, is_kept=False))
            self.state = KILLED

    def woken(self, now: float) -> None:
        """A wake-up has come, whatever follows from it."""
        if self.state in WAITING:
            self.life.waits.append(Span(self.due, now))

    def failures_by(self, now: float) -> int:
        """The failures in a row; none when the run that goes on has lasted long enough."""
        after = self.spec.healthy_after_seconds
        if after is not None and self.started is not None and now >= self.started + after:
            return 0
        return self.failures

    def _live_anew(self) -> None:
        self.life, self._is_extra = Life(self.spec), False
        self.lives.append(self.life)

    def _next_state(self, *, succeeded: bool) -> State:
        if not succeeded and self.failures > self.spec.max_retry != -1:
            return EXHAUSTED
        if self.spec.type is JobType.PERIODIC:
            return PENDING
        return DONE if succeeded and self.spec.type is JobType.ONE_TIME else RESTARTING

    def _next_due(self, now: float, *, has_lasted: bool) -> float:
        if self.state is PENDING:
            return next(time for time in self._tick_times() if time > now)
        base, most = self.spec.restart_delay_seconds, self.spec.max_restart_delay_seconds
        if base == 0 and has_lasted:
            return now
        return now + min(max(base, 0.001) * 2.0 ** max(self.failures - 1, 0), most)

    def _tick_times(self) -> Iterator[float]:
        """The ticks from that of the latest run on."""
        period, life = self.spec.period_in_seconds, self.life
        assert period is not None
        number = max(int((self._run.begin - life.runs[0].begin) / period) - 1, 0)
        while True:
            number += 1
            yield life.tick_time(number)


def timetable(account: Account) -> list[Tick]:
    """What became of every tick until the job's end; fails if it is nothing, or two things."""
    if account.spec.type is not JobType.PERIODIC:
        return []
    return [tick for life in account.lives if life.runs for tick in _ticks(life)]


def _ticks(life: Life) -> Iterator[Tick]:
    runs, number = sorted(life.runs + life.extra, key=lambda run: run.begin), 1
    while life.tick_time(number) <= life.end:
        yield _tick(life, runs, number)
        number += 1


def _tick(life: Life, runs: list[Span], number: int) -> Tick:
    time, following = life.tick_time(number), life.tick_time(number + 1)
    begun = [run.begin - time for run in _begun(life.runs, time, following)]
    fates = [Fate.RAN] * len(begun)
    fates += [Fate.OVERLAPPED for run in _around(runs, time) if run.begin < time]
    for wait in _around(life.waits, time):
        if not wait.is_kept:
            fates.append(Fate.CALLED_OFF)
        elif wait.end >= following:
            fates.append(Fate.SLEPT)
    assert len(fates) == 1, f"tick {number} of {life.spec.id} at {time}: {fates}"
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
