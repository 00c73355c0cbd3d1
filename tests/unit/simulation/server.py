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
    Notify,
    Publish,
    Record,
    Run,
    SendSignal,
    Start,
    Wake,
)
from k1s.job import FINAL, WAITING, Job, JobSpec, JobType, Moment, State
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    GetAllJobs,
    JobReply,
    JobsReply,
    KillJob,
    Message,
    Refusal,
    Reply,
    Request,
    RestartJob,
    SignalJob,
    StartJob,
    WaitJob,
)
from k1s.registry import JOBS_MAX, Registry
from k1s.transition import Transition, Trigger
from k1s.views import timestamp

from .accounts import MOVES, RUNNING, Account
from .agenda import Agenda, Entry
from .engine import Engine
from .programs import Process

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
    jobs: list[Job] = field(factory=list, init=False)
    accounts: dict[str, Account] = field(factory=dict, init=False)
    closed: list[tuple[Job, Account]] = field(factory=list, init=False)
    timers: dict[str, Timer] = field(factory=dict, init=False)
    waiting: dict[int, Request] = field(factory=dict, init=False)
    heard: int = field(default=0, init=False)
    last_moves: dict[str, Transition] = field(factory=dict, init=False)
    _registry: Registry = field(factory=lambda: Registry(FOLDER), init=False)
    _tickets: Iterator[int] = field(factory=count, init=False)
    _notes: list[tuple[object, ...]] = field(factory=list, init=False)

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
        self._notes.append((self.agenda.time, what, *about))

    @property
    def trace(self) -> list[str]:
        """All that was noted, put into words now: what is noted never changes."""
        return [" ".join(map(str, note)) for note in self._notes]

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
        if isinstance(request, WaitJob) and refusal is None:
            self._check_wait(request, reply)
        else:
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
        if isinstance(request, CreateJob | CreateJobs):
            is_taken = any(spec.id in self.accounts for spec in _specs(request))
            return Code.JOB_EXISTS if is_taken else None
        if isinstance(request, GetAllJobs):
            return None
        account = self.accounts.get(_subject(request))
        return Code.JOB_NOT_FOUND if account is None else self._refusal_by(account, request)

    def _refusal_by(self, account: Account, request: Request) -> Code | None:
        is_running = account.state is State.RUNNING
        match request:
            case KillJob() if account.spec.type is JobType.ONE_TIME:
                return Code.NOT_KILLABLE
            case KillJob() if account.state in {State.DONE, State.EXHAUSTED}:
                return Code.ALREADY_FINISHED
            case StartJob() if is_running and account.kill_asked is not None:
                return Code.BEING_KILLED
            case RestartJob() if is_running and account.is_deleted:
                return Code.OVERTAKEN
            case SignalJob() if not self._has_main(request.job_id):
                return Code.NOT_RUNNING
        return None

    def _take_note(self, request: Request) -> None:
        now = self.agenda.time
        match request:
            case CreateJob() | CreateJobs():
                self.accounts |= {spec.id: Account(spec, due=now) for spec in _specs(request)}
            case KillJob():
                self.accounts[request.job_id].kill(now)
            case DeleteJob():
                self.accounts[request.job_id].is_deleted = True
                self.accounts[request.job_id].kill(now)
            case StartJob() if self.accounts[request.job_id].state is not State.RUNNING:
                self.accounts[request.job_id].begin(now)
            case RestartJob():
                self.accounts[request.job_id].restart(now)

    def _check_wait(self, request: WaitJob, reply: Reply | None) -> None:
        """It is answered at once only when the state is there, or cannot come."""
        assert isinstance(reply, JobReply) is self._has_come(request)
        assert not isinstance(reply, Refusal) or reply.code is Code.UNREACHABLE_STATE

    def _has_come(self, request: WaitJob) -> bool:
        state = self.accounts[request.job_id].state
        is_wanted = state in FINAL if request.for_ is None else state is request.for_
        return is_wanted and not (state is State.RUNNING and self._is_being_started(request.job_id))

    def _process(self, job_id: str) -> Process | None:
        processes = self.engine.processes
        return next((each for run, each in processes.items() if run.job_id == job_id), None)

    def _has_main(self, job_id: str) -> bool:
        process = self._process(job_id)
        return process is not None and process.is_alive and process.exit is None

    def _is_being_started(self, job_id: str) -> bool:
        process = self._process(job_id)
        return process is not None and not process.is_alive

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
        effects = act()
        if self._registry.journal.latest != self.heard:
            self._hear()
        return effects

    def _hear(self) -> None:
        """Moves are numbered without a gap, and each begins where the one before has ended."""
        missed, moves = self._registry.journal.since(self.heard, JOBS_MAX)
        assert not missed
        for move in moves:
            self.heard += 1
            assert move.sequence == self.heard
            before = self.last_moves.get(move.job_id)
            assert move.source is (before.target if before else None)
            self._check_move(move)
            self.last_moves[move.job_id] = move
        if any(move.source is None or move.target is None for move in moves):
            self._take_census()

    def _check_move(self, move: Transition) -> None:
        """It is a row of the table; and what is over begins again only if somebody asks for it."""
        if move.source is None or move.target is None:
            return
        is_wish = move.trigger is Trigger.KILL and move.source is State.RUNNING
        if not is_wish:
            row = (move.source, move.target)
            assert row in MOVES[self.accounts[move.job_id].spec.type], f"{move.job_id}: {row}"
            self.note("became", move.job_id, move.target)
        assert move.is_ordered or move.source not in FINAL

    def _take_census(self) -> None:
        """Jobs have come or gone; who has gone takes the account along."""
        jobs = list(self._registry)
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
            case Notify():
                self.engine.notify(effect.run, effect.signal)
            case Wake():
                self._set_timer(effect.job_id, effect.at)
            case Record():
                self.note("recorded", effect.path, effect.line.rstrip())
                assert effect.line.startswith(timestamp(self.now.wall))
            case Publish():
                assert effect.transition.sequence <= self.heard, "told before it is remembered"
            case _:
                raise AssertionError(effect)
        return []

    def _answer(self, answer: Answer) -> Reply:
        """Each request is answered once, and a line goes over the wire for it."""
        assert answer.ticket in self.waiting, "answered twice"
        request = self.waiting.pop(answer.ticket)
        self.note("answered", answer.ticket, encode(answer.reply).decode().rstrip())
        if isinstance(request, DeleteJob) and answer.reply == Message("Job deleted"):
            assert request.job_id not in self.accounts, "deleted and still there"
        if isinstance(request, CreateJob) and isinstance(answer.reply, JobReply):
            assert answer.reply.job.id == request.job.id
            assert answer.reply.job.run_count >= 1  # a restart may follow a start that failed
        if isinstance(request, CreateJobs) and isinstance(answer.reply, JobsReply):
            assert [job.id for job in answer.reply.jobs] == [spec.id for spec in request.jobs]
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
        runs, wake_ups, now = 0, 0, self.agenda.time
        live = {run.job_id for run in self.engine.processes}
        for job, account in zip(self.jobs, self.accounts.values(), strict=True):
            job_id, state, wake_at = job.spec.id, job.state, job.wake_at
            assert job_id == account.spec.id
            assert state is account.state, f"{job_id} should be {account.state}: {job}"
            assert job.run_count == account.run_count
            assert job.exit is account.exit or job.exit == account.exit
            assert job.kill_requested is (account.life.kill_asked is not None)
            if state is RUNNING:
                runs += 1
                assert job_id in live
            elif state in WAITING:
                assert wake_at == account.due, f"{job_id} should wait for {account.due}: {job}"
            if (job.failed_count or account.failures) and (wake_at is None or wake_at > now):
                assert job.failed_count == account.failures_by(now)
            if wake_at is not None and state not in FINAL:
                wake_ups += 1
                assert job_id in self.timers, f"{job_id} is never woken: {job}"
                assert self.timers[job_id].at == wake_at
        # Each job that runs has one run, others have none, and no wake-up is left for nobody.
        assert len(self.engine.processes) == len(live) == runs
        assert len(self.timers) == wake_ups
        self._check_ends()
        self._check_clients()

    def _check_ends(self) -> None:
        """What is left behind gets SIGKILL at once, and so does what outlasts a stop timeout."""
        now = self.agenda.time
        for run, process in self.engine.processes.items():
            account = self.accounts[run.job_id]
            asked = account.life.kill_asked
            if asked is None:
                assert process.is_swept is (process.exit is not None), f"{run}: {process}"
            elif process.is_alive and now >= asked + account.spec.stop_timeout_seconds:
                timer = self.timers.get(run.job_id)
                is_overdue = timer is not None and timer.at <= now
                assert process.is_swept or is_overdue, f"{run} has outlasted its stop timeout"

    def _check_clients(self) -> None:
        """Who waits for an answer waits for a start, for the end of a run or for a state."""
        for request in self.waiting.values():
            match request:
                case CreateJob() | CreateJobs():
                    assert any(self._is_being_started(spec.id) for spec in _specs(request))
                case StartJob():
                    assert self._is_being_started(request.job_id)
                case RestartJob():
                    is_to_begin = self.accounts[request.job_id].is_to_begin
                    assert is_to_begin or self._is_being_started(request.job_id)
                case WaitJob():
                    assert not self._has_come(request), request
                case _:
                    assert isinstance(request, DeleteJob)
                    assert self.accounts[request.job_id].state is State.RUNNING


def _specs(request: CreateJob | CreateJobs) -> tuple[JobSpec, ...]:
    return (request.job,) if isinstance(request, CreateJob) else request.jobs


def _subject(request: Request) -> str:
    match request:
        case CreateJob():
            return request.job.id
        case CreateJobs():
            return " ".join(spec.id for spec in request.jobs)
        case GetAllJobs():
            return ""
        case _:
            return request.job_id
