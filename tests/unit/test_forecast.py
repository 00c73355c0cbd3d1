"""What may happen next: told by the machine, and true.

The proof: a random history is played on a virtual clock. For each thing that
is forecast at its end the same history is played again, on a new job, and then
that thing is made to happen: time passes wake-up by wake-up, the run ends, an
order comes. Nothing is copied, and the job must be what was forecast. All
times are whole multiples of 1/8 s, so that the comparison is exact.

`K1S_HISTORIES` sets how many histories are played.
"""

import os
from collections.abc import Callable
from signal import SIGINT, SIGKILL, SIGTERM, Signals

import attrs
import pytest
from attrs import define, field, frozen
from builders import CRASH, FIRST, OK, WALL, Life, make_life, make_running, only
from hypothesis import given, settings
from hypothesis import strategies as st

from k1s.events import (
    Begin,
    Effect,
    Ended,
    Event,
    Kill,
    MainExited,
    NotStarted,
    SendSignal,
    Started,
    Woken,
)
from k1s.forecast import FAILURES_MAX, forecast
from k1s.job import FINAL, WAITING, Exit, Job, JobSpec, JobType, Moment, State
from k1s.lifecycle import wake_time, wake_times
from k1s.prospect import Cause, Prospect

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS
PENDING, RUNNING, RESTARTING = State.PENDING, State.RUNNING, State.RESTARTING
KILLED, EXHAUSTED, DONE = State.KILLED, State.EXHAUSTED, State.DONE


def _told(job: Job, now: Moment) -> dict[Cause, list[Prospect]]:
    """What is forecast, by what it depends on."""
    told: dict[Cause, list[Prospect]] = {}
    for prospect in forecast(job, now):
        told.setdefault(prospect.cause, []).append(prospect)
    return told


HISTORIES = int(os.environ.get("K1S_HISTORIES", "300"))


# Random histories


@frozen
class Act:
    """What happens in a history: time passes, and then the n-th of what is possible."""

    eighths: int
    choice: int
    exit: Exit
    signal: Signals


# One choice among all acts: that is a fourth of the work of choosing each part of one.
ACTS = st.sampled_from(
    [
        Act(eighths, choice, exit, signal)
        for eighths in (0, 0, 1, 2, 8, 12, 40, 480)
        for choice in range(12)
        for exit in (OK, CRASH, CRASH, Exit(signal=SIGKILL))
        for signal in (SIGINT, SIGINT, SIGTERM, SIGKILL)
    ]
)


@st.composite
def specs(draw: st.DrawFn) -> JobSpec:
    """A job whose seconds are all binary fractions."""
    job_type = draw(st.sampled_from(JobType))
    periodic = job_type is PERIODIC
    return JobSpec(
        id="a",
        type=job_type,
        executable="x",
        period_in_seconds=draw(st.sampled_from([0.5, 1, 2.5, 10])) if periodic else None,
        max_retry=draw(st.sampled_from([0, 1, 2, 5, -1])),
        restart_delay_seconds=draw(st.sampled_from([0.125, 1])),
        max_restart_delay_seconds=draw(st.sampled_from([1, 3])),
        healthy_after_seconds=draw(st.sampled_from([None, 1, 5])),
        stop_timeout_seconds=draw(st.sampled_from([0, 1, 10])),
    ).located("/logs")


@define(eq=False)
class Story:
    """One job, and all that has happened to it."""

    spec: JobSpec
    life: Life = field(init=False)
    events: list[tuple[Moment, Event]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.life = Life(Job(self.spec, creation=1, created_at=WALL, due=FIRST))

    @property
    def job(self) -> Job:
        """The job as it is now."""
        return self.life.job

    def take(self, event: Event, after: float = 0) -> list[Effect]:
        """Let time pass and something happen, and remember it."""
        effects = self.life.take(event, after)
        self.events.append((self.life.now, event))
        return effects

    def act(self, act: Act) -> None:
        """Let one of the things happen that can happen now."""
        possible = self._possible(act)
        self.take(possible[act.choice % len(possible)], act.eighths / 8)

    def _possible(self, act: Act) -> list[Event]:
        job = self.job
        if job.state in FINAL:
            return [Woken(), Begin()]
        if job.state in WAITING:
            return [Woken(), Woken(), Woken(), Begin(), Kill(act.signal)]
        if job.started is None:
            return [Started(7), Started(7), Started(7), NotStarted("no"), Kill(act.signal)]
        if job.pid is None:
            assert job.exit is not None
            return [Woken(), Ended(job.exit), Kill(act.signal)]
        return [Woken(), Ended(act.exit), Ended(act.exit), MainExited(act.exit), Kill(act.signal)]

    def again(self) -> "Story":
        """The same history on another job."""
        story = Story(self.spec)
        for moment, event in self.events:
            story.take(event, moment.monotonic - story.life.time)
        assert _all_of(story.job) == _all_of(self.job)
        return story


def _all_of(job: Job) -> tuple[object, ...]:
    return attrs.astuple(job, recurse=False)  # all of it is immutable


def _play_time(story: Story, until: float) -> list[Effect]:
    """Time passes: every wake-up comes when it is due."""
    effects: list[Effect] = []
    while (due := wake_time(story.job)) is not None and due <= until:
        effects += story.take(Woken(), max(due - story.life.time, 0))
    story.life.wall += until - story.life.time
    story.life.time = until
    return effects


def _end(story: Story, exit: Exit) -> list[Effect]:
    """The run that goes on ends; one that has not begun begins first, at its time."""
    if story.job.state in WAITING:
        assert story.job.due is not None
        story.take(Woken(), max(story.job.due - story.life.time, 0))
    effects = [] if story.job.started is not None else story.take(Started(9))
    return [*effects, *story.take(Ended(exit))]


def _fail_again_and_again(story: Story, prospect: Prospect) -> list[Effect]:
    assert prospect.failures is not None
    for failures in range(prospect.failures):
        assert story.job.state is not EXHAUSTED, f"ended by {failures} already"
        _end(story, CRASH)
    return []


def _kill(story: Story) -> list[Effect]:
    return story.take(Kill(SIGKILL if story.job.kill_requested else SIGINT))


MADE: dict[Cause, Callable[[Story, Prospect], list[Effect]]] = {
    Cause.TIME: lambda story, prospect: _play_time(story, prospect.at.monotonic),
    Cause.SUCCESS: lambda story, _: _end(story, OK),
    Cause.FAILURE: lambda story, _: _end(story, Exit(code=9)),
    Cause.END: lambda story, _: _end(story, Exit(signal=SIGKILL)),
    Cause.FAILURES: _fail_again_and_again,
    Cause.START: lambda story, _: story.take(Begin()),
    Cause.KILL: lambda story, _: _kill(story),
}


def _prove(story: Story, prospect: Prospect) -> None:
    """Make it happen, and compare."""
    effects = MADE[prospect.cause](story, prospect)
    job, now = story.job, story.life.now
    assert now == prospect.at
    counts = (job.run_count, job.failed_count, job.missed_count)
    assert counts == (prospect.run_count, prospect.failed_count, prospect.missed_count)
    assert job.state is prospect.state
    next_run = None if job.due is None or job.kill_requested else job.due
    assert next_run == (prospect.next_run and prospect.next_run.monotonic)
    if prospect.next_run is not None:
        assert prospect.next_run.wall - prospect.at.wall == next_run - now.monotonic
    signals = [effect.signal for effect in only(SendSignal, effects)]
    assert prospect.signal == (signals[-1] if signals else None)


@settings(max_examples=HISTORIES, deadline=None)
@given(spec=specs(), acts=st.lists(ACTS, max_size=25))
def test_every_forecast_comes_true(spec: JobSpec, acts: list[Act]) -> None:
    """Whatever has happened: what is forecast is what is so when it happens, to the number."""
    story = Story(spec)
    for act in acts:
        story.act(act)
    before = _all_of(story.job)
    prospects = forecast(story.job, story.life.now)
    assert _all_of(story.job) == before, "a forecast has changed the job"
    for prospect in prospects:
        _prove(story.again(), prospect)
    _check_completeness(story.job, story.life.now, prospects)


def _check_completeness(job: Job, now: Moment, prospects: tuple[Prospect, ...]) -> None:
    """Everything that can move the job is forecast, each once."""
    causes = [prospect.cause for prospect in prospects]
    times = [prospect.at.monotonic for prospect in prospects if prospect.cause is Cause.TIME]
    assert set(times) == {max(time, now.monotonic) for time in wake_times(job)}
    others = [cause for cause in causes if cause is not Cause.TIME]
    assert len(others) == len(set(others))
    assert (Cause.START in others) is (job.state is not RUNNING)
    if job.state in FINAL:
        assert causes == [Cause.START]
        return
    ends = set(others) & {Cause.SUCCESS, Cause.FAILURE, Cause.END}
    if job.kill_requested:
        assert ends == {Cause.END}
    elif job.started is not None and job.pid is None:
        assert job.exit is not None
        assert ends == {Cause.SUCCESS if job.exit.succeeded else Cause.FAILURE}
    else:
        assert ends == {Cause.SUCCESS, Cause.FAILURE}
        assert (Cause.FAILURES in others) is (job.spec.max_retry >= 0)


@settings(max_examples=HISTORIES // 3, deadline=None)
@given(spec=specs(), acts=st.lists(ACTS, min_size=1, max_size=25))
def test_what_happens_was_forecast(spec: JobSpec, acts: list[Act]) -> None:
    """Each end of a run, whenever it comes, leads to the state that was forecast at that moment."""
    story = Story(spec)
    for act in acts:
        possible = story._possible(act)
        event = possible[act.choice % len(possible)]
        told = _told(story.job, story.life.now)
        story.take(event)
        match event:
            case Ended(exit) if Cause.END not in told:
                (prospect,) = told[Cause.SUCCESS if exit.succeeded else Cause.FAILURE]
            case NotStarted() if Cause.END not in told:
                (prospect,) = told[Cause.FAILURE]
            case Ended() | NotStarted():
                (prospect,) = told[Cause.END]
            case _:
                continue
        assert (prospect.state, prospect.failed_count, prospect.missed_count) == (
            story.job.state,
            story.job.failed_count,
            story.job.missed_count,
        )


# Known cases


def _only(life: Life, cause: Cause) -> Prospect:
    (prospect,) = _told(life.job, life.now)[cause]
    return prospect


def test_a_restarting_job_starts_when_its_delay_is_over() -> None:
    """Time alone starts the next run of a job that waits."""
    life = make_running(max_retry=2, restart_delay_seconds=0.5)
    life.take(Ended(CRASH), after=1)
    (start,) = _told(life.job, life.now)[Cause.TIME]
    assert start == Prospect(Cause.TIME, Moment(FIRST + 1.5, WALL + 1.5), RUNNING, 2, 1, 0)


def test_the_next_run_is_thought_to_its_end() -> None:
    """Of a job that waits it is told what becomes of it when its next run fails or succeeds."""
    life = make_running(max_retry=2, restart_delay_seconds=0.5)
    life.take(Ended(CRASH))
    begin, retry = Moment(FIRST + 0.5, WALL + 0.5), Moment(FIRST + 1.5, WALL + 1.5)
    failure = _only(life, Cause.FAILURE)
    assert failure == Prospect(Cause.FAILURE, begin, RESTARTING, 2, 2, 0, next_run=retry)
    success = _only(life, Cause.SUCCESS)
    assert (success.state, success.failed_count) == (RESTARTING, 0)


def test_how_many_failures_are_left() -> None:
    """It is told how many failures in a row end the job, and when that is at the earliest."""
    life = make_running(max_retry=3, restart_delay_seconds=1)
    life.take(Ended(CRASH))
    failures = _only(life, Cause.FAILURES)
    assert (failures.failures, failures.state, failures.run_count) == (3, EXHAUSTED, 4)
    assert failures.at == Moment(FIRST + 1 + 2 + 4, WALL + 1 + 2 + 4)
    assert failures.next_run is None


def test_one_more_failure_ends_it() -> None:
    """The last failure that the budget has is forecast as the end."""
    life = make_running(ONE_TIME)
    assert _only(life, Cause.FAILURE).state is EXHAUSTED
    assert _only(life, Cause.FAILURES).failures == 1
    assert _only(life, Cause.SUCCESS).state is DONE


@pytest.mark.parametrize(("max_retry", "told"), [(FAILURES_MAX - 1, True), (FAILURES_MAX, False)])
def test_the_thought_is_bounded(max_retry: int, *, told: bool) -> None:
    """More than so many failures in a row are not thought through."""
    life = make_running(max_retry=max_retry, max_restart_delay_seconds=1)
    assert (Cause.FAILURES in _told(life.job, life.now)) is told


def test_a_periodic_job_waits_for_its_grid() -> None:
    """After an end, good or bad, the next run is at the next tick; a tick meanwhile is missed."""
    life = make_running(PERIODIC, period_in_seconds=10)
    life.take(Woken(), after=3)
    tick = Moment(FIRST + 10, WALL + 10)
    assert _only(life, Cause.SUCCESS).next_run == tick
    assert _only(life, Cause.FAILURE).next_run == tick
    (missed,) = _told(life.job, life.now)[Cause.TIME]
    assert (missed.at, missed.state, missed.missed_count) == (tick, RUNNING, 1)


def test_a_kill_and_what_follows() -> None:
    """A kill is first a signal, then SIGKILL after the stop timeout, and in the end a dead job."""
    life = make_running(stop_timeout_seconds=8)
    kill = _only(life, Cause.KILL)
    assert (kill.state, kill.signal, kill.next_run) == (RUNNING, SIGINT, None)
    life.kill(SIGTERM)
    (timeout,) = _told(life.job, life.now)[Cause.TIME]
    assert (timeout.at.monotonic, timeout.signal) == (FIRST + 8, SIGKILL)
    assert _only(life, Cause.END).state is KILLED
    assert _only(life, Cause.KILL).signal is SIGKILL
    life.take(Woken(), after=8)
    assert Cause.KILL not in _told(life.job, life.now)


def test_a_waiting_job_is_killed_at_once() -> None:
    """Nothing runs, so nothing is waited for."""
    life = make_life()
    kill = _only(life, Cause.KILL)
    assert (kill.state, kill.signal, kill.at) == (KILLED, None, life.now)


def test_a_long_run_is_forgiven_what_was_before() -> None:
    """The time at which a run counts as healthy is forecast while there are failures to forgive."""
    life = make_running(healthy_after_seconds=5, restart_delay_seconds=1)
    assert Cause.TIME not in _told(life.job, life.now)
    life.take(Ended(CRASH))
    life.start(after=1)
    (healthy,) = _told(life.job, life.now)[Cause.TIME]
    assert (healthy.at.monotonic, healthy.failed_count) == (FIRST + 6, 0)


@pytest.mark.parametrize("exit", [OK, CRASH])
def test_a_main_process_that_is_gone_has_decided(exit: Exit) -> None:
    """While only strays of a run are left, its outcome is known and only that is forecast."""
    life = make_running()
    life.take(MainExited(exit))
    told = _told(life.job, life.now)
    assert set(told) == {
        Cause.TIME,
        Cause.SUCCESS if exit.succeeded else Cause.FAILURE,
        Cause.KILL,
    }
    assert told[Cause.KILL][0].signal is None


def test_what_is_late_is_due_now() -> None:
    """A time that has passed unseen is forecast for this moment."""
    life = make_life()
    late = Moment(FIRST + 60, WALL + 60)
    for cause in (Cause.TIME, Cause.SUCCESS, Cause.FAILURE):
        assert _only(Life(life.job, late.monotonic, late.wall), cause).at == late


def test_a_job_that_is_over_has_no_future_of_its_own() -> None:
    """Nothing happens to a final job by itself; an order starts it with a fresh budget."""
    life = make_running(ONE_TIME)
    life.take(Ended(CRASH))
    (start,) = forecast(life.job, life.now)
    assert start == Prospect(Cause.START, life.now, RUNNING, 2, 0, 0)


def test_a_start_by_order_forgives() -> None:
    """An order to run now does not wait for the delay, and gives a fresh budget."""
    life = make_running()
    life.take(Ended(CRASH))
    start = _only(life, Cause.START)
    assert (start.at, start.state, start.failed_count) == (life.now, RUNNING, 0)
