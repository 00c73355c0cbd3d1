"""What replies show: a job at one moment, a move of a job, and what may come next.

Times are put into words here. How these look as JSON is the business of `codec`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from signal import Signals
from typing import Final, Self

from attrs import field, frozen

from k1s.job import Exit, Job, JobType, Moment, State, signal_name
from k1s.prospect import Cause, Prospect
from k1s.transition import Transition, Trigger

_TIMESTAMPS_KEPT: Final = 16_384


@frozen(eq=False)
class JobView:
    """A job at one moment, as replies show it. Times are ISO 8601 in UTC with milliseconds.

    One is as good as itself only, so that what is known of it can be kept beside it.
    """

    id: str
    type: JobType
    executable: str
    arguments: tuple[str, ...]
    working_directory: str | None
    environment: Mapping[str, str] = field(repr=False)
    period_in_seconds: float | None
    max_retry: int
    stdout_log_path: str | None
    stderr_log_path: str | None
    error_log_path: str | None
    restart_delay_seconds: float
    max_restart_delay_seconds: float
    healthy_after_seconds: float | None
    stop_timeout_seconds: float
    origin: str | None
    state: State
    pid: int | None
    exit_code: int | None
    signal: str | None
    run_count: int
    failed_count: int
    missed_count: int
    kill_requested: bool
    created_at: str
    started_at: str | None
    ended_at: str | None
    next_run_at: str | None
    last_error: str | None

    @classmethod
    def of(cls, job: Job, now: Moment) -> Self:
        """Take the picture; what is due on the monotonic clock is told as wall-clock time."""
        spec, ended = job.spec, job.exit or Exit()
        return cls(
            id=spec.id,
            type=spec.type,
            executable=spec.executable,
            arguments=spec.arguments,
            working_directory=spec.working_directory,
            environment=spec.environment,
            period_in_seconds=spec.period_in_seconds,
            max_retry=spec.max_retry,
            stdout_log_path=spec.stdout_log_path,
            stderr_log_path=spec.stderr_log_path,
            error_log_path=spec.error_log_path,
            restart_delay_seconds=spec.restart_delay_seconds,
            max_restart_delay_seconds=spec.max_restart_delay_seconds,
            healthy_after_seconds=spec.healthy_after_seconds,
            stop_timeout_seconds=spec.stop_timeout_seconds,
            origin=spec.origin,
            state=job.state,
            pid=job.pid,
            exit_code=ended.code,
            signal=_signal(ended),
            run_count=job.run_count,
            failed_count=job.failed_count,
            missed_count=job.missed_count,
            kill_requested=job.kill_requested,
            created_at=timestamp(job.created_at),
            started_at=_timestamp(job.started_at),
            ended_at=_timestamp(job.ended_at),
            next_run_at=_next_run_at(job, now),
            last_error=job.last_error,
        )


@frozen
class TransitionView:
    """A move of a job, as it is told. Times are ISO 8601 in UTC with milliseconds.

    `signal` is how the run died; `sent_signal` is what k1s has sent it.
    """

    sequence: int
    at: str
    job_id: str
    trigger: Trigger
    from_: State | None
    to: State | None
    run_count: int
    failed_count: int
    missed_count: int
    exit_code: int | None
    signal: str | None
    reason: str | None
    next_run_at: str | None
    ordered: bool
    sent_signal: str | None
    lasted_seconds: float | None

    @classmethod
    def of(cls, transition: Transition) -> Self:
        """Put it into words."""
        ended = transition.exit or Exit()
        return cls(
            sequence=transition.sequence,
            at=timestamp(transition.at),
            job_id=transition.job_id,
            trigger=transition.trigger,
            from_=transition.source,
            to=transition.target,
            run_count=transition.run_count,
            failed_count=transition.failed_count,
            missed_count=transition.missed_count,
            exit_code=ended.code,
            signal=_signal(ended),
            reason=transition.reason,
            next_run_at=_timestamp(transition.due_at),
            ordered=transition.is_ordered,
            sent_signal=_name(transition.sent_signal),
            lasted_seconds=_rounded(transition.lasted_s),
        )


@frozen
class ProspectView:
    """What may happen next to a job, as it is told.

    `on` is what that depends on, `at` when it comes, or comes at the earliest
    if it does not depend on time, and what follows is how the job is then.
    Seconds are counted from the moment of the answer.
    """

    on: Cause
    at: str
    in_seconds: float
    state: State
    run_count: int
    failed_count: int
    missed_count: int
    next_run_at: str | None
    next_run_in_seconds: float | None
    signal: str | None
    failures: int | None

    @classmethod
    def of(cls, prospect: Prospect, now: Moment) -> Self:
        """Put it into words."""
        next_run = prospect.next_run
        wait_s = None if next_run is None else next_run.monotonic - now.monotonic
        return cls(
            on=prospect.cause,
            at=timestamp(prospect.at.wall),
            in_seconds=round(prospect.at.monotonic - now.monotonic, 6),
            state=prospect.state,
            run_count=prospect.run_count,
            failed_count=prospect.failed_count,
            missed_count=prospect.missed_count,
            next_run_at=None if next_run is None else timestamp(next_run.wall),
            next_run_in_seconds=_rounded(wait_s),
            signal=_name(prospect.signal),
            failures=prospect.failures,
        )


# Jobs are shown far more often than they move: most times have been put into words before.
@lru_cache(maxsize=_TIMESTAMPS_KEPT)
def timestamp(wall: float) -> str:
    """`2026-11-23T06:35:15.123Z` for wall-clock seconds."""
    try:
        instant = datetime.fromtimestamp(wall, UTC)
    except (OSError, OverflowError, ValueError):  # a period may reach past the year 9999
        return "9999-12-31T23:59:59.999Z"
    return instant.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _signal(ended: Exit) -> str | None:
    return None if ended.signal is None else signal_name(ended.signal)


def _name(signal: Signals | None) -> str | None:
    return None if signal is None else signal_name(signal)


def _rounded(seconds: float | None) -> float | None:
    """Whole microseconds: what lies behind them is an error of arithmetic."""
    return None if seconds is None else round(seconds, 6)


def _next_run_at(job: Job, now: Moment) -> str | None:
    if job.due is None or job.kill_requested:
        return None
    return timestamp(now.wall + job.due - now.monotonic)


def _timestamp(wall: float | None) -> str | None:
    return None if wall is None else timestamp(wall)
