"""Random histories of a whole registry, with a simulated engine and a virtual clock.

The rules are what clients, programs and time can do, in any order. After each
one everything that must always hold is checked, most of it against a model
that counts for itself: it looks at what happened to a run and at the time, and
never at a job's own counts. All times are whole multiples of 1/8 s, so that
the arithmetic is exact and so is the comparison.

`K1S_HISTORIES` sets how many histories are played. They are few by default: `test_many_histories`
plays thousands by the same rules, each for a fraction of what Hypothesis takes to remember one.
"""

import os
from collections.abc import Callable, Sequence
from itertools import count
from operator import attrgetter
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, Signals
from typing import Any, Final

from attrs import define, field, fields
from builders import FIRST, FOLDER, OK, WALL, YEAR_S
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from k1s.errors import Code
from k1s.events import (
    Answer,
    Effect,
    Ended,
    Fact,
    MainExited,
    Notify,
    NotStarted,
    Publish,
    Record,
    Run,
    SendSignal,
    Start,
    Started,
    Wake,
)
from k1s.job import FINAL, Exit, Job, JobSpec, JobType, Moment, State
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    GetAllJobs,
    GetJobById,
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
from k1s.registry import Registry
from k1s.transition import Transition
from k1s.views import JobView

PENDING, RUNNING, RESTARTING = State.PENDING, State.RUNNING, State.RESTARTING
KILLED, EXHAUSTED, DONE = State.KILLED, State.EXHAUSTED, State.DONE

MOVES: Final = {(PENDING, RUNNING), (PENDING, KILLED), (RUNNING, KILLED), (RUNNING, EXHAUSTED)}
# Only an order does this.
REVIVALS: Final = {(state, RUNNING) for state in FINAL}
RETRIES: Final = {(RUNNING, RESTARTING), (RESTARTING, RUNNING), (RESTARTING, KILLED)}
ALLOWED: Final = {
    JobType.ONE_TIME: MOVES | REVIVALS | RETRIES | {(RUNNING, DONE)},
    JobType.PERIODIC: MOVES | REVIVALS | {(RUNNING, PENDING)},
    JobType.CONTINUOUS: MOVES | REVIVALS | RETRIES,
}

SOME_PICKS: Final = range(8)
SOME_EXITS: Final = (OK, OK, Exit(code=3), Exit(signal=SIGKILL), Exit(signal=SIGINT))
SOME_FACTS: Final = (Started(9), NotStarted("x"), Ended(OK), MainExited(OK))
SOME_SIGNALS: Final = (SIGINT, SIGINT, SIGTERM, SIGKILL)
# From an eighth of a second to a minute, and the suspend of a week.
SOME_SPANS: Final = tuple(eighths / 8 for eighths in (1, 2, 8, 12, 16, 40, 80, 480))
SOME_STALLS: Final = (*SOME_SPANS, 604_800.0)
SOME_JUMPS: Final = (-YEAR_S, YEAR_S)
SOME_ENDS: Final = ("kill", "restart", "delete")

PICKS: Final = st.sampled_from(SOME_PICKS)
EXITS: Final = st.sampled_from(SOME_EXITS)
FACTS: Final = st.sampled_from(SOME_FACTS)
SPANS: Final = st.sampled_from(SOME_SPANS)

ALL_OF_A_VIEW: Final = attrgetter(*(attribute.name for attribute in fields(JobView)))

Choose = Callable[[Sequence[Any]], Any]


def some_spec(choose: Choose) -> JobSpec:
    """A job whose seconds are all binary fractions."""
    job_type = choose(list(JobType))
    periodic = job_type is JobType.PERIODIC
    return JobSpec(
        id=choose("abc"),
        type=job_type,
        executable="x",
        period_in_seconds=choose([0.5, 1, 2.5, 10]) if periodic else None,
        max_retry=choose([0, 1, 2, 5, -1]),
        restart_delay_seconds=choose([0.125, 1]),
        max_restart_delay_seconds=choose([1, 3]),
        healthy_after_seconds=choose([None, 1, 5]),
        stop_timeout_seconds=choose([0, 1, 10]),
    )


@st.composite
def specs(draw: st.DrawFn) -> JobSpec:
    """Any of these jobs."""
    return some_spec(lambda items: draw(st.sampled_from(items)))


@define(eq=False)
class Process:
    """A run as the engine sees it, from the order to start it until nothing of it is left."""

    run: Run
    started: bool = False
    exit: Exit | None = None
    signals: list[Signals] = field(factory=list)


@define(eq=False)
class Model:
    """What should have become of a job, counted from what happened to its runs."""

    job: Job
    spec: JobSpec
    state: State = PENDING
    runs: int = 0
    failures: int = 0
    due: float = 0
    first_start: float | None = None
    started: float | None = None
    ended: float = 0
    kill_asked: float | None = None
    hurried: bool = False
    deleting: bool = False
    again: bool = False
    """Whether a run follows once the kill has come to its end."""
    uncounted: int = 0
    """Runs and missed ticks that do not stand for a tick of the present grid."""

    def start(self, now: float) -> None:
        """A run begins."""
        assert self.state in {PENDING, RESTARTING}, "started twice"
        assert self.kill_asked is None, "started after a kill"
        assert self.due <= now, "started too early"
        self.state, self.runs, self.started = RUNNING, self.runs + 1, None
        if self.first_start is None:
            self.first_start = now

    def end(self, now: float, *, succeeded: bool) -> None:
        """A run is over."""
        if self.is_healthy(now):
            self.failures = 0
        self.started, self.ended = None, now
        if self.kill_asked is not None:
            self.state = KILLED
            if self.again:
                self.begin(now, self._missed(now))
            return
        self.failures = 0 if succeeded else self.failures + 1
        self.state = self._next_state(succeeded=succeeded)
        if self.state is PENDING:
            self.due = self._next_tick(now)
        elif self.state is RESTARTING:
            base, most = self.spec.restart_delay_seconds, self.spec.max_restart_delay_seconds
            self.due = now + min(base * 2 ** max(self.failures - 1, 0), most)

    def _missed(self, now: float) -> int:
        """How many ticks have been missed by the end of a run."""
        if self.spec.type is not JobType.PERIODIC:
            return 0
        return self.ticks(now) + self.uncounted + 1 - self.runs

    def begin(self, now: float, missed: int | None = None) -> None:
        """Somebody asks for a run at once: of a job that waits, or of one that is over."""
        self.failures, self.again = 0, False
        if self.state in FINAL:
            self.kill_asked, self.hurried, self.first_start = None, False, None
            self.uncounted = self.runs + (self.job.missed_count if missed is None else missed)
            self.state = PENDING
        elif self.first_start is not None and self.due > now:
            self.uncounted += 1
        self.due = now

    def kill(self, now: float, signal: Signals = SIGINT) -> None:
        """Somebody asks for the end."""
        self.again = False
        self.hurried = self.hurried or signal is SIGKILL
        if self.kill_asked is None:
            self.kill_asked = now
            if self.state is not RUNNING:
                self.state = KILLED

    def is_healthy(self, now: float) -> bool:
        """Whether the run that goes on has lasted long enough."""
        after = self.spec.healthy_after_seconds
        return after is not None and self.started is not None and now >= self.started + after

    def ticks(self, now: float) -> int:
        """How many ticks have fallen after the first start."""
        assert self.first_start is not None
        assert self.spec.period_in_seconds is not None
        return int((now - self.first_start) // self.spec.period_in_seconds)

    def _next_tick(self, now: float) -> float:
        assert self.first_start is not None
        assert self.spec.period_in_seconds is not None
        return self.first_start + (self.ticks(now) + 1) * self.spec.period_in_seconds

    def _next_state(self, *, succeeded: bool) -> State:
        if not succeeded and self.failures > self.spec.max_retry != -1:
            return EXHAUSTED
        if self.spec.type is JobType.PERIODIC:
            return PENDING
        if succeeded and self.spec.type is JobType.ONE_TIME:
            return DONE
        return RESTARTING


class History(RuleBasedStateMachine):
    """One registry, all that can happen to it, and all that must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry(FOLDER)
        self.time, self.wall = FIRST, WALL
        self.models: dict[str, Model] = {}
        self.processes: dict[Run, Process] = {}
        self.over: list[Run] = []
        self.timers: dict[str, float] = {}
        self.tickets = count()
        self.waiting: dict[int, Request] = {}
        self.moves: dict[str, Transition] = {}
        self.killed: set[str] = set()
        self.latest = 0
        self.stopping = False

    @initialize(jobs=st.lists(specs(), min_size=2, max_size=4))
    def begin(self, jobs: list[JobSpec]) -> None:
        """A server that has jobs already: some of one id, so that not all are taken."""
        for spec in jobs:
            self.create(spec)
            self.all_starts_succeed()

    # What clients do

    @rule(spec=specs())
    def create(self, spec: JobSpec) -> None:
        """Somebody asks for a new job."""
        taken = spec.id in self.models
        reply = self._ask(CreateJob(spec))
        if self.stopping:
            self._assert_refused(reply, Code.SHUTTING_DOWN)
        elif taken:
            self._assert_refused(reply, Code.JOB_EXISTS)
        else:
            assert reply is None
            assert self.models[spec.id].state is RUNNING

    @rule(jobs=st.lists(specs(), min_size=1, max_size=3))
    def create_several(self, jobs: list[JobSpec]) -> None:
        """Somebody asks for several new jobs, or none."""
        ids = [spec.id for spec in jobs]
        taken = len(set(ids)) < len(ids) or not self.models.keys().isdisjoint(ids)
        reply = self._ask(CreateJobs(tuple(jobs)))
        if self.stopping:
            self._assert_refused(reply, Code.SHUTTING_DOWN)
        elif taken:
            self._assert_refused(reply, Code.JOB_EXISTS)
        else:
            assert reply is None
            assert all(self.models[job_id].state is RUNNING for job_id in ids)

    @precondition(lambda self: self.models)
    @rule(pick=PICKS)
    def start(self, pick: int) -> None:
        """Somebody asks for a run at once, unless there is one."""
        job_id = self._some_id(pick)
        model = self.models.get(job_id)
        if model is None or self.stopping:
            code = Code.SHUTTING_DOWN if self.stopping else Code.JOB_NOT_FOUND
            self._assert_refused(self._ask(StartJob(job_id)), code)
        elif model.state is not RUNNING:
            model.begin(self.time)
            assert self._ask(StartJob(job_id)) is None
            assert model.state is RUNNING
        elif model.kill_asked is not None:
            self._assert_refused(self._ask(StartJob(job_id)), Code.BEING_KILLED)
        else:
            under_way = any(process.run.job_id == job_id for process in self._starting())
            assert (self._ask(StartJob(job_id)) is None) is under_way

    @precondition(lambda self: self.models)
    @rule(pick=PICKS)
    def restart(self, pick: int) -> None:
        """Somebody asks for the end of a run, and for another one."""
        job_id = self._some_id(pick)
        model = self.models.get(job_id)
        if model is None or self.stopping:
            code = Code.SHUTTING_DOWN if self.stopping else Code.JOB_NOT_FOUND
            self._assert_refused(self._ask(RestartJob(job_id)), code)
        elif model.deleting:
            self._assert_refused(self._ask(RestartJob(job_id)), Code.OVERTAKEN)
        elif model.state is RUNNING:
            model.kill(self.time)
            model.again = True
            assert self._ask(RestartJob(job_id)) is None
        else:
            model.begin(self.time)
            assert self._ask(RestartJob(job_id)) is None
            assert model.state is RUNNING

    @precondition(lambda self: self.models)
    @rule(pick=PICKS)
    def signal(self, pick: int) -> None:
        """Somebody has a signal sent."""
        job_id = [*self.models][pick % len(self.models)]
        alive = any(process.run.job_id == job_id for process in self._alive())
        reply = self._ask(SignalJob(job_id, SIGHUP))
        assert isinstance(reply, Message if alive else Refusal)

    @precondition(lambda self: self.models)
    @rule(pick=PICKS, state=st.none() | st.sampled_from(State), goes=st.booleans())
    def wait(self, pick: int, state: State | None, *, goes: bool) -> None:
        """Somebody waits for a state, and may go again."""
        job_id = [*self.models][pick % len(self.models)]
        reply = self._ask(WaitJob(job_id, state))
        if isinstance(reply, Refusal):
            assert reply.code is Code.UNREACHABLE_STATE
            assert not self._has_come(job_id, state)
        elif reply is None and goes:
            ticket, _ = self.waiting.popitem()
            self.registry.forget(ticket)

    @precondition(lambda self: self._alive())
    @rule(pick=PICKS, order=st.sampled_from(SOME_ENDS))
    def wait_until_killed(self, pick: int, order: str) -> None:
        """Somebody waits until a job is killed; somebody else sees to it, and it ends."""
        run = self._pick(self._alive(), pick).run
        place = [*self.models].index(run.job_id)
        self.wait(place, KILLED, goes=False)
        match order:
            case "kill":
                self.kill(place, SIGINT)
            case "restart":
                self.restart(place)
            case _:
                self.delete(place)
        self._end(run, Ended(OK), succeeded=True)

    def _has_come(self, job_id: str, state: State | None) -> bool:
        model = self.models[job_id]
        starting = any(process.run.job_id == job_id for process in self._starting())
        return model.state in (FINAL if state is None else {state}) and not starting

    @precondition(lambda self: self._may_go())
    @rule(pick=PICKS)
    def go(self, pick: int) -> None:
        """Somebody who waits for an answer goes, and what he has asked for is done all the same."""
        tickets = self._may_go()
        ticket = tickets[pick % len(tickets)]
        del self.waiting[ticket]
        self.registry.forget(ticket)

    def _may_go(self) -> list[int]:
        """Who waits for what follows an end, or for a state."""
        return [
            ticket
            for ticket, request in self.waiting.items()
            if isinstance(request, DeleteJob | WaitJob)
            or (isinstance(request, RestartJob) and self._process(request.job_id).started)
        ]

    @precondition(lambda self: self.models)
    @rule(pick=PICKS, signal=st.sampled_from(SOME_SIGNALS))
    def kill(self, pick: int, signal: Signals) -> None:
        """Somebody asks for the end of a job."""
        job_id = self._some_id(pick)
        model = self.models.get(job_id)
        code = self._code_of_a_kill(model)
        if code is None and model is not None:
            model.kill(self.time, signal)
        reply = self._ask(KillJob(job_id, signal))
        if code is not None:
            self._assert_refused(reply, code)
        else:
            assert reply == Message("Job killed")

    def _code_of_a_kill(self, model: Model | None) -> Code | None:
        if model is None:
            return Code.JOB_NOT_FOUND
        if model.spec.type is JobType.ONE_TIME:
            return Code.NOT_KILLABLE
        return Code.ALREADY_FINISHED if model.state in {DONE, EXHAUSTED} else None

    @precondition(lambda self: self.models)
    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        """Somebody asks for the end of a job and of all memory of it."""
        job_id = self._some_id(pick)
        model = self.models.get(job_id)
        if model is None:
            self._assert_refused(self._ask(DeleteJob(job_id)), Code.JOB_NOT_FOUND)
            return
        model.deleting, model.again = True, False
        if model.state not in FINAL:
            model.kill(self.time)
        reply = self._ask(DeleteJob(job_id))
        if model.state is RUNNING:
            assert reply is None
        else:
            assert reply == Message("Job deleted")

    @precondition(lambda self: self.models)
    @rule()
    def look(self) -> None:
        """Somebody lists the jobs: in the order of their creation, each consistent in itself."""
        reply = self._ask(GetAllJobs())
        assert isinstance(reply, JobsReply)
        assert [view.id for view in reply.jobs] == list(self.models)
        for view in reply.jobs:
            self._check_view(view)
            assert self._ask(GetJobById(view.id)) == JobReply(view)

    @precondition(lambda self: self.models and not self.stopping)
    @rule(pick=PICKS, fact=FACTS)
    def replace(self, pick: int, fact: Fact) -> None:
        """A job is deleted and made again under its id, and late news of the old one comes."""
        job_id = [*self.models][pick % len(self.models)]
        spec = self.models[job_id].spec
        self.delete([*self.models].index(job_id))
        self.all_starts_succeed()
        for process in [p for p in self.processes.values() if p.run.job_id == job_id]:
            self._end(process.run, Ended(OK), succeeded=True)
        self.create(spec)
        if self.over:
            self.late_news(0, fact)

    # What programs do

    @precondition(lambda self: self._starting())
    @rule(pick=PICKS)
    def start_succeeds(self, pick: int) -> None:
        """The engine has started a program."""
        process = self._pick(self._starting(), pick)
        process.started = True
        self.models[process.run.job_id].started = self.time
        self._tell(process.run, Started(pid=pick + 1))

    @rule()
    def all_starts_succeed(self) -> None:
        """The engine has started all that it was told to."""
        while self._starting():
            self.start_succeeds(0)

    @precondition(lambda self: self._starting())
    @rule(pick=PICKS)
    def start_fails(self, pick: int) -> None:
        """The engine could not start a program."""
        run = self._pick(self._starting(), pick).run
        self._end(run, NotStarted("no"), succeeded=False)

    @precondition(lambda self: self._alive())
    @rule(pick=PICKS, exit=EXITS)
    def main_exits(self, pick: int, exit: Exit) -> None:
        """A main process ends and leaves others behind."""
        process = self._pick(self._alive(), pick)
        process.exit = exit
        self._tell(process.run, MainExited(exit))

    @precondition(lambda self: self._alive() or self._orphaned())
    @rule(pick=PICKS, exit=EXITS)
    def all_end(self, pick: int, exit: Exit) -> None:
        """The last process of a run ends."""
        process = self._pick(self._alive() + self._orphaned(), pick)
        exit = process.exit or exit
        self._end(process.run, Ended(exit), succeeded=exit.succeeded)

    @precondition(lambda self: self.models)
    @rule(pick=PICKS, runs=st.integers(1, 6), exit=EXITS, lasts=SPANS, sleeps=st.booleans())
    def some_runs(self, pick: int, runs: int, exit: Exit, lasts: float, *, sleeps: bool) -> None:
        """A job has several runs one after the other, as far as it is allowed to."""
        job_id = self._some_id(pick)
        for _ in range(runs):
            self._run_through(job_id, exit, self.stall if sleeps else self.time_passes, lasts)

    def _run_through(
        self, job_id: str, exit: Exit, pass_time: Callable[[float], None], lasts: float
    ) -> None:
        if job_id in self.timers and self.models[job_id].state is not RUNNING:
            self._wake_at_its_time(job_id)
        self.all_starts_succeed()
        for process in [p for p in self._alive() if p.run.job_id == job_id]:
            pass_time(lasts)
            self._end(process.run, Ended(exit), succeeded=exit.succeeded)

    @precondition(lambda self: self.over)
    @rule(pick=PICKS, fact=FACTS)
    def late_news(self, pick: int, fact: Fact) -> None:
        """News of a run that is over, or of a job that is gone, changes nothing."""
        run = self.over[-1 - pick % len(self.over)]
        assert self.registry.tell(run, fact, self._now()) == []

    # What time does

    @rule(span=SPANS)
    def time_passes(self, span: float) -> None:
        """Every wake-up comes when it is due; those that are overdue come first, and late."""
        end = self.time + span
        while self.timers and min(self.timers.values()) <= end:
            self._wake_next()
        self._set_time(end)

    @rule(span=st.sampled_from(SOME_STALLS))
    def stall(self, span: float) -> None:
        """The server is suspended: time passes and no wake-up comes."""
        self._set_time(self.time + span)

    @precondition(lambda self: self.timers)
    @rule()
    def next_is_due(self) -> None:
        """Time passes until something is due, and its wake-up comes."""
        self._wake_next()

    @precondition(lambda self: self.models)
    @rule(pick=PICKS)
    def wake_for_nothing(self, pick: int) -> None:
        """A wake-up comes early, late or for nobody."""
        self._wake(self._some_id(pick))

    @rule(jump=st.sampled_from(SOME_JUMPS))
    def wall_clock_jumps(self, jump: float) -> None:
        """Somebody sets the wall clock."""
        self.wall += jump

    @rule(chance=st.integers(0, 9))
    def stop(self, chance: int) -> None:
        """The server is told to end, once or again: seldom, for nothing begins afterwards."""
        if chance == 9:
            self._stop()

    def _stop(self) -> None:
        for model in self.models.values():
            model.again = False
            if model.state not in FINAL:
                model.kill(self.time, SIGKILL if self.stopping else SIGINT)
        self.stopping = True
        self._perform(lambda: self.registry.stop(self._now()))

    def teardown(self) -> None:
        """In the end all jobs can be stopped, and everybody has got the answer."""
        self._stop()
        for process in list(self.processes.values()):
            if not process.started:
                self.start_fails(list(self._starting()).index(process))
        while remaining := self._alive() + self._orphaned():
            self._end(remaining[0].run, Ended(OK), succeeded=True)
        assert self.waiting == {}
        assert self.timers == {}
        assert {job.state for job in self.registry} <= FINAL
        assert {job_id: move.target for job_id, move in self.moves.items()} == {
            job.id: job.state for job in self.registry
        }

    # What must hold

    @invariant()
    def jobs_are_as_the_model_says(self) -> None:
        """States, counts and order are what the model has counted for itself."""
        assert [job.spec.id for job in self.registry] == list(self.models)
        for model in self.models.values():
            job = model.job
            assert job.state is model.state
            assert job.run_count == model.runs
            assert job.kill_requested is (model.kill_asked is not None)
            if not self._is_overdue(job.id):
                failures = 0 if model.is_healthy(self.time) else model.failures
                assert job.failed_count == failures
                self._check_times(model)

    def _check_times(self, model: Model) -> None:
        job = model.job
        if model.state in {PENDING, RESTARTING}:
            assert job.due == model.due == self.timers[job.id]
        elif model.spec.type is not JobType.PERIODIC or model.state is not RUNNING:
            assert job.due is None
        if model.spec.type is JobType.PERIODIC and model.first_start is not None:
            until = self.time if model.state in {PENDING, RUNNING} else model.ended
            if model.state is KILLED and model.kill_asked != model.ended:
                return  # killed while it waited: ticks were no longer counted
            assert job.missed_count + job.run_count - model.uncounted - 1 == model.ticks(until)

    @invariant()
    def what_is_shown_is_so(self) -> None:
        """A view that was kept is as good as one that is taken now."""
        now = self._now()
        match self.registry.handle(GetAllJobs(), "look", now):
            case [Answer(reply=JobsReply(jobs=views))]:
                fresh = [JobView.of(job, now) for job in self.registry]
                assert list(map(ALL_OF_A_VIEW, views)) == list(map(ALL_OF_A_VIEW, fresh))
            case other:
                raise AssertionError(other)

    @invariant()
    def every_run_has_its_job(self) -> None:
        """At most one live run a job, and none for a job that is final or gone."""
        ids = [run.job_id for run in self.processes]
        assert len(ids) == len(set(ids))
        running = {job.id for job in self.registry if job.state is RUNNING}
        assert set(ids) == running

    @invariant()
    def every_wake_up_has_its_job(self) -> None:
        """No wake-up is left for a job that is final or gone, and each knows of its own."""
        living = {job.id: job.wake_at for job in self.registry if job.state not in FINAL}
        assert self.timers == {job_id: at for job_id, at in living.items() if at is not None}

    @invariant()
    def kills_come_to_an_end(self) -> None:
        """A run that is to end has got its signal, and SIGKILL after the stop timeout."""
        for run, process in self.processes.items():
            model = self.models[run.job_id]
            assert process.signals.count(SIGKILL) <= 2
            if process.exit is not None and model.kill_asked is None:
                assert process.signals == [SIGKILL]
            if model.kill_asked is None or not process.started:
                continue
            assert process.signals
            late = self.time >= model.kill_asked + model.spec.stop_timeout_seconds
            if late and not self._is_overdue(run.job_id):
                assert SIGKILL in process.signals

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        """Who waits for an answer waits for a first start or for the end of a run."""
        for request in self.waiting.values():
            match request:
                case CreateJob():
                    assert self._process(request.job.id).run.number == 1
                    assert not self._process(request.job.id).started
                case CreateJobs():
                    firsts = [p.run.job_id for p in self._starting() if p.run.number == 1]
                    assert any(spec.id in firsts for spec in request.jobs)
                case DeleteJob():
                    assert self.models[request.job_id].state is RUNNING
                case StartJob():
                    assert not self._process(request.job_id).started
                case RestartJob():
                    is_begun = not self._process(request.job_id).started
                    assert is_begun or self.models[request.job_id].again
                case WaitJob():
                    assert not self._has_come(request.job_id, request.for_)
                case _:
                    raise AssertionError(request)

    # How effects are carried out

    def _perform(self, act: Callable[[], list[Effect]]) -> dict[int, Reply]:
        """Let the registry act, carry out its effects, and check each job's move."""
        before = {job: job.state for job in self.registry}
        answers: dict[int, Reply] = {}
        self.killed.clear()
        for effect in act():
            self._carry_out(effect, answers)
        if self.killed:
            assert not {WaitJob(job_id, KILLED) for job_id in self.killed} & self._waits()
        for job in {*before, *self.registry}:
            old = before.get(job, PENDING)
            assert old is job.state or (old, job.state) in ALLOWED[job.spec.type]
        return answers

    def _waits(self) -> set[WaitJob]:
        return {request for request in self.waiting.values() if isinstance(request, WaitJob)}

    def _carry_out(self, effect: Effect, answers: dict[int, Reply]) -> None:
        match effect:
            case Start():
                self._start(effect)
            case SendSignal():
                self._signal(effect)
            case Wake(job_id, None):
                assert self.timers.pop(job_id, None) is not None, "took back what was not set"
            case Wake(job_id, at):
                assert at is not None
                assert self.timers.get(job_id) != at, "set to what it was"
                self.timers[job_id] = at
            case Notify():
                assert self.processes[effect.run] in self._alive(), "a signal for nobody"
            case Publish(move):
                self._hear(move)
            case Answer(ticket, reply):
                assert isinstance(ticket, int)
                assert ticket in self.waiting, "answered twice"
                self._check_answer(self.waiting.pop(ticket), reply)
                answers[ticket] = reply
            case Record():
                assert effect.path == f"{FOLDER}/error_{effect.path.split('_')[1]}"
                assert effect.line.count("\n") == 1

    def _hear(self, move: Transition) -> None:
        """Moves are numbered, and those of a job follow one another from creation to deletion."""
        self.latest += 1
        assert move.sequence == self.latest
        before = self.moves.pop(move.job_id, None)
        assert move.source is (before.target if before else None)
        if move.target is not None:
            self.moves[move.job_id] = move
        if move.target is KILLED:
            self.killed.add(move.job_id)
        if move.target is None:
            assert self.models.pop(move.job_id).deleting
            assert all(run.job_id != move.job_id for run in self.processes)

    def _start(self, effect: Start) -> None:
        run = effect.run
        assert run not in self.over, "two runs of one name"
        assert all(run.job_id != other.job_id for other in self.processes), "two runs at once"
        if run.number == 1:
            job = next(job for job in self.registry if job.id == run.job_id)
            self.models[run.job_id] = Model(job, effect.spec, due=self.time)
        model = self.models[run.job_id]
        model.start(self.time)
        assert run == Run(run.job_id, model.job.creation, model.runs)
        self.processes[run] = Process(run)

    def _signal(self, effect: SendSignal) -> None:
        """Only a kill, its stop timeout and strays are reasons to signal, and each of them once."""
        assert effect.run in self.processes, "a signal for a run that is over"
        process, model = self.processes[effect.run], self.models[effect.run.job_id]
        if effect.signal is not SIGKILL:
            assert model.kill_asked is not None
            assert set(process.signals) <= {SIGKILL}, "signalled twice"
        elif model.kill_asked is None:
            assert process.exit is not None
        else:
            late = self.time >= model.kill_asked + model.spec.stop_timeout_seconds
            assert late or model.hurried
        process.signals.append(effect.signal)

    def _check_answer(self, request: Request, reply: Reply) -> None:
        if isinstance(request, DeleteJob) and reply == Message("Job deleted"):
            assert request.job_id not in self.models
        if isinstance(request, CreateJob) and isinstance(reply, JobReply):
            assert reply.job.id == request.job.id
            assert reply.job.run_count >= 1  # a restart may have followed a start that failed
        if isinstance(request, CreateJobs) and isinstance(reply, JobsReply):
            assert [job.id for job in reply.jobs] == [spec.id for spec in request.jobs]
        if isinstance(request, WaitJob) and isinstance(reply, JobReply):
            wanted = FINAL if request.for_ is None else {request.for_}
            assert reply.job.state in wanted
            is_over = self.models[request.job_id].state in FINAL
            assert is_over or request.for_ is not None, "a restart is no end"

    def _check_view(self, view: JobView) -> None:
        model = self.models[view.id]
        alive = [process for process in self._alive() if process.run.job_id == view.id]
        assert (view.state, view.run_count) == (model.state, model.runs)
        assert (view.pid is not None) is bool(alive)
        assert view.exit_code is None or view.signal is None
        assert (view.started_at is None) is (model.runs == 0)
        waits = view.state in {PENDING, RESTARTING}
        goes_on = view.state is RUNNING and not view.kill_requested
        ticks = goes_on and view.type is JobType.PERIODIC
        assert (view.next_run_at is not None) is (waits or ticks)

    def _ask(self, request: Request) -> Reply | None:
        ticket = next(self.tickets)
        self.waiting[ticket] = request
        answers = self._perform(lambda: self.registry.handle(request, ticket, self._now()))
        return answers.get(ticket)

    def _tell(self, run: Run, fact: Fact) -> None:
        self._perform(lambda: self.registry.tell(run, fact, self._now()))

    def _end(self, run: Run, fact: Fact, *, succeeded: bool) -> None:
        del self.processes[run]
        self.over.append(run)
        self.models[run.job_id].end(self.time, succeeded=succeeded)
        self._tell(run, fact)

    def _wake(self, job_id: str) -> None:
        self.timers.pop(job_id, None)
        model = self.models.get(job_id)
        if model is not None and model.is_healthy(self.time):
            model.failures = 0
        self._perform(lambda: self.registry.wake(job_id, self._now()))

    def _wake_next(self) -> None:
        self._wake_at_its_time(min(self.timers, key=self.timers.__getitem__))

    def _wake_at_its_time(self, job_id: str) -> None:
        self._set_time(max(self.time, self.timers[job_id]))
        self._wake(job_id)
        assert not self._is_overdue(job_id), "it would be woken for ever, and nobody else"

    def _is_overdue(self, job_id: str) -> bool:
        return self.timers.get(job_id, self.time + 1) <= self.time

    def _now(self) -> Moment:
        return Moment(self.time, self.wall)

    def _set_time(self, time: float) -> None:
        self.wall += time - self.time
        self.time = time

    def _process(self, job_id: str) -> Process:
        return next(p for run, p in self.processes.items() if run.job_id == job_id)

    def _starting(self) -> list[Process]:
        return [process for process in self.processes.values() if not process.started]

    def _alive(self) -> list[Process]:
        return [p for p in self.processes.values() if p.started and p.exit is None]

    def _orphaned(self) -> list[Process]:
        return [process for process in self.processes.values() if process.exit is not None]

    def _some_id(self, pick: int) -> str:
        """A job's id, and now and then that of no job."""
        return [*self.models, "nobody"][pick % (len(self.models) + 1)]

    @staticmethod
    def _pick(processes: list[Process], pick: int) -> Process:
        return processes[pick % len(processes)]

    @staticmethod
    def _assert_refused(reply: Reply | None, code: Code) -> None:
        assert isinstance(reply, Refusal)
        assert reply.code is code


History.TestCase.settings = settings(
    max_examples=int(os.environ.get("K1S_HISTORIES", "50")),
    stateful_step_count=30,
    deadline=None,
)
TestHistories = History.TestCase
