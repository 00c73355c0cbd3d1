"""Who waits for jobs: for their starts to be tried, or for a state to come."""

from collections.abc import Collection, Iterator

from attrs import define, field

from k1s.events import Ticket
from k1s.job import FINAL, Job, JobType, Moment, State
from k1s.lifecycle import reachable
from k1s.protocol import JobReply, JobsReply, Reply
from k1s.views import JobView


@define(eq=False, repr=False)
class Starts:
    """A ticket that waits until the starts of these jobs have been tried; so many are `left`."""

    ticket: Ticket
    jobs: list[Job]
    left: int
    is_list: bool = False

    def reply(self, now: Moment) -> Reply:
        """What it waits for: the jobs, as they are now."""
        views = tuple(JobView.of(job, now) for job in self.jobs)
        return JobsReply(views) if self.is_list else JobReply(views[0])


@define(eq=False, repr=False)
class Waits:
    """The tickets that wait, each for one job."""

    _by_job: dict[str, dict[Ticket, Collection[State]]] = field(factory=dict, init=False)
    _job_of: dict[Ticket, str] = field(factory=dict, init=False)

    def __contains__(self, job_id: str) -> bool:
        """Whether anybody waits for this job."""
        return job_id in self._by_job

    def add(self, ticket: Ticket, job_id: str, states: Collection[State]) -> None:
        """Somebody waits for one of these states."""
        self._by_job.setdefault(job_id, {})[ticket] = states
        self._job_of[ticket] = job_id

    def forget(self, ticket: Ticket) -> None:
        """Somebody waits no more, if he did."""
        job_id = self._job_of.pop(ticket, None)
        if job_id is not None:
            self._by_job[job_id].pop(ticket)
            if not self._by_job[job_id]:
                del self._by_job[job_id]

    def settle(self, job: Job, *, goes_on: bool) -> Iterator[tuple[Ticket, bool]]:
        """Those whose wait for this job is over, and whether what they wait for has come.

        It cannot come any more to a job that is at its end, or is to be killed. One that
        `goes_on` from there, by a restart or a deletion, has come to the state, but is not
        over: only who waits for that state by name is told.
        """
        for ticket, states in list(self._by_job.get(job.id, {}).items()):
            comes = has_come(job, states) and not (goes_on and states == FINAL)
            if comes or not (goes_on or can_come(job, states)):
                self.forget(ticket)
                yield ticket, comes

    def drop(self, job_id: str) -> list[Ticket]:
        """Those who wait for a job that is deleted; they are forgotten."""
        tickets = list(self._by_job.get(job_id, ()))
        for ticket in tickets:
            self.forget(ticket)
        return tickets


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
