"""The life of a job: the table, and every walk through it."""

import tracemalloc
from collections.abc import Callable, Iterable
from itertools import product
from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest
from builders import (
    CRASH,
    FIRST,
    OK,
    WALL,
    YEAR_S,
    Life,
    make_job,
    make_life,
    make_running,
    make_spec,
    only,
)
from transitions import Machine, MachineError

from k1s.events import (
    Begin,
    Ended,
    Event,
    Kill,
    MainExited,
    Moved,
    NotStarted,
    Record,
    Run,
    SendSignal,
    Start,
    Started,
    Woken,
)
from k1s.job import FINAL, WAITING, Exit, Job, JobType, Moment, State
from k1s.lifecycle import (
    MACHINES,
    ROWS,
    UNKILLABLE_S,
    _fire,
    kill_requested,
    no_retry_left,
    retries_left,
    run_of,
    step,
    wake_time,
)
from k1s.machine import Row
from k1s.transition import Trigger

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS
PENDING, RUNNING, RESTARTING = State.PENDING, State.RUNNING, State.RESTARTING
KILLED, EXHAUSTED, DONE = State.KILLED, State.EXHAUSTED, State.DONE

EVERY_TYPE = {
    ("start", PENDING, RUNNING, None),
    ("fail", RUNNING, EXHAUSTED, "no_retry_left"),
    ("kill", PENDING, KILLED, None),
    ("kill", RUNNING, RUNNING, None),
    ("end", RUNNING, KILLED, "kill_requested"),
    ("start", KILLED, RUNNING, None),
    ("start", EXHAUSTED, RUNNING, None),
}
RETRIED = {
    ("start", RESTARTING, RUNNING, None),
    ("fail", RUNNING, RESTARTING, "retries_left"),
    ("kill", RESTARTING, KILLED, None),
}
TABLE = {
    ONE_TIME: EVERY_TYPE
    | RETRIED
    | {("succeed", RUNNING, DONE, None), ("start", DONE, RUNNING, None)},
    PERIODIC: EVERY_TYPE
    | {("succeed", RUNNING, PENDING, None), ("fail", RUNNING, PENDING, "retries_left")},
    CONTINUOUS: EVERY_TYPE | RETRIED | {("succeed", RUNNING, RESTARTING, None)},
}
EACH_ROW = [
    pytest.param(job_type, row, id=f"{job_type}: {row.source} {row.trigger} {row.target}")
    for job_type in JobType
    for row in ROWS[job_type]
]
TRIGGERS = {*Trigger} - {Trigger.CREATE, Trigger.DELETE}
GUARDS = [
    pytest.param(job_type, row, id=f"{job_type}: {row.trigger} {row.target}")
    for job_type in JobType
    for row in ROWS[job_type]
    if row.guard is not None
]


def _signals(effects: list[object]) -> list[Signals]:
    return [effect.signal for effect in only(SendSignal, effects)]


def _lines(effects: list[object]) -> list[str]:
    return [effect.line for effect in only(Record, effects)]


def _restart(life: Life, event: Event) -> None:
    """End the run that goes on, and start the next one when it is due."""
    life.take(event)
    due = wake_time(life.job)
    assert due is not None
    life.start(after=due - life.time)


# The table


@pytest.mark.parametrize("job_type", JobType)
def test_the_table_is_the_promised_one(job_type: JobType) -> None:
    """Each type has exactly the promised rows."""
    rows = ROWS[job_type]
    found = {(r.trigger.value, r.source, r.target, r.guard and r.guard.__name__) for r in rows}
    assert found == TABLE[job_type]
    assert len(rows) == len(TABLE[job_type])


@pytest.mark.parametrize("job_type", JobType)
def test_the_machine_has_the_rows_and_no_more(job_type: JobType) -> None:
    """The machine that runs is built from the rows, and has no other way from state to state."""
    machine = MACHINES[job_type]
    edges = [
        (name, State(transition.source.lower()), State(transition.dest.lower()))
        for name, event in machine.events.items()
        for transitions in event.transitions.values()
        for transition in transitions
    ]
    rows = [(row.trigger.value, row.source, row.target) for row in ROWS[job_type]]
    assert sorted(edges) == sorted(rows)


def _trigger(job: Job, trigger: Trigger) -> bool:
    moved: bool = MACHINES[job.spec.type].events[trigger].trigger(job)
    return moved


def _at(job_type: JobType, row: Row, *, willing: bool = True) -> Job:
    """A job in the row's source state whose guard says what is wished."""
    job = Job(make_job(job_type, max_retry=1).spec, 1, WALL, FIRST, state=row.source)
    if row.guard is not None:
        job.kill_requested = willing
        job.failed_count = 1 + ((row.guard is no_retry_left) is willing)
    return job


@pytest.mark.parametrize(("job_type", "row"), EACH_ROW)
def test_every_row_of_the_machine(job_type: JobType, row: Row) -> None:
    """Each trigger leads from its state to the one that the row names."""
    job = _at(job_type, row)
    assert _trigger(job, row.trigger)
    assert job.state is row.target


@pytest.mark.parametrize(("job_type", "row"), GUARDS)
def test_every_guard(job_type: JobType, row: Row) -> None:
    """A row whose guard says no is not taken."""
    job = _at(job_type, row, willing=False)
    _trigger(job, row.trigger)
    assert job.state is not row.target


@pytest.mark.parametrize("job_type", JobType)
def test_what_has_no_row_raises(job_type: JobType) -> None:
    """A trigger that a state does not know is an error and moves nothing."""
    known = {(row.source, row.trigger) for row in ROWS[job_type]}
    for name in MACHINES[job_type].states:
        for trigger in TRIGGERS:
            state = State[name]
            if (state, trigger) not in known:
                job = Job(make_job(job_type).spec, 1, WALL, FIRST, state=state)
                with pytest.raises(MachineError):
                    _trigger(job, trigger)
                assert job.state is state


@pytest.mark.parametrize("job_type", JobType)
def test_the_machine_walks_as_the_library_does(job_type: JobType) -> None:
    """From each state, by each trigger, whatever the guards say: as a plain machine of the rows."""
    ours, plain = MACHINES[job_type], _plain_machine(ROWS[job_type])
    for name, trigger, *told in product(ours.states, TRIGGERS, (False, True), (0, 1, 2)):
        job, twin = (_told(job_type, State[name], *told) for _ in range(2))
        walked = _outcome(ours.events[trigger].trigger, job)
        assert walked == _outcome(plain.events[trigger].trigger, twin, twin)
        assert job.state is twin.state


def _told(job_type: JobType, state: State, asked: bool, failures: int) -> Job:
    job = Job(make_spec(job_type, max_retry=1), 1, WALL, FIRST, state)
    job.kill_requested, job.failed_count = asked, failures
    return job


def _plain_machine(rows: Iterable[Row]) -> Machine:
    """A machine of the library's own."""
    machine = Machine(None, list(State), State.PENDING, auto_transitions=False)
    for row in rows:
        machine.add_transition(row.trigger, row.source, row.target, conditions=row.guard)
    return machine


def _outcome(trigger: Callable[..., bool], *words: Job) -> bool | str:
    """Whether it moves, or what the error says."""
    try:
        return trigger(*words)
    except MachineError as error:
        return str(error)


@pytest.mark.parametrize("job_type", JobType)
def test_nothing_is_called_on_the_way(job_type: JobType) -> None:
    """A machine has guards and no other callbacks, which it would not call."""
    machine = MACHINES[job_type]
    transitions = machine.get_transitions()
    hooks = [
        *(machine.prepare_event, machine.finalize_event, machine.on_exception, machine.on_final),
        *(machine.before_state_change, machine.after_state_change),
        *([*state.on_enter, *state.on_exit] for state in machine.states.values()),
        *([*row.prepare, *row.before, *row.after] for row in transitions),
    ]
    assert len(transitions) == len(ROWS[job_type])
    assert not any(hooks)


def test_states_of_each_type() -> None:
    """A type knows only the states that it can reach."""
    assert {State[name] for name in MACHINES[PERIODIC].states} == {*State} - {RESTARTING, DONE}
    assert {State[name] for name in MACHINES[CONTINUOUS].states} == {*State} - {DONE}
    assert {State[name] for name in MACHINES[ONE_TIME].states} == {*State}


@pytest.mark.parametrize("job_type", JobType)
def test_a_silent_no_is_an_error(job_type: JobType) -> None:
    """Where a guard says no and no other row is left, k1s does not go on as if it had moved."""
    job = make_running(job_type).job
    with pytest.raises(AssertionError, match="found no way out"):
        _fire(job, Trigger.END)
    assert job.state is RUNNING


@pytest.mark.parametrize("job_type", JobType)
def test_no_way_around_the_rows(job_type: JobType) -> None:
    """There is no `to_<state>` trigger that would walk around the guards."""
    assert set(MACHINES[job_type].events) == TRIGGERS


SOURCES: dict[State, Callable[[Life], object]] = {
    PENDING: lambda _: None,
    RUNNING: Life.start,
    RESTARTING: lambda life: (life.start(), life.take(Ended(CRASH))),
    KILLED: lambda life: life.kill(),
    EXHAUSTED: lambda life: (life.start(), _fail_for_good(life)),
    DONE: lambda life: (life.start(), life.take(Ended(OK))),
}


def _fail_for_good(life: Life) -> None:
    life.job.failed_count = max(life.job.spec.max_retry, 0)
    life.take(Ended(CRASH))


MOVES: dict[Trigger, Callable[[Life], object]] = {
    Trigger.START: lambda life: life.wake() if life.job.due else life.take(Begin()),
    Trigger.SUCCEED: lambda life: life.take(Ended(OK)),
    Trigger.FAIL: lambda life: life.take(Ended(CRASH)),
    Trigger.KILL: lambda life: life.kill(),
    Trigger.END: lambda life: (life.kill(), life.take(Ended(OK))),
}


@pytest.mark.parametrize(("job_type", "row"), EACH_ROW)
def test_every_row_by_what_happens(job_type: JobType, row: Row) -> None:
    """Each row is reached by orders and facts alone."""
    has_budget = row.guard is no_retry_left or row.source is EXHAUSTED
    life = make_life(job_type, max_retry=0 if has_budget else -1)
    SOURCES[row.source](life)
    assert life.job.state is row.source
    MOVES[row.trigger](life)
    assert life.job.state is row.target


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.parametrize(
    "event", [Ended(OK), NotStarted("x")], ids=lambda event: type(event).__name__
)
def test_news_of_a_run_that_is_not(job_type: JobType, event: Event) -> None:
    """The end of a run that never began is a defect of whoever reports it."""
    with pytest.raises(MachineError):
        step(make_job(job_type), event, Moment(FIRST, WALL))


@pytest.mark.parametrize(
    ("maximum", "failures", "left"),
    [
        (0, 0, True),
        (0, 1, False),
        (1, 1, True),
        (1, 2, False),
        (5, 5, True),
        (5, 6, False),
        (-1, 0, True),
        (-1, 10**9, True),
    ],
)
def test_guards_of_the_budget(maximum: int, failures: int, *, left: bool) -> None:
    """A retry is left until the failures in a row are more than maxRetry."""
    job = make_job(max_retry=maximum)
    job.failed_count = failures
    assert retries_left(job) is left
    assert no_retry_left(job) is not left


@pytest.mark.parametrize("asked", [True, False])
def test_guard_of_the_end(*, asked: bool) -> None:
    """A run ends as killed only if somebody asked for it."""
    job = make_job()
    job.kill_requested = asked
    assert kill_requested(job) is asked


# What it costs


def test_machines_are_shared() -> None:
    """No job is registered with a machine, and a life costs next to no memory."""
    jobs = [make_job(CONTINUOUS) for _ in range(1000)]
    _live(make_job(CONTINUOUS))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for job in jobs:
        _live(job)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / len(jobs) < 500
    assert [machine.models for machine in MACHINES.values()] == [[], [], []]


def _live(job: Job) -> None:
    now = Moment(FIRST, WALL)
    for event in (Woken(), Started(1), Ended(CRASH)):
        step(job, event, now)


# Budgets


@pytest.mark.parametrize("event", [Ended(CRASH), Ended(Exit(signal=SIGKILL)), NotStarted("no")])
@pytest.mark.parametrize("maximum", [0, 1, 5])
@pytest.mark.parametrize("job_type", JobType)
def test_budget(job_type: JobType, maximum: int, event: Event) -> None:
    """The job is exhausted by failure number maxRetry + 1, and by no earlier one."""
    life = make_running(job_type, max_retry=maximum)
    for failures in range(1, maximum + 1):
        _restart(life, event)
        assert life.job.failed_count == failures
    life.take(event)
    assert life.job.state is EXHAUSTED
    assert (life.job.run_count, life.job.failed_count) == (maximum + 1, maximum + 1)
    assert (life.job.due, wake_time(life.job)) == (None, None)


@pytest.mark.parametrize("job_type", JobType)
def test_budget_without_end(job_type: JobType) -> None:
    """A maxRetry of -1 forgives every failure."""
    life = make_running(job_type, max_retry=-1)
    for _ in range(200):
        _restart(life, Ended(CRASH))
    assert (life.job.run_count, life.job.failed_count) == (201, 200)


@pytest.mark.parametrize("job_type", [PERIODIC, CONTINUOUS])
def test_a_success_refills_the_budget(job_type: JobType) -> None:
    """Only failures in a row count, and a success begins a new row."""
    life = make_running(job_type, max_retry=1)
    for _ in range(3):
        _restart(life, Ended(CRASH))
        _restart(life, Ended(OK))
        assert life.job.failed_count == 0
    _restart(life, Ended(CRASH))
    life.take(Ended(CRASH))
    assert life.job.state is EXHAUSTED


def test_a_one_time_job_is_done_by_its_first_success() -> None:
    """A one-time job is retried until a run succeeds, and then never again."""
    life = make_running(ONE_TIME, max_retry=3)
    _restart(life, Ended(CRASH))
    _restart(life, Ended(CRASH))
    life.take(Ended(OK))
    assert (life.job.state, life.job.run_count, life.job.failed_count) == (DONE, 3, 0)
    assert wake_time(life.job) is None


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Ended(CRASH), "exited with code 3"),
        (Ended(Exit(signal=SIGTERM)), "died of SIGTERM (signal 15)"),
        (NotStarted("no such file: x"), "could not start: no such file: x"),
    ],
)
def test_what_went_wrong_is_told(event: Event, why: str) -> None:
    """A failure is one line in the error log, and the last one stays with the job."""
    life = make_running(max_retry=1)
    effects = life.take(event)
    assert only(Record, effects) == [
        Record("/logs/error_a.log", f"2001-09-09T01:46:40.000Z {why}\n")
    ]
    assert life.job.last_error == why


@pytest.mark.parametrize(
    ("maximum", "text"),
    [
        (0, "gave up after 1 failure (maxRetry is 0)"),
        (2, "gave up after 3 failures in a row (maxRetry is 2)"),
    ],
)
def test_giving_up_is_told(maximum: int, text: str) -> None:
    """The last failure has a second line; it is no error of its own."""
    life = make_running(max_retry=maximum)
    for _ in range(maximum):
        _restart(life, Ended(CRASH))
    lines = _lines(life.take(Ended(CRASH)))
    assert [line.partition(" ")[2] for line in lines] == ["exited with code 3\n", f"{text}\n"]
    assert life.job.last_error == "exited with code 3"


def test_a_success_is_not_told() -> None:
    """A success writes nothing and keeps the last error for those who ask."""
    life = make_running()
    _restart(life, Ended(CRASH))
    assert life.take(Ended(OK)) == []
    assert life.job.last_error == "exited with code 3"


# Delays


def test_delays_double_and_reset() -> None:
    """A restart waits out its delay, twice as long after each failure, and a success resets it."""
    life = make_running(restart_delay_seconds=1, max_restart_delay_seconds=5, max_retry=-1)
    for exit, delay in [(OK, 1), (CRASH, 1), (CRASH, 2), (CRASH, 4), (CRASH, 5), (OK, 1)]:
        life.take(Ended(exit))
        assert life.job.due == life.time + delay
        life.start(after=delay)


def test_a_one_time_job_is_retried_on_the_same_scale() -> None:
    """A one-time job waits between its retries as a continuous one does."""
    life = make_running(ONE_TIME, restart_delay_seconds=1, max_retry=2)
    for delay in (1, 2):
        life.take(Ended(CRASH))
        assert life.job.due == life.time + delay
        life.start(after=delay)


# Kills


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.fault("K3")
def test_kill_while_waiting_for_the_first_run(job_type: JobType) -> None:
    """A job that waits is killed at once: nothing is signalled, and nothing is awaited."""
    life = make_life(job_type)
    assert life.kill() == []
    _assert_killed(life, runs=0)


@pytest.mark.fault("K3")
@pytest.mark.parametrize(
    ("job_type", "state"), [(ONE_TIME, RESTARTING), (CONTINUOUS, RESTARTING), (PERIODIC, PENDING)]
)
def test_kill_between_two_runs(job_type: JobType, state: State) -> None:
    """A kill in the delay or before the tick takes the next run away."""
    life = make_running(job_type, max_retry=1)
    life.take(Ended(CRASH))
    assert life.job.state is state
    assert life.kill() == []
    _assert_killed(life, runs=1)


def _assert_killed(life: Life, runs: int) -> None:
    job = life.job
    assert (job.state, job.kill_requested, job.run_count) == (KILLED, True, runs)
    assert (job.due, job.stop_deadline, wake_time(job), job.pid) == (None, None, None, None)
    assert life.take(Woken(), after=YEAR_S) == []


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.parametrize("exit", [OK, CRASH, Exit(signal=SIGINT)])
def test_kill_while_running(job_type: JobType, exit: Exit) -> None:
    """A running job is signalled, goes on running until it is gone, and then is killed."""
    life = make_running(job_type, max_retry=0)
    assert life.kill(SIGTERM) == [SendSignal(Run("a", 1, 1), SIGTERM)]
    assert (life.job.state, life.job.kill_requested, life.job.pid) == (RUNNING, True, 1001)
    assert life.take(Ended(exit), after=1) == []
    assert life.job.exit == exit
    _assert_killed(life, runs=1)


@pytest.mark.parametrize("exit", [OK, CRASH])
@pytest.mark.fault("K10")
def test_a_killed_run_counts_as_nothing(exit: Exit) -> None:
    """A killed run is neither a success nor a failure, even where a failure would exhaust."""
    life = make_running(max_retry=1)
    _restart(life, Ended(CRASH))
    life.kill()
    life.take(Ended(exit))
    assert (life.job.state, life.job.failed_count) == (KILLED, 1)
    assert life.job.last_error == "exited with code 3"


@pytest.mark.parametrize("state", sorted(FINAL - {KILLED}))
@pytest.mark.fault("K4")
def test_kill_of_a_job_that_is_over(state: State) -> None:
    """A job that is done or exhausted cannot be killed: the registry must say so first."""
    life = make_running(ONE_TIME)
    life.take(Ended(OK if state is DONE else CRASH))
    with pytest.raises(MachineError):
        life.kill()
    assert life.job.state is state
    assert not life.job.kill_requested


@pytest.mark.parametrize("signal", [SIGINT, SIGTERM, SIGKILL])
@pytest.mark.fault("K4")
def test_kill_of_a_killed_job(signal: Signals) -> None:
    """Killing a killed job does nothing, whatever the signal."""
    life = make_running()
    life.kill()
    life.take(Ended(OK))
    assert life.kill(signal) == []
    _assert_killed(life, runs=1)


@pytest.mark.fault("K2")
@pytest.mark.parametrize("signal", [SIGINT, SIGKILL])
def test_kill_while_starting(signal: Signals) -> None:
    """While there is no process nothing is signalled; when it is there it is signalled at once."""
    life = make_life()
    life.take(Woken())
    assert life.kill(signal) == []
    assert life.job.state is RUNNING
    assert life.take(Started(7)) == [SendSignal(Run("a", 1, 1), signal)]
    life.take(Ended(Exit(signal=signal)))
    _assert_killed(life, runs=1)


@pytest.mark.fault("K2")
def test_kill_while_a_start_fails() -> None:
    """A start that fails after a kill is no failure: the kill wins."""
    life = make_life(max_retry=0)
    life.take(Woken())
    life.kill()
    assert life.take(NotStarted("no")) == []
    assert (life.job.failed_count, life.job.last_error) == (0, None)
    _assert_killed(life, runs=1)


@pytest.mark.fault("K2")
def test_a_hurried_kill_while_starting() -> None:
    """Of two kills before the start came back only the hurried one is sent."""
    life = make_life()
    life.take(Woken())
    assert life.kill() == []
    assert life.kill(SIGKILL) == []
    assert _signals(life.take(Started(7))) == [SIGKILL]


@pytest.mark.fault("K4")
@pytest.mark.parametrize("second", [SIGINT, SIGTERM])
def test_kill_twice(second: Signals) -> None:
    """A second kill sends nothing and does not move the deadline."""
    life = make_running()
    life.kill()
    assert life.kill(second, after=3) == []
    assert wake_time(life.job) == FIRST + 10
    assert _signals(life.wake()) == [SIGKILL]


def test_sigkill_hurries() -> None:
    """A second kill with SIGKILL ends the wait at once, and a third one sends nothing more."""
    life = make_running()
    life.kill()
    assert _signals(life.kill(SIGKILL, after=3)) == [SIGKILL]
    assert wake_time(life.job) == FIRST + 3 + UNKILLABLE_S
    assert life.kill(SIGKILL) == life.kill(SIGINT) == []


@pytest.mark.fault("P25")
@pytest.mark.parametrize("stray", [True, False])
def test_what_sigkill_cannot_end(*, stray: bool) -> None:
    """A process that outlives SIGKILL is told once, nothing more is sent, and its job goes on."""
    life = make_running()
    effects = life.take(MainExited(OK)) if stray else life.kill(SIGKILL)
    assert _signals(effects) == [SIGKILL]
    assert wake_time(life.job) == FIRST + UNKILLABLE_S
    effects = life.wake()
    assert _signals(effects) == []
    assert _lines(effects)[0].endswith(
        f"Z still there {UNKILLABLE_S} s after SIGKILL: the kernel cannot end it yet\n"
    )
    assert (life.job.state, wake_time(life.job)) == (RUNNING, None)
    assert life.take(Woken(), after=YEAR_S) == []
    life.take(Ended(OK))
    assert life.job.state is (RESTARTING if stray else KILLED)


@pytest.mark.fault("P12")
@pytest.mark.parametrize("timeout", [0, 0.5, 10])
def test_stop_timeout(timeout: float) -> None:
    """A job that ignores its signal gets SIGKILL after the stop timeout, and the log says so."""
    life = make_running(stop_timeout_seconds=timeout)
    life.kill(SIGTERM)
    assert wake_time(life.job) == life.time + timeout
    effects = life.wake()
    assert _signals(effects) == [SIGKILL]
    assert _lines(effects)[0].endswith(
        f"Z still there {timeout:g} s after SIGTERM: killed with SIGKILL\n"
    )
    assert wake_time(life.job) == life.time + UNKILLABLE_S
    assert life.take(Woken(), after=1) == []
    life.take(Ended(Exit(signal=SIGKILL)))
    _assert_killed(life, runs=1)


def test_before_the_stop_timeout() -> None:
    """Until the stop timeout nothing more is sent."""
    life = make_running()
    life.kill()
    assert life.take(Woken(), after=9.999) == []
    assert _signals(life.take(Woken(), after=0.001)) == [SIGKILL]


def test_the_stop_timeout_ends_with_the_run() -> None:
    """A job that obeys leaves no deadline behind."""
    life = make_running()
    life.kill()
    life.take(Ended(OK), after=9.9)
    _assert_killed(life, runs=1)


# The main process and what it leaves behind


@pytest.mark.fault("P17")
@pytest.mark.parametrize("job_type", JobType)
def test_strays_are_ended(job_type: JobType) -> None:
    """What a run's main process leaves behind is killed, and the run goes on until it is gone."""
    life = make_running(job_type)
    assert life.take(MainExited(OK)) == [SendSignal(Run("a", 1, 1), SIGKILL)]
    assert (life.job.state, life.job.pid, life.job.exit) == (RUNNING, None, OK)
    life.take(Ended(OK))
    assert life.job.state in {DONE, PENDING, RESTARTING}


def test_strays_of_a_killed_run() -> None:
    """After a kill, what the main process leaves behind has until the stop timeout."""
    life = make_running()
    life.kill()
    assert life.take(MainExited(OK), after=1) == []
    assert wake_time(life.job) == FIRST + 10
    assert _signals(life.wake()) == [SIGKILL]
    life.take(Ended(OK))
    _assert_killed(life, runs=1)


@pytest.mark.fault("K7")
@pytest.mark.parametrize("exit", [OK, CRASH])
def test_kill_after_the_main_process_ended(exit: Exit) -> None:
    """A kill that comes between the end of the main process and of its strays still wins."""
    life = make_running(max_retry=0)
    life.take(MainExited(exit))
    life.kill()
    life.take(Ended(exit))
    assert life.job.exit == exit
    assert life.job.failed_count == 0
    _assert_killed(life, runs=1)


# Time


@pytest.mark.parametrize("job_type", JobType)
def test_an_early_wake_up(job_type: JobType) -> None:
    """A wake-up that comes too early starts nothing, and what is due stays due."""
    life = make_life(job_type)
    life.time -= 1
    assert life.take(Woken()) == []
    assert (life.job.state, wake_time(life.job)) == (PENDING, FIRST)


@pytest.mark.parametrize("job_type", [ONE_TIME, CONTINUOUS])
def test_a_late_wake_up(job_type: JobType) -> None:
    """A wake-up that comes late starts one run."""
    life = make_running(job_type, max_retry=-1)
    life.take(Ended(CRASH))
    assert len(only(Start, life.take(Woken(), after=YEAR_S))) == 1
    assert life.job.run_count == 2


@pytest.mark.parametrize("job_type", JobType)
def test_a_repeated_wake_up(job_type: JobType) -> None:
    """A second wake-up at the same time does nothing."""
    life = make_life(job_type)
    assert len(only(Start, life.take(Woken()))) == 1
    assert life.take(Woken()) == []
    assert life.take(Started(7)) == []
    assert life.take(Woken()) == []
    assert life.job.run_count == 1


@pytest.mark.parametrize("state", sorted(FINAL))
def test_no_wake_up_moves_a_final_job(state: State) -> None:
    """A final job stays as it is for ever."""
    life = make_running(ONE_TIME)
    if state is KILLED:
        life.kill()
    life.take(Ended(CRASH if state is EXHAUSTED else OK))
    assert (life.job.state, wake_time(life.job)) == (state, None)
    assert life.take(Woken(), after=YEAR_S) == []
    assert life.job.state is state


def test_wake_time_is_the_nearest() -> None:
    """A job is woken for the nearest of its tick, its stop timeout and its health."""
    life = make_running(PERIODIC, healthy_after_seconds=8, stop_timeout_seconds=3)
    assert wake_time(life.job) == FIRST + 10
    life.take(Ended(CRASH))
    life.start(after=10)
    assert wake_time(life.job) == FIRST + 18
    life.kill()
    assert wake_time(life.job) == FIRST + 13


# Health


def test_health_forgives() -> None:
    """A run that has lasted long enough forgives the failures before it, while it goes on."""
    life = make_running(healthy_after_seconds=60)
    _restart(life, Ended(CRASH))
    assert wake_time(life.job) == life.time + 60
    assert life.take(Woken(), after=59.9) == []
    assert life.job.failed_count == 1
    life.wake()
    assert (life.job.failed_count, life.job.state, wake_time(life.job)) == (0, RUNNING, None)


def test_health_is_counted_also_without_a_wake_up() -> None:
    """A run that lasted long enough and then fails is the first failure, even if no one woke it."""
    life = make_running(healthy_after_seconds=60, max_retry=1)
    for _ in range(5):
        life.take(Ended(CRASH), after=60)
        assert (life.job.failed_count, life.job.state) == (1, RESTARTING)
        life.wake()
        life.take(Started(7))


def test_too_short_for_health() -> None:
    """Runs that end sooner are forgiven nothing."""
    life = make_running(healthy_after_seconds=60, max_retry=1)
    life.take(Ended(CRASH), after=59.9)
    life.start(after=0.1)
    life.take(Ended(CRASH), after=59.9)
    assert life.job.state is EXHAUSTED


def test_health_is_measured_from_the_start_of_the_process() -> None:
    """The time that a start takes is no time of health."""
    life = make_running(healthy_after_seconds=60, max_retry=1)
    life.take(Ended(CRASH))
    life.take(Woken(), after=1)
    assert wake_time(life.job) is None
    life.take(Started(7), after=100)
    assert wake_time(life.job) == life.time + 60
    life.take(Ended(CRASH), after=59)
    assert life.job.state is EXHAUSTED


def test_no_health_without_failures() -> None:
    """A job without failures is not woken for its health."""
    assert wake_time(make_running(healthy_after_seconds=60).job) is None


# Ticks


def test_ticks_stay_on_the_grid() -> None:
    """Whenever a run ends, the next one is at the next whole period after the first start."""
    life = make_running(PERIODIC, period_in_seconds=10)
    for number, lasted in enumerate([0, 1, 9.5, 3, 0.25], start=1):
        life.take(Ended(OK), after=lasted)
        assert (life.job.state, life.job.due) == (PENDING, FIRST + 10 * number)
        life.start(after=life.job.due - life.time)
    assert (life.job.run_count, life.job.missed_count) == (6, 0)


def test_the_first_start_sets_the_grid() -> None:
    """A first start that comes late shifts the whole grid."""
    life = make_life(PERIODIC)
    life.start(after=7)
    assert life.job.due == FIRST + 17
    assert life.job.missed_count == 0


def test_a_late_start_keeps_the_grid() -> None:
    """A later run that starts late does not shift anything."""
    life = make_running(PERIODIC)
    life.take(Ended(OK))
    life.start(after=14)
    assert (life.job.due, life.job.missed_count) == (FIRST + 20, 0)


def test_a_failed_run_waits_for_its_tick() -> None:
    """A periodic job is not retried early: its next tick is its retry."""
    life = make_running(PERIODIC, restart_delay_seconds=0.1)
    life.take(Ended(CRASH), after=1)
    assert (life.job.state, life.job.due) == (PENDING, FIRST + 10)


def test_ticks_while_a_run_goes_on_are_missed() -> None:
    """A tick that falls while a run goes on is counted as missed when it falls."""
    life = make_running(PERIODIC)
    for missed in (1, 2, 3):
        assert wake_time(life.job) == FIRST + 10 * missed
        assert life.wake() == []
        assert life.job.missed_count == missed
    life.take(Ended(OK), after=5)
    assert (life.job.missed_count, life.job.due) == (3, FIRST + 40)


def test_a_tick_at_the_very_end_of_a_run() -> None:
    """A tick at the moment of the run's end is missed once, whoever tells of it first."""
    for woken in (True, False):
        life = make_running(PERIODIC)
        life.time += 10
        if woken:
            life.take(Woken())
        life.take(Ended(OK))
        assert (life.job.missed_count, life.job.due) == (1, FIRST + 20)


@pytest.mark.fault("S7")
@pytest.mark.parametrize(
    ("slept", "missed"), [(10, 0), (19.9, 0), (20, 1), (35, 2), (100_005, 9999)]
)
def test_no_burst_after_a_stall(slept: float, missed: int) -> None:
    """After a stall there is one late run, the ticks before it are missed, and the grid goes on."""
    life = make_running(PERIODIC)
    life.take(Ended(OK))
    life.start(after=slept)
    assert (life.job.run_count, life.job.missed_count) == (2, missed)
    life.take(Ended(OK))
    assert life.take(Woken()) == []
    assert life.job.due == FIRST + 10 * (missed + 2)


@pytest.mark.fault("S7")
def test_a_stall_while_a_run_goes_on() -> None:
    """Ticks that the server slept through during a run are missed, and none is made up for."""
    life = make_running(PERIODIC)
    life.take(Ended(OK), after=1005)
    assert (life.job.state, life.job.missed_count, life.job.due) == (PENDING, 100, FIRST + 1010)


@pytest.mark.fault("S6")
@pytest.mark.parametrize("jump", [-YEAR_S, YEAR_S])
@pytest.mark.parametrize("job_type", [PERIODIC, CONTINUOUS])
def test_wall_clock_jumps(job_type: JobType, jump: float) -> None:
    """Setting the wall clock moves, loses and doubles no run."""
    still, jumped = (make_running(job_type, max_retry=-1) for _ in range(2))
    for turn in range(6):
        for life in (still, jumped):
            life.wall += jump * turn * (life is jumped)
            life.take(Woken())
            _restart(life, Ended(CRASH))
    assert _schedule(jumped.job) == _schedule(still.job)
    assert jumped.job.started_at != still.job.started_at


def _schedule(job: Job) -> tuple[object, ...]:
    return (job.due, wake_time(job), job.run_count, job.missed_count, job.ticks, job.started)


@pytest.mark.fault("S6")
@pytest.mark.parametrize("jump", [-YEAR_S, YEAR_S])
def test_wall_clock_jumps_while_stopping(jump: float) -> None:
    """Setting the wall clock neither shortens nor prolongs a stop timeout."""
    life = make_running()
    life.kill()
    life.wall += jump
    assert life.take(Woken(), after=9.9) == []
    assert _signals(life.take(Woken(), after=0.1)) == [SIGKILL]


# Runs


@pytest.mark.parametrize("job_type", [ONE_TIME, CONTINUOUS, PERIODIC])
def test_runs_are_numbered(job_type: JobType) -> None:
    """Each run has a number of its own, and the start names it."""
    life = make_life(job_type, max_retry=-1)
    for number in (1, 2, 3):
        (start,) = only(Start, life.wake())
        assert start == Start(Run("a", 1, number), life.job.spec)
        assert run_of(life.job) == start.run
        life.take(Started(number))
        life.take(Ended(CRASH))


def test_times_of_a_run() -> None:
    """A run's start and end are kept in wall-clock time, and its process only while it lives."""
    life = make_running()
    assert (life.job.pid, life.job.started_at, life.job.ended_at) == (1001, WALL, None)
    life.take(Ended(OK), after=4)
    assert (life.job.pid, life.job.started_at, life.job.ended_at) == (None, WALL, WALL + 4)


def test_a_start_that_fails_has_no_exit() -> None:
    """A run that could not be started has no exit, also after a run that had one."""
    life = make_running()
    life.take(Ended(CRASH))
    life.take(Woken(), after=0.1)
    life.take(NotStarted("no"))
    assert (life.job.exit, life.job.pid, life.job.last_error) == (None, None, "could not start: no")


@pytest.mark.parametrize("job_type", JobType)
def test_a_waiting_job_has_something_to_wait_for(job_type: JobType) -> None:
    """Between two runs a job always has a time at which it goes on."""
    life = make_life(job_type, max_retry=-1)
    for _ in range(5):
        assert life.job.state in WAITING
        assert wake_time(life.job) is not None
        life.wake()
        life.take(Started(1))
        life.take(Ended(CRASH), after=0.5)


def test_what_is_no_event() -> None:
    """Whatever is neither an order nor a fact is a defect, and is noticed."""
    with pytest.raises(AssertionError, match="unreachable"):
        make_life().take(Run("a", 1, 1))  # type: ignore[arg-type]


def test_an_order_is_taken_like_a_fact() -> None:
    """A kill is an event like any other."""
    job = make_job()
    moved = Moved(Trigger.KILL, PENDING, KILLED)
    assert step(job, Kill(SIGINT), Moment(FIRST, WALL)) == [moved]
    assert job.state is KILLED
