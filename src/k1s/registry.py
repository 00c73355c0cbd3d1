"""The jobs of one server: requests and facts in, effects out.

The registry keeps the jobs in the order of their creation and owns every rule
that concerns more than one of them: ids are unique, a deletion waits for the
processes, a fact that comes too late for its run touches nobody. It refuses
before it changes anything, and it knows no clock: every call says what time
it is.

An answer is an effect like any other, addressed with the ticket that came with
its request, because many answers have to wait: for the start of a job, for the
last process of a deleted one, for a state that somebody hopes for. Who waits
stands in `_starts`, `_restarts`, `_deletions` and `_waits`. A stronger wish
overtakes a weaker one: a kill calls off a restart, a deletion both.

Every move of a job is numbered, kept in the journal and published.
"""

from collections import Counter
from collections.abc import Iterator
from signal import SIGINT, SIGKILL, Signals
from typing import Final, assert_never

from attrs import define, field, frozen

from k1s.errors import Code, RequestError
from k1s.events import (
    Answer,
    Begin,
    Effect,
    Event,
    Fact,
    Kill,
    LogFile,
    Moved,
    Notify,
    NotStarted,
    Publish,
    ReadLogs,
    RemoveLogs,
    Run,
    Started,
    Ticket,
    Wake,
    Watch,
    Woken,
)
from k1s.forecast import forecast, orders
from k1s.job import FINAL, Job, JobSpec, JobType, Moment, State
from k1s.journal import Journal
from k1s.lifecycle import is_latest, run_of, step, wake_time
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    ExplainJob,
    Explanation,
    GetAllJobs,
    GetJobById,
    GetLogs,
    GetServerInfo,
    JobReply,
    JobsReply,
    KillJob,
    LogStream,
    Message,
    Refusal,
    Request,
    RestartJob,
    ServerInfo,
    SignalJob,
    StartJob,
    WaitJob,
    WatchJobs,
)
from k1s.transition import Trigger
from k1s.viewcache import ViewCache
from k1s.views import JobView, ProspectView, TransitionView, timestamp
from k1s.waits import Starts, Waits, can_come, can_ever_come, has_come, hopeless

JOBS_MAX: Final = 20_000
_SHUTTING_DOWN: Final = Refusal("The server is shutting down", Code.SHUTTING_DOWN)


@frozen
class Identity:
    """Which server this is: facts that the core cannot know. `started_at` is wall-clock seconds."""

    version: str = ""
    pid: int = 0
    user: str = ""
    started_at: float = 0


@define(eq=False)
class Registry:
    """All jobs of a server, at most `jobs_max`.

    `folder` is where logs without an absolute path belong.
    """

    folder: str
    jobs_max: int = JOBS_MAX
    journal: Journal = field(factory=Journal)
    identity: Identity = field(factory=Identity)
    _jobs: dict[str, Job] = field(factory=dict, init=False)
    _starts: dict[str, list[Starts]] = field(factory=dict, init=False)
    _restarts: dict[str, list[Ticket]] = field(factory=dict, init=False)
    _deletions: dict[str, list[Ticket]] = field(factory=dict, init=False)
    _without_logs: set[str] = field(factory=set, init=False)
    _waits: Waits = field(factory=Waits, init=False)
    _views: ViewCache = field(factory=ViewCache, init=False)
    _creations: int = field(default=0, init=False)
    _stopping: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def handle(self, request: Request, ticket: Ticket, now: Moment) -> list[Effect]:
        """Take a client's request; its answer is among these effects or those of a later call."""
        if self._stopping:
            return [Answer(ticket, _SHUTTING_DOWN)]
        try:
            return self._dispatch(request, ticket, now)
        except RequestError as error:
            return [Answer(ticket, Refusal(error.message, error.code))]

    def tell(self, run: Run, fact: Fact, now: Moment) -> list[Effect]:
        """Take news of a run. News of a run that is over, or of a job that is gone, is no news."""
        job = self._jobs.get(run.job_id)
        if job is None or job.state is not State.RUNNING or not is_latest(job, run):
            return []
        if job.id not in self._starts or not isinstance(fact, Started | NotStarted):
            return self._step(job, fact, now)
        # Taken out first: what follows from the fact may be another start, which others wait for.
        tried = self._starts.pop(job.id)
        effects = self._step(job, fact, now)
        return effects + [Answer(starts.ticket, starts.reply(now)) for starts in _complete(tried)]

    def wake(self, job_id: str, now: Moment) -> list[Effect]:
        """Let a job do what is due by now; its wake-up is used up, and a new one may follow."""
        job = self._jobs.get(job_id)
        if job is None:
            return []
        job.wake_at = None
        return self._step(job, Woken(), now)

    def forget(self, ticket: Ticket) -> None:
        """Somebody who waits for a state does so no more."""
        self._waits.forget(ticket)

    def stop(self, now: Moment) -> list[Effect]:
        """Accept nothing more and end every job. Calling it again ends them with SIGKILL."""
        signal = SIGKILL if self._stopping else SIGINT
        self._stopping = True
        effects: list[Effect] = []
        for job in list(self):
            effects += self._overtake(job, _SHUTTING_DOWN)
            effects += [Answer(ticket, _SHUTTING_DOWN) for ticket in self._waits.drop(job.id)]
            if job.state not in FINAL:
                effects += self._step(job, Kill(signal), now)
        return effects

    def _dispatch(self, request: Request, ticket: Ticket, now: Moment) -> list[Effect]:
        match request:
            case GetAllJobs():
                views = tuple(self._views.of(job, now) for job in self)
                return [Answer(ticket, JobsReply(views))]
            case GetJobById():
                view = self._views.of(self._job(request.job_id), now)
                return [Answer(ticket, JobReply(view))]
            case CreateJob():
                return self._create((request.job,), ticket, now, is_list=False)
            case CreateJobs():
                return self._create(request.jobs, ticket, now, is_list=True)
            case StartJob():
                return self._start(self._job(request.job_id), ticket, now)
            case RestartJob():
                return self._restart(self._job(request.job_id), ticket, now)
            case KillJob():
                return self._kill(self._job(request.job_id), request, ticket, now)
            case SignalJob():
                return self._signal(self._job(request.job_id), request.signal, ticket)
            case DeleteJob():
                return self._delete(self._job(request.job_id), request, ticket, now)
            case WaitJob():
                return self._wait(self._job(request.job_id), request.for_, ticket, now)
            case ExplainJob():
                return [Answer(ticket, self._explain(self._job(request.job_id), now))]
            case GetServerInfo():
                return [Answer(ticket, self._info())]
            case WatchJobs():
                return self._watch(request, ticket)
            case GetLogs():
                return self._read_logs(request, ticket)
            case _:
                assert_never(request)

    def _job(self, job_id: str) -> Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise RequestError(Code.JOB_NOT_FOUND, "Job not found") from None

    # Creating, starting, ending

    def _create(
        self, specs: tuple[JobSpec, ...], ticket: Ticket, now: Moment, *, is_list: bool
    ) -> list[Effect]:
        self._check_new(specs, is_list=is_list)
        jobs = [self._new_job(spec, now) for spec in specs]
        starts = Starts(ticket, jobs, len(jobs), is_list)
        effects: list[Effect] = []
        for job in jobs:
            self._jobs[job.id] = job
            self._starts[job.id] = [starts]
            effects.append(self._publish(job, Moved(Trigger.CREATE, None, job.state), now))
            effects += self._step(job, Woken(), now)
        return effects

    def _check_new(self, specs: tuple[JobSpec, ...], *, is_list: bool) -> None:
        seen: set[str] = set()
        for spec in specs:
            if spec.id in self._jobs or spec.id in seen:
                which = f": {spec.id}" if is_list else ""
                raise RequestError(Code.JOB_EXISTS, f"Job ID already exists{which}")
            seen.add(spec.id)
        if len(self._jobs) + len(specs) > self.jobs_max:
            has = f"{len(self._jobs)} of {self.jobs_max}" if is_list else f"{self.jobs_max}"
            text = f"This server has {has} jobs already: delete some first"
            raise RequestError(Code.TOO_MANY_JOBS, text)

    def _new_job(self, spec: JobSpec, now: Moment) -> Job:
        self._creations += 1
        return Job(spec.located(self.folder), self._creations, now.wall, due=now.monotonic)

    def _start(self, job: Job, ticket: Ticket, now: Moment) -> list[Effect]:
        if job.state is not State.RUNNING:
            return self._begin(job, [ticket], now)
        if job.kill_requested:
            text = "Job is being killed: wait until it is killed, or use restart-job"
            raise RequestError(Code.BEING_KILLED, text)
        if job.started is not None:
            return [Answer(ticket, JobReply(JobView.of(job, now)))]
        self._starts.setdefault(job.id, []).append(Starts(ticket, [job], 1))
        return []

    def _begin(self, job: Job, tickets: list[Ticket], now: Moment) -> list[Effect]:
        self._starts[job.id] = [Starts(ticket, [job], 1) for ticket in tickets]
        return self._step(job, Begin(), now)

    def _restart(self, job: Job, ticket: Ticket, now: Moment) -> list[Effect]:
        if job.state is not State.RUNNING:
            return self._begin(job, [ticket], now)
        if job.id in self._deletions:
            raise RequestError(Code.OVERTAKEN, "Job is being deleted: create it again afterwards")
        self._restarts.setdefault(job.id, []).append(ticket)
        return self._step(job, Kill(SIGINT), now)

    def _kill(self, job: Job, request: KillJob, ticket: Ticket, now: Moment) -> list[Effect]:
        if job.spec.type is JobType.ONE_TIME and not request.one_time:
            raise RequestError(Code.NOT_KILLABLE, "Job is not continuous or periodic")
        if job.state in FINAL and job.state is not State.KILLED:
            text = f"Job has already finished: it is {job.state}"
            raise RequestError(Code.ALREADY_FINISHED, text)
        text = "Job has been killed meanwhile: it is not started again"
        effects = self._overtake(job, Refusal(text, Code.OVERTAKEN))
        if job.state is not State.KILLED:
            effects += self._step(job, Kill(request.signal), now)
        return [*effects, Answer(ticket, Message("Job killed"))]

    def _signal(self, job: Job, signal: Signals, ticket: Ticket) -> list[Effect]:
        if job.pid is None:
            text = f"Job is not running: it is {job.state}"
            if job.state is State.RUNNING:
                text = "Job is not running: its main process has ended or is being started"
            raise RequestError(Code.NOT_RUNNING, text)
        return [Notify(run_of(job), signal), Answer(ticket, Message("Signal sent"))]

    def _delete(self, job: Job, request: DeleteJob, ticket: Ticket, now: Moment) -> list[Effect]:
        text = "Job has been deleted meanwhile: it is not started again"
        effects = self._overtake(job, Refusal(text, Code.OVERTAKEN))
        self._deletions.setdefault(job.id, []).append(ticket)
        if request.with_logs:
            self._without_logs.add(job.id)
        if job.state in FINAL:
            return [*effects, *self._forget(job, now)]
        return [*effects, *self._step(job, Kill(request.signal or SIGINT), now)]

    def _overtake(self, job: Job, refusal: Refusal) -> list[Effect]:
        """Call off a restart that has not come to its start."""
        return [Answer(ticket, refusal) for ticket in self._restarts.pop(job.id, ())]

    # Looking and waiting

    def _wait(self, job: Job, state: State | None, ticket: Ticket, now: Moment) -> list[Effect]:
        states = FINAL if state is None else frozenset({state})
        if has_come(job, states):
            return [Answer(ticket, JobReply(JobView.of(job, now)))]
        if not can_ever_come(job.spec.type, states):
            text = f"A {job.spec.type} job is never {state}"
            raise RequestError(Code.UNREACHABLE_STATE, text)
        if not (job.id in self._restarts or can_come(job, states)):
            raise RequestError(Code.UNREACHABLE_STATE, hopeless(job))
        self._waits.add(ticket, job.id, states)
        return []

    def _explain(self, job: Job, now: Moment) -> Explanation:
        """All about it, with what waits for the end of its run, which the job does not know."""
        is_deleted = job.id in self._deletions
        return Explanation(
            at=timestamp(now.wall),
            job=JobView.of(job, now),
            history=tuple(map(TransitionView.of, self.journal.history(job.id))),
            forecast=tuple(ProspectView.of(prospect, now) for prospect in forecast(job, now)),
            then="delete" if is_deleted else "start" if job.id in self._restarts else None,
            orders=tuple(sorted(orders(job) - ({"restart"} if is_deleted else set()))),
        )

    def _info(self) -> ServerInfo:
        counts = Counter(job.state for job in self)
        return ServerInfo(
            version=self.identity.version,
            pid=self.identity.pid,
            user=self.identity.user,
            started_at=timestamp(self.identity.started_at),
            working_directory=self.folder,
            jobs={state.value: counts[state] for state in State},
            sequence=self.journal.latest,
            oldest_sequence=self.journal.oldest,
        )

    def _watch(self, request: WatchJobs, ticket: Ticket) -> list[Effect]:
        latest = self.journal.latest
        known = latest if request.from_ is None else request.from_
        if known > latest:
            text = f"from wants at most {latest}, the number of the latest transition, got {known}"
            raise RequestError(Code.INVALID_REQUEST, text)
        job_ids = None if request.job_ids is None else frozenset(request.job_ids)
        return [Watch(ticket, known, job_ids)]

    def _read_logs(self, request: GetLogs, ticket: Ticket) -> list[Effect]:
        logs = []
        for job in map(self._job, dict.fromkeys(request.job_ids)):
            paths = dict(zip(LogStream, job.spec.log_paths, strict=True))
            streams = dict.fromkeys(request.streams)
            logs += [LogFile(job.id, stream, paths[stream]) for stream in streams]
        return [ReadLogs(ticket, tuple(logs), request.lines, request.follow)]

    # Every step

    def _step(self, job: Job, event: Event, now: Moment) -> list[Effect]:
        """Step the job, keep its one wake-up true, and serve whoever waited for what has come."""
        self._views.drop(job.id)
        effects: list[Effect] = [
            self._publish(job, effect, now) if isinstance(effect, Moved) else effect
            for effect in step(job, event, now)
        ]
        wake_at = wake_time(job)
        if wake_at != job.wake_at:
            job.wake_at = wake_at
            # First: what comes of a start may set another, and the later one counts.
            effects.insert(0, Wake(job.id, wake_at))
        if job.id in self._waits:
            effects += self._settle(job, now)
        if job.state in FINAL and job.id in self._deletions:
            return effects + self._forget(job, now)
        if job.state in FINAL and job.id in self._restarts:
            return effects + self._begin(job, self._restarts.pop(job.id), now)
        return effects

    def _publish(self, job: Job, moved: Moved, now: Moment) -> Publish:
        return Publish(self.journal.record(job, moved, now))

    def _settle(self, job: Job, now: Moment) -> list[Effect]:
        is_deleted = job.state in FINAL and job.id in self._deletions
        goes_on = is_deleted or job.id in self._restarts
        return [
            Answer(ticket, JobReply(JobView.of(job, now)))
            if comes
            else Answer(ticket, Refusal(hopeless(job), Code.UNREACHABLE_STATE))
            for ticket, comes in self._waits.settle(job, goes_on=goes_on)
        ]

    def _forget(self, job: Job, now: Moment) -> list[Effect]:
        del self._jobs[job.id]
        self._views.drop(job.id)
        gone = Refusal("Job not found: it has been deleted meanwhile", Code.JOB_NOT_FOUND)
        return [
            self._publish(job, Moved(Trigger.DELETE, job.state, None), now),
            *self._remove_logs(job),
            *(Answer(ticket, gone) for ticket in self._waits.drop(job.id)),
            *(Answer(ticket, Message("Job deleted")) for ticket in self._deletions.pop(job.id)),
        ]

    def _remove_logs(self, job: Job) -> list[Effect]:
        """Remove what nobody wants to keep, but for logs that other jobs have, too."""
        if job.id not in self._without_logs:
            return []
        self._without_logs.remove(job.id)
        others = {path for other in self for path in other.spec.log_paths}
        paths = dict.fromkeys(path for path in job.spec.log_paths if path not in others)
        spared = {other for other in others for path in paths if other.startswith(f"{path}.")}
        return [RemoveLogs(tuple(paths), frozenset(spared))]


def _complete(tried: list[Starts]) -> Iterator[Starts]:
    """One more start has been tried; those with none left to try."""
    for starts in tried:
        starts.left -= 1
        if not starts.left:
            yield starts
