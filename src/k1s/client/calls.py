"""For each method of a client: the request that it sends, and how the reply is read.

Both clients are made of this; they only move bytes. Values are checked here
exactly as the server checks them, so that a wrong one is the same exception
wherever it is noticed, and nothing that cannot work is sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from os import PathLike, fspath
from signal import Signals
from typing import Any, Generic, Literal, Required, Self, TypedDict, TypeVar

from attrs import evolve, frozen

from k1s.client import replies
from k1s.client.address import Path
from k1s.client.refusals import InvalidRequest, refused
from k1s.client.values import Explanation, JobInfo, LogChunk, Missed, ServerInfo, Transition
from k1s.codec import interpret, message_of
from k1s.errors import InvalidValueError, RequestError
from k1s.job import JobSpec, JobType, State
from k1s.jobcodec import payload
from k1s.protocol import CreateJob, CreateJobs, LogStream
from k1s.spelling import camel_case

_T = TypeVar("_T")

StateName = Literal["pending", "running", "restarting", "killed", "exhausted", "done"]
StreamName = Literal["stdout", "stderr", "error"]


class JobKeys(TypedDict, total=False):
    """What `create_job` takes, and `create_jobs` of each job.

    They are the attributes of a `JobSpec`, in what types people have at hand.
    """

    id: Required[str]
    type: Required[JobType | Literal["one-time", "periodic", "continuous"]]
    executable: Required[Path]
    arguments: Sequence[Path]
    working_directory: Path | None
    environment: Mapping[str, str]
    period_in_seconds: float | None
    max_retry: int | None
    stdout_log_path: Path | None
    stderr_log_path: Path | None
    error_log_path: Path | None
    restart_delay_seconds: float | None
    max_restart_delay_seconds: float | None
    healthy_after_seconds: float | None
    stop_timeout_seconds: float | None
    origin: Path | None


@frozen
class Call(Generic[_T]):
    """A request as an object of JSON, and what reads its reply or each line of its stream."""

    message: dict[str, Any]
    read: Callable[[Any], _T]

    def after(self, sequence: int) -> Self:
        """The same, told from the transition after this one on."""
        return evolve(self, message={**self.message, "from": sequence})


def get_all_jobs() -> Call[list[JobInfo]]:
    """All jobs."""
    return _call("get-all-jobs", replies.jobs)


def get_job(job_id: str) -> Call[JobInfo]:
    """One job."""
    return _call("get-job-by-id", replies.job, job_id=job_id)


def create_job(job: JobSpec | None, keys: Mapping[str, Any]) -> Call[JobInfo]:
    """A new job, from a spec or from keys."""
    if job is None:
        return _call("create-job", replies.job, job=_spelled(keys))
    if keys:
        raise TypeError(f"give a JobSpec or keyword arguments, not both: {', '.join(keys)}")
    return Call(message_of(CreateJob(job)), replies.job)


def create_jobs(jobs: Iterable[JobSpec | JobKeys]) -> Call[list[JobInfo]]:
    """Several new jobs, or none, each from a spec or from keys."""
    listed: list[Any] = list(jobs)
    specs = [job for job in listed if isinstance(job, JobSpec)]
    if len(specs) < len(listed):
        return _call("create-jobs", replies.jobs, jobs=[_spelled(job) for job in listed])
    try:
        request = CreateJobs(tuple(specs))
    except InvalidValueError as error:
        raise InvalidRequest(str(error)) from None
    return Call(message_of(request), replies.jobs)


def start_job(job_id: str) -> Call[JobInfo]:
    """Run it now."""
    return _call("start-job", replies.job, job_id=job_id)


def restart_job(job_id: str) -> Call[JobInfo]:
    """Stop it and run it again."""
    return _call("restart-job", replies.job, job_id=job_id)


def kill_job(job_id: str, signal: Signals | str | None, *, one_time: bool) -> Call[None]:
    """End it for good."""
    keys = {"job_id": job_id, "signal": signal, "one_time": one_time or None}
    return _call("kill-job", replies.done, **keys)


def signal_job(job_id: str, signal: Signals | str) -> Call[None]:
    """Send it a signal."""
    return _call("signal-job", replies.done, job_id=job_id, signal=signal)


def delete_job(job_id: str, signal: Signals | str | None, *, with_logs: bool) -> Call[None]:
    """End it and forget it."""
    keys = {"job_id": job_id, "signal": signal, "with_logs": with_logs or None}
    return _call("delete-job", replies.done, **keys)


def wait_job(job_id: str, for_: State | StateName | None, timeout_s: float | None) -> Call[JobInfo]:
    """Wait for a state."""
    keys = {"job_id": job_id, "for_": for_, "timeout_seconds": timeout_s}
    return _call("wait-job", replies.job, **keys)


def explain_job(job_id: str) -> Call[Explanation]:
    """What happened and what comes."""
    return _call("explain-job", replies.explanation, job_id=job_id)


def get_server_info() -> Call[ServerInfo]:
    """What the server is."""
    return _call("get-server-info", replies.server_info)


def watch_jobs(from_: int | None, job_ids: str | Iterable[str] | None) -> Call[Transition | Missed]:
    """Every transition after that number."""
    return _call("watch-jobs", replies.change, from_=from_, job_ids=_listed(job_ids))


def get_logs(
    job_ids: str | Iterable[str],
    streams: StreamName | LogStream | Iterable[StreamName | LogStream],
    *,
    lines: int | None,
    follow: bool,
) -> Call[LogChunk]:
    """What is in logs, and what comes into them."""
    return _call(
        "get-logs",
        replies.chunk,
        job_ids=_listed(job_ids),
        streams=_listed(streams),
        lines=lines,
        follow=follow,
    )


def _call(command: str, read: Callable[[Any], _T], **keys: object) -> Call[_T]:
    message = {camel_case(name): _plain(value) for name, value in keys.items()}
    try:
        request = interpret({"command": command, **message})
    except RequestError as error:
        raise refused(error.message, error.code) from None
    return Call(message_of(request), read)


def _spelled(keys: Any) -> Any:
    """The keys of a job as the wire has them; what is no mapping is left for the checks."""
    if isinstance(keys, JobSpec):
        keys = payload(keys)
    if not isinstance(keys, Mapping):
        return keys
    return {camel_case(str(name)): _plain(value) for name, value in keys.items()}


def _listed(words: Any) -> Any:
    """One id stands for a list of one."""
    return [words] if isinstance(words, str) else words


def _plain(value: Any) -> Any:
    """A value as JSON has it; what JSON cannot say is left for the checks to refuse."""
    match value:
        case Signals():
            return value.name
        case StrEnum():
            return value.value
        case PathLike():
            return fspath(value)
        case Mapping():
            return dict(value)
        case Iterable() if not isinstance(value, str | bytes):
            return [_plain(item) for item in value]
        case _:
            return value
