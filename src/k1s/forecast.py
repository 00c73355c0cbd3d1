"""What may happen next to a job, found out by asking the machine itself.

There is no second set of rules here. For each thing that can happen now a copy
of the job takes the event, through the same `step` that moves the job, and what
has become of the copy is the forecast. So a forecast is wrong only where the
program itself is.

Some things come with time and are certain. Others depend on the program or on
somebody's order, and are forecast for the earliest moment at which they can
happen. Of a job that waits, `SUCCESS` and `FAILURE` are about its next run, and
suppose that this run ends the moment it has started.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from signal import SIGINT, SIGKILL
from typing import Final

from k1s.events import Begin, Effect, Ended, Event, Kill, SendSignal, Started, Woken
from k1s.job import FINAL, WAITING, Exit, Job, Moment, State
from k1s.lifecycle import step, wake_times
from k1s.prospect import Cause, Prospect

FAILURES_MAX: Final = 100
_OK: Final = Exit(code=0)
_CRASH: Final = Exit(code=1)
_ANY_PID: Final = 1


def forecast(job: Job, now: Moment) -> tuple[Prospect, ...]:
    """All that may happen next: what time brings, first, then the program, then orders."""
    if job.state in FINAL:
        return tuple(_with_a_start(job, now))
    return (
        *_with_time(job, now),
        *_with_the_run(job, now),
        *_with_failures(job, now),
        *_with_a_start(job, now),
        *_with_a_kill(job, now),
    )


def _with_time(job: Job, now: Moment) -> Iterator[Prospect]:
    for time in sorted(set(wake_times(job))):
        yield _ask(job, Cause.TIME, [Woken()], _at(time, now))


def _with_the_run(job: Job, now: Moment) -> Iterator[Prospect]:
    """The end of the run that goes on, or of the next one."""
    at, begin = _next_end(job, now)
    for cause, exit in _ends(job):
        yield _ask(job, cause, [*begin, Ended(exit)], at)


def _ends(job: Job) -> list[tuple[Cause, Exit]]:
    """How the run can end. A main process that is gone already has decided that."""
    if job.kill_requested:
        return [(Cause.END, _OK)]
    if _is_decided(job):
        exit = job.exit or _OK
        return [(Cause.SUCCESS if exit.succeeded else Cause.FAILURE, exit)]
    return [(Cause.SUCCESS, _OK), (Cause.FAILURE, _CRASH)]


def _with_failures(job: Job, now: Moment) -> Iterator[Prospect]:
    """How many failures in a row end the job, and when at the earliest."""
    if job.kill_requested or _is_decided(job):
        return
    trial = copy(job)
    for failures in range(1, FAILURES_MAX + 1):
        at, begin = _next_end(trial, now)
        effects = _take(trial, [*begin, Ended(_CRASH)], at)
        if trial.state is State.EXHAUSTED:
            yield _prospect(Cause.FAILURES, trial, at, effects, failures)
            return
        now = at


def _with_a_start(job: Job, now: Moment) -> Iterator[Prospect]:
    """An order to run now. It means nothing to a job that does."""
    if job.state is not State.RUNNING:
        yield _ask(job, Cause.START, [Begin()], now)


def _with_a_kill(job: Job, now: Moment) -> Iterator[Prospect]:
    """An order to end; a second one counts only if it is for SIGKILL."""
    if not (job.kill_requested and job.kill_signal is SIGKILL):
        yield _ask(job, Cause.KILL, [Kill(SIGKILL if job.kill_requested else SIGINT)], now)


def _next_end(job: Job, now: Moment) -> tuple[Moment, list[Event]]:
    """When a run can end at the earliest, and what has to happen before."""
    if job.state in WAITING:
        assert job.due is not None
        return _at(job.due, now), [Woken(), Started(_ANY_PID)]
    return now, [Started(_ANY_PID)] if job.started is None else []


def _is_decided(job: Job) -> bool:
    """Whether the main process of the run is gone and only others are left of it."""
    return job.started is not None and job.pid is None


def _ask(job: Job, cause: Cause, events: Iterable[Event], at: Moment) -> Prospect:
    """Let a copy of the job take these events, and see what has become of it."""
    trial = copy(job)
    effects = _take(trial, events, at)
    return _prospect(cause, trial, at, effects)


def _take(job: Job, events: Iterable[Event], at: Moment) -> list[Effect]:
    return [effect for event in events for effect in step(job, event, at)]


def _prospect(
    cause: Cause, job: Job, at: Moment, effects: list[Effect], failures: int | None = None
) -> Prospect:
    due = None if job.kill_requested else job.due
    signals = [effect.signal for effect in effects if isinstance(effect, SendSignal)]
    return Prospect(
        cause=cause,
        at=at,
        state=job.state,
        run_count=job.run_count,
        failed_count=job.failed_count,
        missed_count=job.missed_count,
        next_run=None if due is None else _at(due, at),
        signal=signals[-1] if signals else None,
        failures=failures,
    )


def _at(time: float, now: Moment) -> Moment:
    """A monotonic time on both clocks; one that is past is now."""
    wait = max(time - now.monotonic, 0)
    return Moment(max(time, now.monotonic), now.wall + wait)
