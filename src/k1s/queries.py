"""What those are told who look at jobs and at the server, and change nothing."""

from collections import Counter
from collections.abc import Iterable

from attrs import frozen

from k1s.errors import Code, RequestError
from k1s.events import LogFile, ReadLogs, Ticket, Watch
from k1s.forecast import forecast
from k1s.job import Job, Moment, State
from k1s.journal import Journal
from k1s.orders import orders
from k1s.protocol import Explanation, GetLogs, LogStream, ServerInfo, WatchJobs
from k1s.views import JobView, ProspectView, TransitionView, timestamp
from k1s.waits import Then


@frozen
class Identity:
    """Which server this is: facts that the core cannot know. `started_at` is wall-clock seconds."""

    version: str = ""
    pid: int = 0
    user: str = ""
    started_at: float = 0


def explain(
    job: Job, journal: Journal, then: Then | None, now: Moment, *, stopping: bool
) -> Explanation:
    """All about a job; what is to follow its end, or the server's, is nothing that it knows."""
    refused = {"restart"} if then is Then.DELETE else set()
    if stopping:
        refused = {"start", "restart"}
    return Explanation(
        at=timestamp(now.wall),
        job=JobView.of(job, now),
        history=tuple(map(TransitionView.of, journal.history(job.id))),
        forecast=tuple(ProspectView.of(prospect, now) for prospect in forecast(job, now)),
        then=then,
        orders=tuple(sorted(orders(job) - refused)),
    )


def server_info(
    identity: Identity, folder: str, jobs: Iterable[Job], journal: Journal, *, stopping: bool
) -> ServerInfo:
    """What the server is, and how many jobs of it are in which state."""
    counts = Counter(job.state for job in jobs)
    return ServerInfo(
        version=identity.version,
        pid=identity.pid,
        user=identity.user,
        started_at=timestamp(identity.started_at),
        working_directory=folder,
        jobs={state.value: counts[state] for state in State},
        sequence=journal.latest,
        oldest_sequence=journal.oldest,
        stopping=stopping,
    )


def watch(request: WatchJobs, ticket: Ticket, latest: int) -> Watch:
    """The moves that somebody wants to hear of; `latest` is the number of the last there was."""
    known = latest if request.from_ is None else request.from_
    if known > latest:
        text = f"from wants at most {latest}, the number of the latest transition, got {known}"
        raise RequestError(Code.INVALID_REQUEST, text)
    job_ids = None if request.job_ids is None else frozenset(request.job_ids)
    return Watch(ticket, known, job_ids)


def read_logs(request: GetLogs, ticket: Ticket, jobs: Iterable[Job]) -> ReadLogs:
    """The logs of these jobs that somebody wants to read, each once."""
    streams = dict.fromkeys(request.streams)
    logs: list[LogFile] = []
    for job in jobs:
        paths = dict(zip(LogStream, job.spec.log_paths, strict=True))
        logs += [LogFile(job.id, stream, paths[stream]) for stream in streams]
    return ReadLogs(ticket, tuple(logs), request.lines, request.follow)
