"""What a client may ask and what the server may answer, as values.

How these look as a line of JSON is the business of `codec`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from signal import SIGINT, Signals
from typing import Any, Final

from attrs import Attribute, field, frozen

from k1s.durations import SECONDS_MAX
from k1s.errors import Code, InvalidValueError, shown
from k1s.job import JobSpec, State
from k1s.views import JobView, ProspectView, TransitionView

# So many jobs are taken in without keeping others waiting.
CREATED_AT_ONCE_MAX: Final = 1000
LOGS_AT_ONCE_MAX: Final = 1000
LINES_MAX: Final = 1_000_000_000

_Rule = Callable[[Any, "Attribute[Any]", Any], None]


@frozen
class Sized:
    """The rule for a list: from `low` to `high` items, or no list where it may be left out."""

    low: int
    high: int

    def __call__(
        self, _: object, attribute: "Attribute[Any]", values: Sequence[object] | None
    ) -> None:
        """Raise `InvalidValueError` for a list that is too short or too long."""
        if values is not None and not self.low <= len(values) <= self.high:
            wants = f"a list of {self.low} to {self.high} items"
            raise InvalidValueError(attribute.name, wants, f"one of {len(values)}")


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
    """End a continuous or periodic job for good; the answer comes once the signal is sent.

    A one-time job is refused, unless it is said that it is meant, too.
    """

    job_id: str
    signal: Signals = SIGINT
    one_time: bool | None = None


@frozen
class DeleteJob:
    """End a job of any type and forget it; the answer comes once its processes are gone.

    Without a `signal` it gets SIGINT. One more deletion with SIGKILL ends the wait of the first.
    `with_logs` removes its logs and their backups, too, once nobody reads or rotates them.
    """

    job_id: str
    signal: Signals | None = None
    with_logs: bool | None = None


@frozen
class CreateJobs:
    """Make several jobs and start them, or none; answered once all first starts have been tried."""

    jobs: tuple[JobSpec, ...] = field(validator=Sized(1, CREATED_AT_ONCE_MAX))


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
    job_ids: tuple[str, ...] | None = field(default=None, validator=Sized(1, LOGS_AT_ONCE_MAX))


@frozen
class GetLogs:
    """The last `lines` of some logs, or all that is left of them; `follow` goes on from there."""

    job_ids: tuple[str, ...] = field(validator=Sized(1, LOGS_AT_ONCE_MAX))
    streams: tuple[LogStream, ...] = field(default=(LogStream.STDOUT,), validator=Sized(1, 3))
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


def jobs_to_make(request: Request) -> Iterator[tuple[str, JobSpec]]:
    """The jobs that a request wants made, each with what the request calls it."""
    match request:
        case CreateJob():
            yield "job", request.job
        case CreateJobs():
            for index, job in enumerate(request.jobs):
                yield f"jobs[{index}]", job


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
    that of the oldest one which is still remembered. One that is `stopping`
    begins nothing more.
    """

    version: str
    pid: int
    user: str
    started_at: str
    working_directory: str
    jobs: Mapping[str, int]
    sequence: int
    oldest_sequence: int
    stopping: bool


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
