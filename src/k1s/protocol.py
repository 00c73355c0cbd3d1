"""What a client may ask and what the server may answer, as values.

How these look as a line of JSON is the business of `codec`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from signal import SIGINT, Signals
from typing import Self

from attrs import field, frozen

from k1s.errors import Code
from k1s.job import Exit, Job, JobSpec, JobType, Moment, State, signal_name


@frozen
class GetAllJobs:
    """All jobs, in the order of their creation."""


@frozen
class GetJobById:
    """One job."""

    job_id: str


@frozen
class CreateJob:
    """Make a job and start it; the answer comes once its first start has been tried."""

    job: JobSpec


@frozen
class KillJob:
    """End a continuous or periodic job for good; the answer comes once the signal is sent."""

    job_id: str
    signal: Signals = SIGINT


@frozen
class DeleteJob:
    """End a job of any type and forget it; the answer comes once its processes are gone."""

    job_id: str


Request = GetAllJobs | GetJobById | CreateJob | KillJob | DeleteJob


@frozen
class JobView:
    """A job at one moment, as replies show it. Times are ISO 8601 in UTC with milliseconds."""

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
            state=job.state,
            pid=job.pid,
            exit_code=ended.code,
            signal=None if ended.signal is None else signal_name(ended.signal),
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


def timestamp(wall: float) -> str:
    """`2026-11-23T06:35:15.123Z` for wall-clock seconds."""
    try:
        instant = datetime.fromtimestamp(wall, UTC)
    except (OSError, OverflowError, ValueError):  # a period may reach past the year 9999
        return "9999-12-31T23:59:59.999Z"
    return instant.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _next_run_at(job: Job, now: Moment) -> str | None:
    if job.due is None or job.kill_requested:
        return None
    return timestamp(now.wall + job.due - now.monotonic)


def _timestamp(wall: float | None) -> str | None:
    return None if wall is None else timestamp(wall)


@frozen
class JobReply:
    """One job."""

    job: JobView


@frozen
class JobsReply:
    """Several jobs."""

    jobs: tuple[JobView, ...]


@frozen
class Message:
    """It is done."""

    message: str


@frozen
class Refusal:
    """It is not done, and why; nothing has changed."""

    error: str
    code: Code


Reply = JobReply | JobsReply | Message | Refusal
