"""What a client may ask and what the server may answer, as values.

How these look as a line of JSON is the business of `codec`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from signal import SIGINT, Signals
from typing import Any, Final, Self

from attrs import Attribute, field, frozen

from k1s.durations import SECONDS_MAX
from k1s.errors import Code, InvalidValueError, shown
from k1s.job import Exit, Job, JobSpec, JobType, Moment, State, signal_name
from k1s.prospect import Cause, Prospect
from k1s.transition import Transition, Trigger

# So many jobs are taken in without keeping others waiting.
CREATED_AT_ONCE_MAX: Final = 1000
LOGS_AT_ONCE_MAX: Final = 1000
LINES_MAX: Final = 1_000_000_000
_TIMESTAMPS_KEPT: Final = 16_384

_Rule = Callable[[Any, "Attribute[Any]", Any], None]


def _sized(low: int, high: int) -> _Rule:
    def check(_: object, attribute: "Attribute[Any]", values: tuple[object, ...] | None) -> None:
        if values is not None and not low <= len(values) <= high:
            wants = f"a list of {low} to {high} items"
            raise InvalidValueError(attribute.name, wants, f"one of {len(values)}")

    return check


def _within(low: int, high: float) -> _Rule:
    def check(_: object, attribute: "Attribute[Any]", value: float | None) -> None:
        if value is not None and not low <= value <= high:
            wants = f"a number from {low} to {high:g}"
            raise InvalidValueError(attribute.name, wants, shown(value))

    return check


class LogStream(StrEnum):
    """The logs of a job."""

    STDOUT = "stdout"
    STDERR = "stderr"
    ERROR = "error"


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


@frozen
class CreateJobs:
    """Make several jobs and start them, or none; answered once all first starts have been tried."""

    jobs: tuple[JobSpec, ...] = field(validator=_sized(1, CREATED_AT_ONCE_MAX))


@frozen
class StartJob:
    """Run a job now, with a fresh budget; one that runs is left alone.

    The answer comes once the start has been tried.
    """

    job_id: str


@frozen
class RestartJob:
    """End a job's run, if there is one, and run it again; the answer comes as with `StartJob`."""

    job_id: str


@frozen
class SignalJob:
    """Send a signal to the main process of a job, and mean nothing else by it."""

    job_id: str
    signal: Signals


@frozen
class WaitJob:
    """Answer when the job comes to a state: `for_`, or any final one if that is None.

    `running` means that the program has been started. After `timeout_seconds`
    the answer is a refusal.
    """

    job_id: str
    for_: State | None = None
    timeout_seconds: float | None = field(default=None, validator=_within(0, SECONDS_MAX))


@frozen
class ExplainJob:
    """What has happened to a job, and what will."""

    job_id: str


@frozen
class GetServerInfo:
    """What the server is, and how many jobs it has."""


@frozen
class WatchJobs:
    """Every move of these jobs, or of all, as it happens.

    `from_` is the number of the last move that is known already; without it,
    only what happens from now on is told.
    """

    from_: int | None = field(default=None, validator=_within(0, 2**63))
    job_ids: tuple[str, ...] | None = field(default=None, validator=_sized(1, LOGS_AT_ONCE_MAX))


@frozen
class GetLogs:
    """The last `lines` of some logs, or all that is left of them; `follow` goes on from there."""

    job_ids: tuple[str, ...] = field(validator=_sized(1, LOGS_AT_ONCE_MAX))
    streams: tuple[LogStream, ...] = field(default=(LogStream.STDOUT,), validator=_sized(1, 3))
    lines: int | None = field(default=None, validator=_within(0, LINES_MAX))
    follow: bool = False


Request = (
    GetAllJobs
    | GetJobById
    | CreateJob
    | CreateJobs
    | StartJob
    | RestartJob
    | KillJob
    | SignalJob
    | DeleteJob
    | WaitJob
    | ExplainJob
    | GetServerInfo
    | WatchJobs
    | GetLogs
)


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


@frozen
class JobReply:
    """One job."""

    job: JobView


@frozen
class JobsReply:
    """Several jobs."""

    jobs: tuple[JobView, ...]


@frozen
class Explanation:
    """A job at one moment, the last of its moves, and what may happen next.

    `then` is what follows the end of a run that is to end: `start` where it is
    restarted, `delete` where it is deleted. `orders` are those that mean
    something to the job as it is.
    """

    at: str
    job: JobView
    history: tuple[TransitionView, ...]
    forecast: tuple[ProspectView, ...]
    then: str | None
    orders: tuple[str, ...]


@frozen
class ServerInfo:
    """The server: `jobs` counts them by state.

    `sequence` is the number of the latest move of a job, and `oldest_sequence`
    that of the oldest one which is still remembered.
    """

    version: str
    pid: int
    user: str
    started_at: str
    working_directory: str
    jobs: Mapping[str, int]
    sequence: int
    oldest_sequence: int


@frozen
class Message:
    """It is done."""

    message: str


@frozen
class Refusal:
    """It is not done, and why; nothing has changed."""

    error: str
    code: Code


Reply = JobReply | JobsReply | Explanation | ServerInfo | Message | Refusal
