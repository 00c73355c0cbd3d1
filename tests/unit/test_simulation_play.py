"""The real registry on a virtual clock, with programs that do what a script says."""

import math
from signal import SIGINT

import pytest
from builders import make_spec, untraced
from hypothesis import example, given
from hypothesis import strategies as st
from pace import is_quick
from simulation.accounts import Account, timetable

from k1s.job import Exit, JobSpec, JobType, State
from k1s.simulation import play as playing
from k1s.simulation.play import Event, Note, Played, play
from k1s.simulation.script import Script, read
from k1s.transition import Transition, Trigger

CONTINUOUS, PERIODIC, ONE_TIME = JobType.CONTINUOUS, JobType.PERIODIC, JobType.ONE_TIME


def played(
    spec: JobSpec, seconds: float = 60, fail: str = "", lasts: str = "", kill: str = ""
) -> Played:
    """One job, with the options of a script that are written with blanks between them."""
    return play([spec], read([spec], fail.split(), lasts.split(), kill.split()), seconds)


def moves(events: list[Event] | Played) -> list[tuple[float, str]]:
    """When what happened: the transitions but the creation, and the notes."""
    listed = events.events if isinstance(events, Played) else events
    named = [
        (round(event.at, 3), str(event.remark if isinstance(event, Note) else event.trigger))
        for event in listed
    ]
    return [move for move in named if move[1] != Trigger.CREATE]


def test_a_service_runs_on() -> None:
    """Nothing happens to a program that runs as it should."""
    result = played(make_spec(CONTINUOUS))
    assert moves(result) == [(0, "start")]
    assert result.jobs[0].state is State.RUNNING
    assert result.end == 60
    assert result.is_whole


def test_a_job_that_fails_is_retried_later_and_later() -> None:
    """The delay doubles, until the budget is used up."""
    result = played(make_spec(CONTINUOUS, max_retry=2), fail="a=all:1s")
    assert moves(result) == [
        *((0, "start"), (1, "fail")),
        *((1.1, "start"), (2.1, "fail")),
        *((2.3, "start"), (3.3, "fail")),
    ]
    assert result.jobs[0].state is State.EXHAUSTED


def test_a_periodic_job_keeps_its_grid_and_skips_what_it_is_too_late_for() -> None:
    """A tick that falls while a run is going on is skipped."""
    result = played(make_spec(PERIODIC), 45, lasts="a=1s a=2:12s")
    assert moves(result) == [
        *((0, "start"), (1, "succeed")),
        *((10, "start"), (20, "skip"), (22, "succeed")),
        *((30, "start"), (31, "succeed")),
        *((40, "start"), (41, "succeed")),
    ]
    assert [event.count for event in result.events if isinstance(event, Note)] == [1]
    assert result.jobs[0].missed_count == 1


def test_a_tick_that_falls_with_the_end_of_a_run_is_skipped_and_noted() -> None:
    """Every tick that is counted as missed is told."""
    result = played(make_spec(PERIODIC), 65, lasts="a=20s")
    assert moves(result) == [
        *((0, "start"), (10, "skip"), (20, "skip"), (20, "succeed")),
        *((30, "start"), (40, "skip"), (50, "skip"), (50, "succeed")),
        (60, "start"),
    ]
    notes = [event.count for event in result.events if isinstance(event, Note)]
    assert notes == [1, 2, 3, 4]


def test_a_healthy_run_is_forgiven_what_was_before() -> None:
    """It is noted how many failures are forgiven, and when."""
    result = played(make_spec(CONTINUOUS, healthy_after_seconds=5), fail="a=1-2:1s")
    assert moves(result)[-2:] == [(2.3, "start"), (7.3, "forgive")]
    assert result.events[-1].count == 2


def test_a_job_is_killed_as_it_runs_and_as_it_waits() -> None:
    """A program that runs gets a SIGINT and is gone at once; one that waits never starts again."""
    running = played(make_spec(CONTINUOUS), kill="a=7s")
    assert moves(running) == [(0, "start"), (7, "kill"), (7, "end")]
    assert running.events[-1].exit == Exit(signal=SIGINT)
    waiting = played(make_spec(PERIODIC), kill="a=7s")
    assert moves(waiting)[-1] == (7, "kill")
    assert waiting.jobs[0].state is State.KILLED


def test_an_ending_that_was_planned_does_not_come_after_a_kill() -> None:
    """Who is killed does not end a second time."""
    result = played(make_spec(CONTINUOUS), lasts="a=10s", kill="a=7s")
    assert moves(result) == [(0, "start"), (7, "kill"), (7, "end")]


def test_a_kill_that_is_refused_is_noted() -> None:
    """A one-time job cannot be killed, and the note says so."""
    result = played(make_spec(ONE_TIME), kill="a=7s")
    assert moves(result)[-1] == (7, "refuse")
    assert result.events[-1].reason == "Job is not continuous or periodic"


def test_what_is_due_at_the_end_does_not_happen() -> None:
    """A day has 2,880 half minutes."""
    assert played(make_spec(PERIODIC), 30).jobs[0].run_count == 3
    assert played(make_spec(PERIODIC), 30.01).jobs[0].run_count == 4


def test_each_job_has_its_own_events() -> None:
    """They can be told apart, in order."""
    specs = [make_spec(id="a"), make_spec(PERIODIC, id="b")]
    lives = play(specs, Script(), 20).by_job()
    assert [(job.id, len(moves(events))) for job, events in lives] == [("a", 1), ("b", 4)]


def test_no_jobs_do_nothing() -> None:
    """An empty file is played, too."""
    assert play([], Script(), 60).events == []


def test_a_play_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A play that is too long is ended early, and says when."""
    monkeypatch.setattr(playing, "STEPS_MAX", 5)
    result = played(make_spec(PERIODIC))
    assert not result.is_whole
    assert result.end == pytest.approx(20.05)


@untraced
def test_a_day_of_a_hundred_jobs_takes_less_than_a_second() -> None:
    """A quarter of it is quick: periods from one minute to an hour, and services."""
    specs = [
        *(make_spec(PERIODIC, id=f"p{n}", period_in_seconds=60 + 45 * n) for n in range(80)),
        *(make_spec(CONTINUOUS, id=f"c{n}") for n in range(20)),
    ]
    assert is_quick(lambda: play(specs, Script(), 21_600))


SECONDS = st.sampled_from([0.5, 3, 7.5, 10, 31, 100])
SPECS = st.builds(
    make_spec,
    st.just(CONTINUOUS) | st.just(ONE_TIME),
    max_retry=st.integers(-1, 3),
    restart_delay_seconds=st.sampled_from([0, 0.1, 5]),
    healthy_after_seconds=st.none() | SECONDS,
) | st.builds(
    make_spec,
    st.just(PERIODIC),
    period_in_seconds=st.sampled_from([2.3, 7, 10, 30]),
    max_retry=st.integers(-1, 3),
    healthy_after_seconds=st.none() | SECONDS,
)
RUNS = st.sampled_from(["all", "1", "2-", "1,3-5", "7-9"])
FAIL = st.lists(st.builds("a={}:{:f}s".format, RUNS, SECONDS), max_size=2)
LASTS = st.lists(st.builds("a={}:{:f}s".format, RUNS, SECONDS), max_size=3)
KILL = st.lists(st.builds("a={:f}s".format, SECONDS), max_size=1)


@given(SPECS, FAIL, LASTS, KILL)
@example(  # healthy at the very end, which is not played any more
    make_spec(PERIODIC, max_retry=1, healthy_after_seconds=10), ["a=2-:10s"], [], []
)
def test_what_happens_is_what_should(
    spec: JobSpec, fail: list[str], lasts: list[str], kill: list[str]
) -> None:
    """Every start comes when it is due, every state follows, and every tick is accounted for."""
    result = play([spec], read([spec], fail, lasts, kill), 60)
    assert_accounted_for(spec, result)
    again = play([spec], read([spec], fail, lasts, kill), 60)
    assert moves(result) == moves(again)


def assert_accounted_for(spec: JobSpec, result: Played) -> None:
    """Hold what was played against an account that knows only what programs and clients did."""
    account = Account(spec, due=0)
    for event in result.events:
        if isinstance(event, Transition):
            take_down(account, event)
            assert account.state is (event.target or account.state)
            if event.trigger in {Trigger.START, Trigger.SUCCEED, Trigger.FAIL}:
                assert account.failures == event.failed_count
    job = result.jobs[0]
    assert account.state is job.state
    assert account.failures_by(math.nextafter(result.end, 0)) == job.failed_count
    if account.life.runs[-1].end <= result.end and job.state is not State.PENDING:
        missed = sum(tick.fate != "ran" for tick in timetable(account))
        assert job.missed_count == missed


def take_down(account: Account, event: Transition) -> None:
    """Tell the account what happened; a start must come the moment it is due."""
    match event.trigger:
        case Trigger.START:
            assert event.at == account.due
            account.woken(event.at)
            account.run_begins(event.at)
            account.started = event.at
        case Trigger.KILL:
            account.kill(event.at)
        case Trigger.SUCCEED | Trigger.FAIL | Trigger.END:
            account.run_ends(event.at, event.exit)
