"""Who waits for jobs: for their starts to be tried, for what follows their end, or for a state."""

from collections.abc import Collection
from enum import StrEnum

from attrs import define, field

from k1s.errors import Code, RequestError
from k1s.events import Answer, Effect, Ticket
from k1s.job import FINAL, Job, JobType, Moment, State
from k1s.lifecycle import reachable
from k1s.protocol import JobReply, JobsReply, Refusal, Reply
from k1s.views import JobView


@define(eq=False, repr=False)
class Starts:
    """A ticket that waits until the starts of these jobs have been tried; so many are `left`."""

    ticket: Ticket
    jobs: list[Job]
    left: int
    is_list: bool = False

    def count_down(self) -> bool:
        """One more start has been tried; whether it was the last."""
        self.left -= 1
        return not self.left

    def reply(self, now: Moment) -> Reply:
        """What it waits for: the jobs, as they are now."""
        views = tuple(JobView.of(job, now) for job in self.jobs)
        return JobsReply(views) if self.is_list else JobReply(views[0])


class Then(StrEnum):
    """What follows the end of a job that is being ended."""

    START = "start"
    DELETE = "delete"


@define(eq=False, repr=False)
class Sequel:
    """What follows the end of a job, and the tickets that wait for it."""

    then: Then
    tickets: dict[Ticket, None] = field(factory=dict)
    with_logs: bool = False


@define(eq=False, repr=False)
class Sequels:
    """What follows the ends of jobs, also if nobody waits for it any more."""

    _by_job: dict[str, Sequel] = field(factory=dict, init=False)
    _of: dict[Ticket, Sequel] = field(factory=dict, init=False)

    def __contains__(self, job_id: str) -> bool:
        """Whether anything follows the end of this job."""
        return job_id in self._by_job

    def then(self, job_id: str) -> Then | None:
        """What follows the end of a job, if anything does."""
        sequel = self._by_job.get(job_id)
        return None if sequel is None else sequel.then

    def add(self, job_id: str, then: Then, ticket: Ticket) -> Sequel:
        """Somebody waits for this to follow; it is what follows already, or nothing else does."""
        sequel = self._by_job.setdefault(job_id, Sequel(then))
        assert sequel.then is then, "one thing follows"
        sequel.tickets[ticket] = None
        self._of[ticket] = sequel
        return sequel

    def forget(self, ticket: Ticket) -> None:
        """Somebody waits no more, if he did; it follows all the same."""
        sequel = self._of.pop(ticket, None)
        if sequel is not None:
            del sequel.tickets[ticket]

    def pop(self, job_id: str) -> Sequel:
        """What followed the end of a job does so now, or not at all."""
        sequel = self._by_job.pop(job_id)
        for ticket in sequel.tickets:
            del self._of[ticket]
        return sequel


@define(eq=False, repr=False)
class Waits:
    """The tickets that wait for states, each for those of one job."""

    _by_job: dict[str, dict[Ticket, Collection[State]]] = field(factory=dict, init=False)
    _job_of: dict[Ticket, str] = field(factory=dict, init=False)

    def __contains__(self, job_id: str) -> bool:
        """Whether anybody waits for this job."""
        return job_id in self._by_job

    def add(
        self, ticket: Ticket, job: Job, state: State | None, now: Moment, *, goes_on: bool
    ) -> list[Effect]:
        """Somebody waits for a state, or for any final one; the answer, if it is there already.

        Raises `RequestError` if it cannot come.
        """
        states = FINAL if state is None else frozenset({state})
        if has_come(job, states):
            return [Answer(ticket, JobReply(JobView.of(job, now)))]
        if not can_ever_come(job.spec.type, states):
            text = f"A {job.spec.type} job is never {state}"
            raise RequestError(Code.UNREACHABLE_STATE, text)
        if not (goes_on or can_come(job, states)):
            raise RequestError(Code.UNREACHABLE_STATE, hopeless(job))
        self._by_job.setdefault(job.id, {})[ticket] = states
        self._job_of[ticket] = job.id
        return []

    def forget(self, ticket: Ticket) -> None:
        """Somebody waits no more, if he did."""
        job_id = self._job_of.pop(ticket, None)
        if job_id is not None:
            self._by_job[job_id].pop(ticket)
            if not self._by_job[job_id]:
                del self._by_job[job_id]

    def settle(self, job: Job, now: Moment, *, goes_on: bool) -> list[Effect]:
        """Answer those whose wait for this job is over: the state has come, or cannot any more.

        It cannot come any more to a job that is at its end, or is to be killed. One that
        `goes_on` from there, by a restart or a deletion, has come to the state, but is not
        over: only who waits for that state by name is told.
        """
        answers: list[Effect] = []
        for ticket, states in list(self._by_job.get(job.id, {}).items()):
            reply: Reply
            if has_come(job, states) and not (goes_on and states == FINAL):
                reply = JobReply(JobView.of(job, now))
            elif goes_on or can_come(job, states):
                continue
            else:
                reply = Refusal(hopeless(job), Code.UNREACHABLE_STATE)
            self.forget(ticket)
            answers.append(Answer(ticket, reply))
        return answers

    def drop(self, job_id: str, refusal: Refusal) -> list[Effect]:
        """Refuse all who wait for a job, and forget them."""
        tickets = list(self._by_job.get(job_id, ()))
        for ticket in tickets:
            self.forget(ticket)
        return [Answer(ticket, refusal) for ticket in tickets]


def has_come(job: Job, states: Collection[State]) -> bool:
    """Whether a job is in one of the states; it runs once its program has been started."""
    is_being_started = job.state is State.RUNNING and job.started is None
    return job.state in states and not is_being_started


def can_come(job: Job, states: Collection[State]) -> bool:
    """Whether a job may still come to one of the states unless it is begun again."""
    if job.kill_requested:
        return State.KILLED in states
    return not reachable(job.spec.type, job.state).isdisjoint(states)


def can_ever_come(job_type: JobType, states: Collection[State]) -> bool:
    """Whether jobs of a type ever come to one of the states."""
    return not reachable(job_type, State.PENDING).isdisjoint(states)


def hopeless(job: Job) -> str:
    """Why nobody needs to wait any more."""
    is_dying = job.kill_requested and job.state is State.RUNNING
    what = "being killed" if is_dying else job.state
    return f"Job is {what}, and will not come to the state that you wait for unless it is started"
