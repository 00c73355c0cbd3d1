"""The jobs of one server: requests and facts in, effects out.

The registry keeps the jobs in the order of their creation and owns every rule
that concerns more than one of them: ids are unique, a deletion waits for the
processes, a fact that comes too late for its run touches nobody. It refuses
before it changes anything, and it knows no clock: every call says what time
it is.

An answer is an effect like any other, addressed with the ticket that came with
its request, because many answers have to wait: for the start of a job, for the
last process of a deleted one, for a state that somebody hopes for. Who waits
stands in `_starts`, `_sequels` and `_waits`. A stronger wish overtakes a weaker
one: a kill calls off a restart, a deletion both.

Every move of a job is numbered, kept in the journal and published.
"""

from collections.abc import Iterable, Iterator
from signal import SIGINT, SIGKILL, Signals
from typing import Final, assert_never

from attrs import define, field

from k1s.errors import Code, RequestError
from k1s.events import (
    Answer,
    Begin,
    Effect,
    Event,
    Fact,
    Kill,
    Moved,
    Notify,
    NotStarted,
    Publish,
    RemoveLogs,
    Run,
    Started,
    Ticket,
    Wake,
    Woken,
)
from k1s.job import FINAL, Job, JobSpec, Moment, State
from k1s.journal import Journal
from k1s.lifecycle import is_latest, run_of, step, wake_time
from k1s.orders import check_kill, check_new, check_signal, check_start
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
    Message,
    Refusal,
    Request,
    RestartJob,
    SignalJob,
    StartJob,
    WaitJob,
    WatchJobs,
)
from k1s.queries import Identity, explain, read_logs, server_info, watch
from k1s.transition import Trigger
from k1s.viewcache import ViewCache
from k1s.views import JobView
from k1s.waits import Sequel, Sequels, Starts, Then, Waits

JOBS_MAX: Final = 20_000
# What begins something; whoever looks, waits for an end or hastens it is answered to the last.
_BEGINNINGS: Final = (CreateJob, CreateJobs, StartJob, RestartJob)
_ANSWERS_OF_A_START: Final = (Started, NotStarted)
_SHUTTING_DOWN: Final = Refusal("The server is shutting down", Code.SHUTTING_DOWN)


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
    _sequels: Sequels = field(factory=Sequels, init=False)
    _waits: Waits = field(factory=Waits, init=False)
    _views: ViewCache = field(factory=ViewCache, init=False)
    _creations: int = field(default=0, init=False)
    _stopping: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def handle(self, request: Request, ticket: Ticket, now: Moment) -> list[Effect]:
        """Take a client's request; its answer is among these effects or those of a later call."""
        if self._stopping and isinstance(request, _BEGINNINGS):
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
        if job.id not in self._starts or not isinstance(fact, _ANSWERS_OF_A_START):
            return self._step(job, fact, now)
        # Taken out first: what follows from the fact may be another start, which others wait for.
        tried = self._starts.pop(job.id)
        effects = self._step(job, fact, now)
        return effects + [
            Answer(starts.ticket, starts.reply(now)) for starts in tried if starts.count_down()
        ]

    def wake(self, job_id: str, now: Moment) -> list[Effect]:
        """Let a job do what is due by now; its wake-up is used up, and a new one may follow."""
        job = self._jobs.get(job_id)
        if job is None:
            return []
        job.wake_at = None
        return self._step(job, Woken(), now)

    def forget(self, ticket: Ticket) -> None:
        """Somebody who waits for a state or for what follows an end does so no more.

        What he has asked for is done all the same.
        """
        self._waits.forget(ticket)
        self._sequels.forget(ticket)

    def stop(self, now: Moment) -> list[Effect]:
        """Begin nothing more and end every job. Calling it again ends them with SIGKILL.

        Who has waited so far did not know of it, and is told. From now on the end of a job is
        near and certain, and may be waited for.
        """
        signal = SIGKILL if self._stopping else SIGINT
        self._stopping = True
        effects: list[Effect] = []
        for job in list(self):
            effects += self._overtake(job, _SHUTTING_DOWN)
            effects += self._waits.drop(job.id, _SHUTTING_DOWN)
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
                job = self._job(request.job_id)
                goes_on = self._goes_on(job)
                return self._waits.add(ticket, job, request.for_, now, goes_on=goes_on)
            case ExplainJob():
                return [Answer(ticket, self._explain(self._job(request.job_id), now))]
            case GetServerInfo():
                stopping = self._stopping
                about = self.identity, self.folder, self, self.journal
                return [Answer(ticket, server_info(*about, stopping=stopping))]
            case WatchJobs():
                return [watch(request, ticket, self.journal.latest)]
            case GetLogs():
                jobs = map(self._job, dict.fromkeys(request.job_ids))
                return [read_logs(request, ticket, jobs)]
            case _:
                assert_never(request)

    def _job(self, job_id: str) -> Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise RequestError(Code.JOB_NOT_FOUND, "Job not found") from None

    def _explain(self, job: Job, now: Moment) -> Explanation:
        then = self._sequels.then(job.id)
        return explain(job, self.journal, then, now, stopping=self._stopping)

    # Creating, starting, ending

    def _create(
        self, specs: tuple[JobSpec, ...], ticket: Ticket, now: Moment, *, is_list: bool
    ) -> list[Effect]:
        check_new(specs, self._jobs.keys(), self.jobs_max, is_list=is_list)
        jobs = [self._new_job(spec, now) for spec in specs]
        starts = Starts(ticket, jobs, len(jobs), is_list)
        effects: list[Effect] = []
        for job in jobs:
            self._jobs[job.id] = job
            self._starts[job.id] = [starts]
            effects.append(self._publish(job, Moved(Trigger.CREATE, None, job.state), now))
            effects += self._step(job, Woken(), now)
        return effects

    def _new_job(self, spec: JobSpec, now: Moment) -> Job:
        self._creations += 1
        return Job(spec.located(self.folder), self._creations, now.wall, due=now.monotonic)

    def _start(self, job: Job, ticket: Ticket, now: Moment) -> list[Effect]:
        check_start(job)
        if job.state is not State.RUNNING:
            return self._begin(job, [ticket], now)
        if job.started is not None:
            return [Answer(ticket, JobReply(JobView.of(job, now)))]
        self._starts.setdefault(job.id, []).append(Starts(ticket, [job], 1))
        return []

    def _begin(self, job: Job, tickets: Iterable[Ticket], now: Moment) -> list[Effect]:
        self._starts[job.id] = [Starts(ticket, [job], 1) for ticket in tickets]
        return self._step(job, Begin(), now)

    def _restart(self, job: Job, ticket: Ticket, now: Moment) -> list[Effect]:
        if job.state is not State.RUNNING:
            return self._begin(job, [ticket], now)
        if self._sequels.then(job.id) is Then.DELETE:
            raise RequestError(Code.OVERTAKEN, "Job is being deleted: create it again afterwards")
        self._sequels.add(job.id, Then.START, ticket)
        return self._step(job, Kill(SIGINT), now)

    def _kill(self, job: Job, request: KillJob, ticket: Ticket, now: Moment) -> list[Effect]:
        check_kill(job, is_one_time_meant=bool(request.one_time))
        text = "Job has been killed meanwhile: it is not started again"
        effects = self._overtake(job, Refusal(text, Code.OVERTAKEN))
        if job.state is not State.KILLED:
            effects += self._step(job, Kill(request.signal), now)
        return [*effects, Answer(ticket, Message("Job killed"))]

    def _signal(self, job: Job, signal: Signals, ticket: Ticket) -> list[Effect]:
        check_signal(job)
        return [Notify(run_of(job), signal), Answer(ticket, Message("Signal sent"))]

    def _delete(self, job: Job, request: DeleteJob, ticket: Ticket, now: Moment) -> list[Effect]:
        text = "Job has been deleted meanwhile: it is not started again"
        effects = self._overtake(job, Refusal(text, Code.OVERTAKEN))
        deletion = self._sequels.add(job.id, Then.DELETE, ticket)
        deletion.with_logs |= bool(request.with_logs)
        if job.state in FINAL:
            return [*effects, *self._go_on(job, now)]
        return [*effects, *self._step(job, Kill(request.signal or SIGINT), now)]

    def _overtake(self, job: Job, refusal: Refusal) -> list[Effect]:
        """Call off a restart that has not come to its start."""
        if self._sequels.then(job.id) is not Then.START:
            return []
        return [Answer(ticket, refusal) for ticket in self._sequels.pop(job.id).tickets]

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
            effects += self._waits.settle(job, now, goes_on=self._goes_on(job))
        if job.state in FINAL and job.id in self._sequels:
            effects += self._go_on(job, now)
        return effects

    def _publish(self, job: Job, moved: Moved, now: Moment) -> Publish:
        return Publish(self.journal.record(job, moved, now))

    def _goes_on(self, job: Job) -> bool:
        """Whether the end that a job has come to, or will come to, is not the end of it."""
        then = self._sequels.then(job.id)
        return then is Then.START or (then is Then.DELETE and job.state in FINAL)

    def _go_on(self, job: Job, now: Moment) -> list[Effect]:
        """A job has come to its end: what was to follow does."""
        sequel = self._sequels.pop(job.id)
        if sequel.then is Then.START:
            return self._begin(job, sequel.tickets, now)
        return self._remove(job, sequel, now)

    def _remove(self, job: Job, deletion: Sequel, now: Moment) -> list[Effect]:
        del self._jobs[job.id]
        self._views.drop(job.id)
        gone = Refusal("Job not found: it has been deleted meanwhile", Code.JOB_NOT_FOUND)
        return [
            self._publish(job, Moved(Trigger.DELETE, job.state, None), now),
            *(self._remove_logs(job) if deletion.with_logs else ()),
            *self._waits.drop(job.id, gone),
            *(Answer(ticket, Message("Job deleted")) for ticket in deletion.tickets),
        ]

    def _remove_logs(self, job: Job) -> list[Effect]:
        """Remove what nobody wants to keep, but for logs that other jobs have, too."""
        others = {path for other in self for path in other.spec.log_paths}
        paths = dict.fromkeys(path for path in job.spec.log_paths if path not in others)
        spared = {other for other in others for path in paths if other.startswith(f"{path}.")}
        return [RemoveLogs(tuple(paths), frozenset(spared))]
