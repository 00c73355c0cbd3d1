"""The runner of a simulation: carries out effects as the real one does, and checks each step.

An effect is carried out to its last consequence before the next one, as in the
real runner. Nothing is taken on trust: what the registry decides is held
against the accounts.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Final

from attrs import define, field

from k1s.codec import encode
from k1s.errors import Code
from k1s.events import (
    Answer,
    Effect,
    Fact,
    Publish,
    Record,
    Run,
    SendSignal,
    Start,
    Wake,
)
from k1s.job import FINAL, WAITING, Job, JobType, Moment, State
from k1s.protocol import (
    CreateJob,
    DeleteJob,
    GetAllJobs,
    GetJobById,
    JobReply,
    KillJob,
    Message,
    Refusal,
    Reply,
    Request,
    timestamp,
)
from k1s.registry import Registry
from k1s.transition import Transition

from .accounts import MOVES, Account
from .agenda import Agenda, Entry
from .engine import Engine

FOLDER: Final = "/logs"
# Chances from 0 to 1, and seconds.
ON_TIME: Final = 0.8
EARLY: Final = 0.1


@define(eq=False)
class Timer:
    """A wake-up that is under way."""

    at: float
    entry: Entry


@define(eq=False)
class Server:
    """One registry whose programs, timers and clients are simulated."""

    agenda: Agenda
    programs: Random
    wakes: Random
    wall_ahead: float
    engine: Engine = field(init=False)
    trace: list[str] = field(factory=list, init=False)
    jobs: list[Job] = field(factory=list, init=False)
    accounts: dict[str, Account] = field(factory=dict, init=False)
    closed: list[tuple[Job, Account]] = field(factory=list, init=False)
    timers: dict[str, Timer] = field(factory=dict, init=False)
    waiting: dict[int, Request] = field(factory=dict, init=False)
    published: int = field(default=0, init=False)
    last_moves: dict[str, Transition] = field(factory=dict, init=False)
    _registry: Registry = field(factory=lambda: Registry(FOLDER), init=False)
    _tickets: Iterator[int] = field(factory=count, init=False)

    def __attrs_post_init__(self) -> None:
        self.engine = Engine(
            self.agenda, self.programs, self.accounts, self._tell, self._perform, self.note
        )

    @property
    def now(self) -> Moment:
        """The present on both clocks."""
        return Moment(self.agenda.time, self.agenda.time + self.wall_ahead)

    def note(self, what: str, *about: object) -> None:
        """Write a line to the trace."""
        self.trace.append(" ".join(map(str, (self.agenda.time, what, *about))))

    # What clients ask

    def ask(self, request: Request) -> Reply | None:
        """Let a client ask, and check the answer; None if it has to wait."""
        ticket = next(self._tickets)
        self.waiting[ticket] = request
        self.note("asked", ticket, type(request).__name__, _subject(request))
        refusal = self._refusal(request)
        if refusal is None:
            self._take_note(request)
        answers = self._perform(lambda: self._registry.handle(request, ticket, self.now))
        reply = answers.get(ticket)
        assert (reply.code if isinstance(reply, Refusal) else None) == refusal
        return reply

    def stop(self) -> None:
        """Tell the server to end."""
        self.note("stopped")
        for account in self.accounts.values():
            account.kill(self.agenda.time)
        self._perform(lambda: self._registry.stop(self.now))

    def _refusal(self, request: Request) -> Code | None:
        """With what this request has to be refused, if it has to be."""
        account = self.accounts.get(_subject(request))
        match request:
            case CreateJob():
                return Code.JOB_EXISTS if account else None
            case KillJob() | DeleteJob() | GetJobById() if account is None:
                return Code.JOB_NOT_FOUND
            case KillJob() if account.spec.type is JobType.ONE_TIME:
                return Code.NOT_KILLABLE
            case KillJob() if account.state in {State.DONE, State.EXHAUSTED}:
                return Code.ALREADY_FINISHED
        return None

    def _take_note(self, request: Request) -> None:
        match request:
            case CreateJob():
                self.accounts[request.job.id] = Account(request.job, due=self.agenda.time)
            case KillJob() | DeleteJob():
                self.accounts[request.job_id].kill(self.agenda.time)

    # What the registry decides

    def _perform(self, act: Callable[[], list[Effect]]) -> dict[int, Reply]:
        """Let the registry act, carry out all that follows, and see that all is as it should be."""
        answers: dict[int, Reply] = {}
        pending = deque(self._watched(act))
        while pending:
            effect = pending.popleft()
            if isinstance(effect, Answer):
                answers[effect.ticket] = self._answer(effect)
            else:
                pending.extendleft(reversed(self._carry_out(effect)))
        self.check()
        return answers

    def _watched(self, act: Callable[[], list[Effect]]) -> list[Effect]:
        """The effects of one act, and a check of every move that it has made."""
        before = [job.state for job in self.jobs]
        effects = act()
        for job, old in zip(self.jobs, before, strict=True):
            self._check_move(job, old)
        jobs = list(self._registry)
        if jobs != self.jobs:
            self._take_census(jobs)
        return effects

    def _check_move(self, job: Job, old: State) -> None:
        if job.state is not old:
            assert (old, job.state) in MOVES[job.spec.type], f"{job.id}: {old} to {job.state}"
            self.note("became", job.id, job.creation, job.state)

    def _take_census(self, jobs: list[Job]) -> None:
        """Jobs have come or gone; who has gone takes the account along."""
        for job in jobs:
            if job not in self.jobs:
                self._check_move(job, State.PENDING)
        for job in self.jobs:
            if job not in jobs:
                self.closed.append((job, self.accounts.pop(job.id)))
        self.jobs = jobs

    def _carry_out(self, effect: Effect) -> list[Effect]:
        match effect:
            case Start():
                return self._start(effect)
            case SendSignal():
                self.engine.signal(effect.run, effect.signal)
            case Wake():
                self._set_timer(effect.job_id, effect.at)
            case Record():
                self.note("recorded", effect.path, effect.line.rstrip())
                assert effect.line.startswith(timestamp(self.now.wall))
            case Publish():
                self._publish(effect.transition)
            case _:
                raise AssertionError(effect)
        return []

    def _publish(self, transition: Transition) -> None:
        """Moves are numbered without a gap, and each begins where the one before has ended."""
        self.published += 1
        assert transition.sequence == self.published
        before = self.last_moves.get(transition.job_id)
        assert transition.source is (before.target if before else None)
        self.last_moves[transition.job_id] = transition

    def _answer(self, answer: Answer) -> Reply:
        """Each request is answered once, and a line goes over the wire for it."""
        assert answer.ticket in self.waiting, "answered twice"
        request = self.waiting.pop(answer.ticket)
        self.note("answered", answer.ticket, encode(answer.reply).decode().rstrip())
        if isinstance(request, DeleteJob) and answer.reply == Message("Job deleted"):
            assert request.job_id not in self.accounts, "deleted and still there"
        if isinstance(request, CreateJob) and isinstance(answer.reply, JobReply):
            assert (answer.reply.job.id, answer.reply.job.run_count) == (request.job.id, 1)
        return answer.reply

    # Timers

    def _set_timer(self, job_id: str, at: float | None) -> None:
        if job_id in self.timers:
            self.timers.pop(job_id).entry.call_off()
        if at is not None:
            late_s = self._lateness()
            self.note("set", job_id, at, late_s)
            entry = self.agenda.at(at + late_s, lambda: self._wake(job_id))
            self.timers[job_id] = Timer(at, entry)

    def _lateness(self) -> float:
        """How late a wake-up comes; an event loop may also be early by a nanosecond."""
        if self.wakes.random() < ON_TIME:
            return 0
        return -1e-9 if self.wakes.random() < EARLY else self.wakes.expovariate(1)

    def _wake(self, job_id: str) -> None:
        self.note("woken", job_id)
        del self.timers[job_id]
        self.accounts[job_id].woken(self.agenda.time)
        self._perform(lambda: self._registry.wake(job_id, self.now))

    # Programs

    def _start(self, effect: Start) -> list[Effect]:
        return self._watched(lambda: self.engine.start(effect.run, effect.spec))

    def _tell(self, run: Run, fact: Fact) -> list[Effect]:
        self.note("told", run.job_id, run.creation, run.number, fact)
        return self._registry.tell(run, fact, self.now)

    # What must always hold

    def check(self) -> None:
        """Hold everything against the accounts."""
        running, wake_ups = [], {}
        for job, account in zip(self.jobs, self.accounts.values(), strict=True):
            assert job.spec.id == account.spec.id
            assert job.state is account.state, f"{job.id} should be {account.state}: {job}"
            assert job.run_count == len(account.runs)
            assert job.exit == account.exit
            assert job.kill_requested is (account.kill_asked is not None)
            if job.state is State.RUNNING:
                running.append(job.spec.id)
            if job.wake_at is None or job.wake_at > self.agenda.time:
                assert job.failed_count == account.failures_by(self.agenda.time)
            if job.state in WAITING:
                assert job.wake_at == account.due, f"{job.id} should wait for {account.due}: {job}"
            if job.state not in FINAL and job.wake_at is not None:
                wake_ups[job.spec.id] = job.wake_at
        self._check_things(running, wake_ups)
        self._check_ends()
        self._check_clients()

    def _check_things(self, running: list[str], wake_ups: dict[str, float]) -> None:
        """Each job that runs has one run, others have none, and no wake-up is left for nobody."""
        live = sorted(run.job_id for run in self.engine.processes)
        assert live == sorted(running)
        assert {job_id: timer.at for job_id, timer in self.timers.items()} == wake_ups

    def _check_ends(self) -> None:
        """What is left behind gets SIGKILL at once, and so does what outlasts a stop timeout."""
        for run, process in self.engine.processes.items():
            account, timer = self.accounts[run.job_id], self.timers.get(run.job_id)
            patience = account.spec.stop_timeout_seconds
            if account.kill_asked is None:
                assert process.is_swept is (process.exit is not None), f"{run}: {process}"
            elif process.is_alive and self.agenda.time >= account.kill_asked + patience:
                is_overdue = timer is not None and timer.at <= self.agenda.time
                assert process.is_swept or is_overdue, f"{run} has outlasted its stop timeout"

    def _check_clients(self) -> None:
        """Who waits for an answer waits for a first start or for the end of a run."""
        for request in self.waiting.values():
            if isinstance(request, CreateJob):
                run = next(run for run in self.engine.processes if run.job_id == request.job.id)
                assert run.number == 1
                assert not self.engine.processes[run].is_alive
            else:
                assert isinstance(request, DeleteJob)
                assert self.accounts[request.job_id].state is State.RUNNING


def _subject(request: Request) -> str:
    match request:
        case CreateJob():
            return request.job.id
        case GetAllJobs():
            return ""
        case _:
            return request.job_id
