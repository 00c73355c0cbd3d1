"""The jobs of one server: requests and facts in, effects out.

The registry keeps the jobs in the order of their creation and owns every rule
that concerns more than one of them: ids are unique, a deletion waits for the
processes, a fact that comes too late for its run touches nobody. It refuses
before it changes anything, and it knows no clock: every call says what time
it is.

An answer is an effect like any other, addressed with the ticket that came with
its request, because some answers have to wait: for the first start of a new
job, or for the last process of a deleted one.
"""

from collections.abc import Iterator
from signal import SIGINT, SIGKILL, Signals
from typing import Final, assert_never

from attrs import define, field

from k1s.errors import Code, RequestError
from k1s.events import (
    Answer,
    Effect,
    Event,
    Fact,
    Kill,
    NotStarted,
    Run,
    Started,
    Ticket,
    Wake,
    Woken,
)
from k1s.job import FINAL, Job, JobSpec, JobType, Moment, State
from k1s.lifecycle import run_of, step, wake_time
from k1s.protocol import (
    CreateJob,
    DeleteJob,
    GetAllJobs,
    GetJobById,
    JobReply,
    JobsReply,
    JobView,
    KillJob,
    Message,
    Refusal,
    Request,
)

JOBS_MAX: Final = 20_000


@define(eq=False)
class Registry:
    """All jobs of a server, at most `jobs_max`.

    `folder` is where logs without an absolute path belong.
    """

    folder: str
    jobs_max: int = JOBS_MAX
    _jobs: dict[str, Job] = field(factory=dict, init=False)
    _creating: dict[str, Ticket] = field(factory=dict, init=False)
    _deleting: dict[str, list[Ticket]] = field(factory=dict, init=False)
    _creations: int = field(default=0, init=False)
    _stopping: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def handle(self, request: Request, ticket: Ticket, now: Moment) -> list[Effect]:
        """Take a client's request; its answer is among these effects or those of a later call."""
        if self._stopping:
            return [Answer(ticket, Refusal("The server is shutting down", Code.SHUTTING_DOWN))]
        try:
            return self._dispatch(request, ticket, now)
        except RequestError as error:
            return [Answer(ticket, Refusal(error.message, error.code))]

    def tell(self, run: Run, fact: Fact, now: Moment) -> list[Effect]:
        """Take news of a run. News of a run that is over, or of a job that is gone, is no news."""
        job = self._jobs.get(run.job_id)
        if job is None or job.state is not State.RUNNING or run_of(job) != run:
            return []
        effects = self._step(job, fact, now)
        if isinstance(fact, Started | NotStarted) and job.id in self._creating:
            ticket = self._creating.pop(job.id)
            effects.append(Answer(ticket, JobReply(JobView.of(job, now))))
        return effects

    def wake(self, job_id: str, now: Moment) -> list[Effect]:
        """Let a job do what is due by now; its wake-up is used up, and a new one may follow."""
        job = self._jobs.get(job_id)
        if job is None:
            return []
        job.wake_at = None
        return self._step(job, Woken(), now)

    def stop(self, now: Moment) -> list[Effect]:
        """Accept nothing more and end every job. Calling it again ends them with SIGKILL."""
        signal = SIGKILL if self._stopping else SIGINT
        self._stopping = True
        return [
            effect
            for job in list(self)
            if job.state not in FINAL
            for effect in self._step(job, Kill(signal), now)
        ]

    def _dispatch(self, request: Request, ticket: Ticket, now: Moment) -> list[Effect]:
        match request:
            case GetAllJobs():
                views = tuple(JobView.of(job, now) for job in self)
                return [Answer(ticket, JobsReply(views))]
            case GetJobById():
                return [Answer(ticket, JobReply(JobView.of(self._job(request.job_id), now)))]
            case CreateJob():
                return self._create(request.job, ticket, now)
            case KillJob():
                return self._kill(self._job(request.job_id), request.signal, ticket, now)
            case DeleteJob():
                return self._delete(self._job(request.job_id), ticket, now)
            case _:
                assert_never(request)

    def _job(self, job_id: str) -> Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise RequestError(Code.JOB_NOT_FOUND, "Job not found") from None

    def _create(self, spec: JobSpec, ticket: Ticket, now: Moment) -> list[Effect]:
        if spec.id in self._jobs:
            raise RequestError(Code.JOB_EXISTS, "Job ID already exists")
        if len(self._jobs) >= self.jobs_max:
            text = f"This server has {self.jobs_max} jobs already: delete some first"
            raise RequestError(Code.TOO_MANY_JOBS, text)
        self._creations += 1
        job = Job(spec.located(self.folder), self._creations, now.wall, due=now.monotonic)
        self._jobs[spec.id] = job
        self._creating[spec.id] = ticket
        return self._step(job, Woken(), now)

    def _kill(self, job: Job, signal: Signals, ticket: Ticket, now: Moment) -> list[Effect]:
        if job.spec.type is JobType.ONE_TIME:
            raise RequestError(Code.NOT_KILLABLE, "Job is not continuous or periodic")
        if job.state in FINAL and job.state is not State.KILLED:
            text = f"Job has already finished: it is {job.state}"
            raise RequestError(Code.ALREADY_FINISHED, text)
        effects = [] if job.state is State.KILLED else self._step(job, Kill(signal), now)
        return [*effects, Answer(ticket, Message("Job killed"))]

    def _delete(self, job: Job, ticket: Ticket, now: Moment) -> list[Effect]:
        self._deleting.setdefault(job.id, []).append(ticket)
        if job.state in FINAL:
            return self._forget(job)
        return self._step(job, Kill(SIGINT), now)

    def _step(self, job: Job, event: Event, now: Moment) -> list[Effect]:
        """Step the job, keep its one wake-up true, and complete a deletion that waited for it."""
        effects = step(job, event, now)
        wake_at = wake_time(job)
        if wake_at != job.wake_at:
            job.wake_at = wake_at
            # First: what comes of a start may set another, and the later one counts.
            effects.insert(0, Wake(job.id, wake_at))
        if job.state in FINAL and job.id in self._deleting:
            effects += self._forget(job)
        return effects

    def _forget(self, job: Job) -> list[Effect]:
        del self._jobs[job.id]
        return [Answer(ticket, Message("Job deleted")) for ticket in self._deleting.pop(job.id)]
