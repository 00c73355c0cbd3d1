"""The life of a job, as rows of a table and one function that walks it.

A job waits (`pending` before its first run and between two ticks, `restarting`
between two attempts), it runs, and at some point it is over (`done`, `killed`
or `exhausted`). `ROWS` is that sentence made exact. One `transitions` machine
per job type is built from the rows that concern it, and `diagrams/` is drawn
from the same machines, so that the picture and the program cannot differ.

Nothing here touches a process, a clock or a file. `step` takes a job, one
event and the time, changes the job, and answers with what has to be done:

* *Orders* are wishes. `Begin` runs a job now: one that waits need not wait
  longer, and one that is final lives again, with a fresh budget and, if it is
  periodic, on a new grid. `Kill` on a waiting job ends it at once, for nothing
  runs. On a running job it is only noted (`kill_requested`) and the signal is
  sent, because a job is dead when its processes are, and not before; so
  `killed` follows from the fact that they are gone. A kill asked for while the
  program is being started waits for the start to come back, and then wins.
* *Facts* are news. `Started` and `NotStarted` answer a `Start`. `MainExited`
  says that the main process has gone and left others in its group: unless a
  kill is under way, which gives them until the stop timeout, they are strays
  and are ended at once. `Ended` says that the last one is gone; only then is
  the run over, judged, and the next one planned.
* Time is one fact, `Woken`. A job keeps what it waits for as plain times (the
  next run or tick, the end of a stop timeout, the age at which it counts as
  healthy) and `wake_time` is the nearest of them. A wake-up that comes late,
  early or twice does no harm: what is due by now is done, and nothing else.
  There are no timers to forget, and a final job has no times.

Ticks of a periodic job are numbered from its first start. `job.ticks` is the
last one that is accounted for: a tick either starts a run or, when a run is
still going or the server slept through it, counts as missed. So after a stall
there is one late run and no burst.

Whatever the machine's rows do not allow is a defect of k1s, never of a user:
the registry refuses a bad order before it gets here.
"""

from collections.abc import Mapping
from signal import SIGKILL, Signals
from typing import Final, assert_never

from transitions import Machine

from k1s import schedule
from k1s.events import (
    Begin,
    Effect,
    Ended,
    Event,
    Kill,
    MainExited,
    Moved,
    NotStarted,
    Record,
    Run,
    SendSignal,
    Start,
    Started,
    Woken,
)
from k1s.job import FINAL, RETRY_FOR_EVER, WAITING, Exit, Job, JobType, Moment, State, signal_name
from k1s.machine import Row, build_machine
from k1s.transition import Trigger
from k1s.views import timestamp

UNKILLABLE_S: Final = 5


def retries_left(job: Job) -> bool:
    """Whether the failures in a row, this one included, are still forgiven."""
    return job.spec.max_retry == RETRY_FOR_EVER or job.failed_count <= job.spec.max_retry


def no_retry_left(job: Job) -> bool:
    """Whether the budget is used up."""
    return not retries_left(job)


def kill_requested(job: Job) -> bool:
    """Whether somebody asked for the end of this job."""
    return job.kill_requested


_ALWAYS: Final = (
    Row(Trigger.START, State.PENDING, State.RUNNING),
    Row(Trigger.FAIL, State.RUNNING, State.EXHAUSTED, no_retry_left),
    Row(Trigger.KILL, State.PENDING, State.KILLED),
    Row(Trigger.KILL, State.RUNNING, State.RUNNING),
    Row(Trigger.END, State.RUNNING, State.KILLED, kill_requested),
    Row(Trigger.START, State.KILLED, State.RUNNING),
    Row(Trigger.START, State.EXHAUSTED, State.RUNNING),
)
_RETRIED: Final = (
    Row(Trigger.START, State.RESTARTING, State.RUNNING),
    Row(Trigger.FAIL, State.RUNNING, State.RESTARTING, retries_left),
    Row(Trigger.KILL, State.RESTARTING, State.KILLED),
)
ROWS: Final[Mapping[JobType, tuple[Row, ...]]] = {
    JobType.ONE_TIME: (
        *_ALWAYS,
        *_RETRIED,
        Row(Trigger.SUCCEED, State.RUNNING, State.DONE),
        Row(Trigger.START, State.DONE, State.RUNNING),
    ),
    JobType.PERIODIC: (
        *_ALWAYS,
        Row(Trigger.SUCCEED, State.RUNNING, State.PENDING),
        Row(Trigger.FAIL, State.RUNNING, State.PENDING, retries_left),
    ),
    JobType.CONTINUOUS: (
        *_ALWAYS,
        *_RETRIED,
        Row(Trigger.SUCCEED, State.RUNNING, State.RESTARTING),
    ),
}


MACHINES: Final[Mapping[JobType, Machine]] = {
    job_type: build_machine(rows) for job_type, rows in ROWS.items()
}


def step(job: Job, event: Event, now: Moment) -> list[Effect]:
    """Take one event: change `job`, and say what has to be done, in this order."""
    match event:
        case Kill():
            return _kill(job, event.signal, now)
        case Begin():
            return _begin(job, now)
        case Woken():
            return _wake(job, now)
        case Started():
            return _started(job, event.pid, now)
        case NotStarted():
            return _not_started(job, event.reason, now)
        case MainExited():
            return _main_exited(job, event.exit, now)
        case Ended():
            return _ended(job, event.exit, now)
        case _:
            assert_never(event)


def wake_time(job: Job) -> float | None:
    """The monotonic time at which this job next needs `Woken`; None when only news can move it."""
    return min(wake_times(job), default=None)


def wake_times(job: Job) -> list[float]:
    """All the monotonic times that this job waits for as it is now."""
    times = [job.due, job.stop_deadline, _healthy_time(job)]
    return [time for time in times if time is not None]


def reachable(job_type: JobType, state: State) -> frozenset[State]:
    """The states that a job may still come to from here unless somebody begins it again."""
    found, waiting = {state}, [state]
    while waiting:
        source = waiting.pop()
        for row in ROWS[job_type]:
            if row.source is source and source not in FINAL and row.target not in found:
                found.add(row.target)
                waiting.append(row.target)
    return frozenset(found)


def run_of(job: Job) -> Run:
    """The latest run of a job."""
    return Run(job.id, job.creation, job.run_count)


def is_latest(job: Job, run: Run) -> bool:
    """Whether a run of this name is the latest one of this job, and of no other."""
    return run.number == job.run_count and run.creation == job.creation


def _fire(
    job: Job,
    trigger: Trigger,
    *,
    is_ordered: bool = False,
    sent_signal: Signals | None = None,
    lasted_s: float | None = None,
) -> Moved:
    """Move along a row. A guard that says no says it silently: that is a defect of ours."""
    source = job.state
    moved = MACHINES[job.spec.type].events[trigger].trigger(job)
    assert moved, f"{trigger} found no way out of {job.state} for {job.id}"
    if job.state in FINAL:
        job.due = job.stop_deadline = None
    return Moved(trigger, source, job.state, is_ordered, sent_signal, lasted_s)


def _kill(job: Job, signal: Signals, now: Moment) -> list[Effect]:
    if job.state is State.KILLED:
        return []
    if job.kill_requested:
        return _hurry(job, signal, now)
    has_nothing_to_send = job.state is not State.RUNNING or job.kill_signal is SIGKILL
    moved = _fire(job, Trigger.KILL, sent_signal=None if has_nothing_to_send else signal)
    job.kill_requested = True
    if has_nothing_to_send:  # nothing runs, or strays are being ended
        return [moved]
    job.kill_signal = signal
    _set_stop_deadline(job, now)
    return [moved, *_signal_if_started(job)]


def _hurry(job: Job, signal: Signals, now: Moment) -> list[Effect]:
    """A second kill sends nothing, lest it disturb the program; only SIGKILL ends the wait."""
    if signal is not SIGKILL or job.kill_signal is SIGKILL:
        return []
    job.kill_signal = signal
    _set_stop_deadline(job, now)
    return _signal_if_started(job)


def _set_stop_deadline(job: Job, now: Moment) -> None:
    """How long the program has to end, and after SIGKILL how long the kernel has to end it."""
    is_last = job.kill_signal is SIGKILL
    patience = UNKILLABLE_S if is_last else job.spec.stop_timeout_seconds
    job.stop_deadline = now.monotonic + patience


def _signal_if_started(job: Job) -> list[Effect]:
    """While the start is under way there is no process yet; `_started` makes up for it."""
    if job.started is None or job.kill_signal is None:
        return []
    return [SendSignal(run_of(job), job.kill_signal)]


def _begin(job: Job, now: Moment) -> list[Effect]:
    """Run it now. A job that was final begins anew, and a periodic one on a new grid."""
    job.failed_count = 0
    if job.state in FINAL:
        job.kill_requested = False
        job.first_start, job.ticks = None, 0
    return _start(job, now, is_ordered=True)


def _wake(job: Job, now: Moment) -> list[Effect]:
    if job.state in WAITING:
        return _start(job, now) if _is_past(job.due, now) else []
    if job.state is not State.RUNNING:
        return []
    _forgive_if_healthy(job, now)
    _miss_ticks(job, now)
    return _end_stop_timeout(job, now) if _is_past(job.stop_deadline, now) else []


def _start(job: Job, now: Moment, *, is_ordered: bool = False) -> list[Effect]:
    moved = _fire(job, Trigger.START, is_ordered=is_ordered)
    if job.first_start is None:
        job.first_start = now.monotonic
    else:
        _reach_tick(job, now)
    job.run_count += 1
    job.started, job.started_at, job.ended_at = None, now.wall, None
    job.due = _next_tick(job)
    return [moved, Start(run_of(job), job.spec)]


def _started(job: Job, pid: int, now: Moment) -> list[Effect]:
    job.pid, job.started = pid, now.monotonic
    return _signal_if_started(job)


def _not_started(job: Job, reason: str, now: Moment) -> list[Effect]:
    return _over(job, None, f"could not start: {reason}", now)


def _main_exited(job: Job, exit: Exit, now: Moment) -> list[Effect]:
    job.pid, job.exit = None, exit
    if job.kill_requested:
        return []
    job.kill_signal = SIGKILL
    _set_stop_deadline(job, now)
    return [SendSignal(run_of(job), SIGKILL)]


def _ended(job: Job, exit: Exit, now: Moment) -> list[Effect]:
    return _over(job, exit, None if exit.succeeded else str(exit), now)


def _over(job: Job, exit: Exit | None, failure: str | None, now: Moment) -> list[Effect]:
    """The run is over: judge it and plan the next one. `failure` says what went wrong, if so."""
    _forgive_if_healthy(job, now)
    _miss_ticks(job, now)
    sent = job.kill_signal
    lasted_s = None if job.started is None else now.monotonic - job.started
    job.pid, job.exit, job.started = None, exit, None
    job.ended_at, job.stop_deadline, job.kill_signal = now.wall, None, None
    if job.kill_requested:
        return [_fire(job, Trigger.END, sent_signal=sent, lasted_s=lasted_s)]
    if failure is None:
        job.failed_count = 0
        moved = _fire(job, Trigger.SUCCEED, sent_signal=sent, lasted_s=lasted_s)
        lines = []
    else:
        job.failed_count += 1
        job.last_error = failure
        moved = _fire(job, Trigger.FAIL, sent_signal=sent, lasted_s=lasted_s)
        lines = _complaints(job, failure)
    job.due = _next_run(job, now, lasted_s)
    return [moved, *(_record(job, line, now) for line in lines)]


def _complaints(job: Job, failure: str) -> list[str]:
    if job.state is not State.EXHAUSTED:
        return [failure]
    failures = "1 failure" if job.failed_count == 1 else f"{job.failed_count} failures in a row"
    return [failure, f"gave up after {failures} (maxRetry is {job.spec.max_retry})"]


def _end_stop_timeout(job: Job, now: Moment) -> list[Effect]:
    assert job.kill_signal is not None
    if job.kill_signal is SIGKILL:
        job.stop_deadline = None
        text = f"still there {UNKILLABLE_S} s after SIGKILL: the kernel cannot end it yet"
        return [_record(job, text, now)]
    asked = signal_name(job.kill_signal)
    text = f"still there {job.spec.stop_timeout_seconds:g} s after {asked}: killed with SIGKILL"
    job.kill_signal = SIGKILL
    _set_stop_deadline(job, now)
    return [SendSignal(run_of(job), SIGKILL), _record(job, text, now)]


def _next_run(job: Job, now: Moment, lasted_s: float | None) -> float | None:
    if job.state is State.PENDING:
        return _next_tick(job)
    if job.state is State.RESTARTING:
        base, maximum = job.spec.restart_delay_seconds, job.spec.max_restart_delay_seconds
        delay_s = schedule.restart_delay(base, maximum, job.failed_count, lasted_s)
        return now.monotonic + delay_s
    return None


def _next_tick(job: Job) -> float | None:
    if job.spec.period_in_seconds is None or job.first_start is None:
        return None
    return schedule.tick_time(job.first_start, job.spec.period_in_seconds, job.ticks + 1)


def _reach_tick(job: Job, now: Moment) -> None:
    """A run starts for the latest tick; those that were slept through are missed."""
    passed = _passed_ticks(job, now)
    job.missed_count += max(passed - 1, 0)
    job.ticks += passed


def _miss_ticks(job: Job, now: Moment) -> None:
    """A run is going on: every tick that falls meanwhile is missed."""
    passed = _passed_ticks(job, now)
    job.missed_count += passed
    job.ticks += passed
    job.due = _next_tick(job)


def _passed_ticks(job: Job, now: Moment) -> int:
    if job.spec.period_in_seconds is None or job.first_start is None:
        return 0
    latest = schedule.tick_index(job.first_start, job.spec.period_in_seconds, now.monotonic)
    return max(latest - job.ticks, 0)


def _healthy_time(job: Job) -> float | None:
    """When the run will have lasted long enough to forgive earlier failures, if there are any."""
    after = job.spec.healthy_after_seconds
    if after is None or job.started is None or not job.failed_count:
        return None
    return job.started + after


def _forgive_if_healthy(job: Job, now: Moment) -> None:
    if _is_past(_healthy_time(job), now):
        job.failed_count = 0


def _is_past(time: float | None, now: Moment) -> bool:
    return time is not None and time <= now.monotonic


def _record(job: Job, text: str, now: Moment) -> Record:
    assert job.spec.error_log_path is not None
    return Record(job.spec.error_log_path, f"{timestamp(now.wall)} {text}\n")
