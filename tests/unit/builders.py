"""Small makers of values that the unit tests share."""

import sys
from collections.abc import Iterable
from signal import SIGINT, Signals
from typing import Any, TypeVar

import pytest
from attrs import define, field

from k1s.events import (
    Answer,
    Effect,
    Event,
    Fact,
    Kill,
    Moved,
    Publish,
    Run,
    Start,
    Started,
    Ticket,
    Woken,
)
from k1s.job import Exit, Job, JobSpec, JobType, Moment
from k1s.lifecycle import run_of, step, wake_time
from k1s.protocol import CreateJob, DeleteJob, KillJob, Reply, Request
from k1s.registry import Registry

FIRST = 100.0
WALL = 1_000_000_000.0
YEAR_S = 365 * 86_400.0
FOLDER = "/logs"
OK = Exit(code=0)
CRASH = Exit(code=3)

untraced = pytest.mark.skipif(
    sys.gettrace() is not None, reason="a tracer makes each line many times slower"
)

_E = TypeVar("_E")


def make_spec(type: JobType = JobType.CONTINUOUS, **given: Any) -> JobSpec:
    """A job of this type with what it needs, and what is given."""
    needed: dict[str, Any] = {"id": "a", "executable": "/bin/true"}
    if type is JobType.PERIODIC:
        needed["period_in_seconds"] = 10
    return JobSpec(**{**needed, "type": type, **given})


def make_job(type: JobType = JobType.CONTINUOUS, **given: Any) -> Job:
    """A new job, due at once."""
    return Job(make_spec(type, **given).located(FOLDER), creation=1, created_at=WALL, due=FIRST)


def only(of: type[_E], effects: Iterable[object]) -> list[_E]:
    """The effects of one kind."""
    return [effect for effect in effects if isinstance(effect, of)]


def without(of: type[object], effects: Iterable[Effect]) -> list[Effect]:
    """The effects but for those of one kind, which tests of their own look at."""
    return [effect for effect in effects if not isinstance(effect, of)]


@define(eq=False)
class Life:
    """One job on a virtual clock."""

    job: Job
    time: float = FIRST
    wall: float = WALL

    @property
    def now(self) -> Moment:
        """The moment on both clocks."""
        return Moment(self.time, self.wall)

    def take(self, event: Event, after: float = 0) -> list[Effect]:
        """Let time pass, then let the job take an event."""
        self.time += after
        self.wall += after
        return without(Moved, step(self.job, event, self.now))

    def start(self, after: float = 0) -> list[Effect]:
        """Wake the job and report that its program runs."""
        effects = self.take(Woken(), after)
        assert only(Start, effects), "nothing was due"
        return [*effects, *self.take(Started(pid=1000 + self.job.run_count))]

    def start_comes(self) -> list[Effect]:
        """Report that the program runs whose start is under way."""
        return self.take(Started(pid=1000 + self.job.run_count))

    def wake(self) -> list[Effect]:
        """Let time pass until the job next wants to be woken, and wake it."""
        due = wake_time(self.job)
        assert due is not None
        return self.take(Woken(), due - self.time)

    def kill(self, signal: Signals = SIGINT, after: float = 0) -> list[Effect]:
        """Order the end of the job."""
        return self.take(Kill(signal), after)


def make_life(type: JobType = JobType.CONTINUOUS, **given: Any) -> Life:
    """A new job on a clock of its own."""
    return Life(make_job(type, **given))


def make_running(type: JobType = JobType.CONTINUOUS, **given: Any) -> Life:
    """A job whose first run has just started."""
    life = make_life(type, **given)
    life.start()
    return life


@define(eq=False)
class Desk:
    """One registry on a virtual clock."""

    registry: Registry = field(factory=lambda: Registry(FOLDER))
    time: float = FIRST
    wall: float = WALL

    @property
    def now(self) -> Moment:
        """The moment on both clocks."""
        return Moment(self.time, self.wall)

    def ask(self, request: Request, ticket: Ticket = "ticket") -> list[Effect]:
        """Hand in a request."""
        return without(Publish, self.registry.handle(request, ticket, self.now))

    def create(
        self, type: JobType = JobType.CONTINUOUS, ticket: Ticket = "create", **given: Any
    ) -> list[Effect]:
        """Ask for a new job."""
        return self.ask(CreateJob(make_spec(type, **given)), ticket)

    def kill(self, job_id: str = "a", signal: Signals = SIGINT) -> list[Effect]:
        """Ask for the end of a job."""
        return self.ask(KillJob(job_id, signal), "kill")

    def delete(self, job_id: str = "a", ticket: Ticket = "delete") -> list[Effect]:
        """Ask for the end of a job and of all memory of it."""
        return self.ask(DeleteJob(job_id), ticket)

    def tell(self, fact: Fact, run: Run | None = None) -> list[Effect]:
        """Report news of a run: of the latest run of job `a` unless another is named."""
        run = run or run_of(self.job())
        return without(Publish, self.registry.tell(run, fact, self.now))

    def wake(self, job_id: str = "a", after: float = 0) -> list[Effect]:
        """Let time pass, then wake a job."""
        self.time += after
        self.wall += after
        return without(Publish, self.registry.wake(job_id, self.now))

    def job(self, job_id: str = "a") -> Job:
        """A job of the registry."""
        return next(job for job in self.registry if job.id == job_id)

    def ids(self) -> list[str]:
        """The ids of all jobs, in order."""
        return [job.id for job in self.registry]


def replies(effects: Iterable[object]) -> dict[Ticket, Reply]:
    """The answers among effects by their tickets."""
    answers = only(Answer, effects)
    assert len({answer.ticket for answer in answers}) == len(answers), "answered twice"
    return {answer.ticket: answer.reply for answer in answers}
