"""Who waits for jobs."""

from signal import SIGINT

import pytest
from builders import CRASH, OK, Life, make_job, make_life, make_running, replies

from k1s.errors import Code
from k1s.events import Answer, Begin, Ended, Kill, MainExited, NotStarted, Woken
from k1s.job import FINAL, JobType, State
from k1s.lifecycle import reachable
from k1s.protocol import JobReply, Refusal
from k1s.waits import Waits, can_come, can_ever_come, has_come, hopeless

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS


def _add(waits: Waits, life: Life, state: State | None, ticket: str = "t") -> None:
    assert waits.add(ticket, life.job, state, life.now, goes_on=False) == []


def _settle(waits: Waits, life: Life, *, goes_on: bool = False) -> list[tuple[object, bool]]:
    """Who is answered, and whether what he waits for has come."""
    answers = replies(waits.settle(life.job, life.now, goes_on=goes_on))
    return [(ticket, isinstance(reply, JobReply)) for ticket, reply in answers.items()]


def test_a_wait_is_over_when_the_state_comes() -> None:
    """It is over once, and not before."""
    waits, life = Waits(), make_running(ONE_TIME)
    _add(waits, life, None)
    assert _settle(waits, life) == []
    life.take(Ended(OK))
    assert _settle(waits, life) == [("t", True)]
    assert _settle(waits, life) == []


def test_a_wait_is_over_when_the_state_can_come_no_more() -> None:
    """Who waits for a success is told of the last failure."""
    waits, life = Waits(), make_running(ONE_TIME)
    _add(waits, life, State.DONE)
    life.take(Ended(CRASH))
    assert _settle(waits, life) == [("t", False)]


def test_a_job_that_begins_again_is_waited_for() -> None:
    """A restart passes through `killed`, and that is not the end."""
    waits, life = Waits(), make_running()
    _add(waits, life, State.RESTARTING)
    life.kill()
    assert _settle(waits, life, goes_on=True) == []
    assert _settle(waits, life) == [("t", False)]


def test_a_job_that_passes_through_a_state_has_come_to_it() -> None:
    """Who waits for it by name is told; who waits for any end is not, for it is none."""
    waits, life = Waits(), make_running()
    _add(waits, life, State.KILLED, "killed")
    _add(waits, life, None, "over")
    life.kill()
    assert _settle(waits, life, goes_on=True) == []
    life.take(Ended(OK))
    assert _settle(waits, life, goes_on=True) == [("killed", True)]
    assert _settle(waits, life) == [("over", True)]


def test_who_is_forgotten_is_not_told() -> None:
    """A wait that is taken back leaves nothing behind."""
    waits, life = Waits(), make_running(ONE_TIME)
    _add(waits, life, None, "one")
    _add(waits, life, None, "two")
    waits.forget("one")
    waits.forget("nobody")
    life.take(Ended(OK))
    assert _settle(waits, life) == [("two", True)]
    assert (waits._by_job, waits._job_of) == ({}, {})


def test_a_deleted_job_drops_its_waits() -> None:
    """All who wait for it are refused, and forgotten."""
    waits, one, other = Waits(), make_running(), make_running(id="b")
    gone = Refusal("gone", Code.JOB_NOT_FOUND)
    _add(waits, one, None, "one")
    _add(waits, one, None, "two")
    _add(waits, other, None, "three")
    assert waits.drop("a", gone) == [Answer("one", gone), Answer("two", gone)]
    assert waits.drop("a", gone) == []
    assert waits.drop("b", gone) == [Answer("three", gone)]


def test_a_job_runs_once_its_program_does() -> None:
    """A start that is under way, or has failed, is no run."""
    life = make_life(max_retry=-1)
    life.take(Woken())
    assert life.job.state is State.RUNNING
    assert not has_come(life.job, {State.RUNNING})
    life.take(NotStarted("no"))
    assert not has_come(life.job, {State.RUNNING})
    life.wake()
    life.start_comes()
    assert has_come(life.job, {State.RUNNING})
    life.take(MainExited(OK))
    assert has_come(life.job, {State.RUNNING})


def test_a_job_that_is_being_killed_comes_to_killed_only() -> None:
    """A kill decides what comes."""
    life = make_running()
    life.take(Kill(SIGINT))
    assert can_come(life.job, {State.KILLED})
    assert not can_come(life.job, {State.RESTARTING, State.EXHAUSTED})
    assert "being killed" in hopeless(life.job)
    life.take(Ended(OK))
    assert "killed" in hopeless(life.job)


def test_a_beginning_lets_all_come_again() -> None:
    """A final job that is begun again may come to everything."""
    life = make_running(ONE_TIME)
    life.take(Ended(OK))
    assert not can_come(life.job, {State.RUNNING})
    life.take(Begin())
    assert can_come(life.job, {State.RUNNING})


@pytest.mark.parametrize(
    ("job_type", "never"),
    [
        (ONE_TIME, set()),
        (PERIODIC, {State.DONE, State.RESTARTING}),
        (CONTINUOUS, {State.DONE}),
    ],
)
def test_what_a_type_never_comes_to(job_type: JobType, never: set[State]) -> None:
    """The rows of the table say it."""
    assert {state for state in State if not can_ever_come(job_type, {state})} == never


@pytest.mark.parametrize("job_type", JobType)
@pytest.mark.parametrize("state", sorted(FINAL))
def test_final_is_final(job_type: JobType, state: State) -> None:
    """Nothing is reachable from a final state unless the job is begun again."""
    assert reachable(job_type, state) == {state}


def test_reachable_is_never_more_than_the_machine_allows() -> None:
    """A job that waits can come to all states of its type."""
    assert reachable(CONTINUOUS, make_job().state) == {*State} - {State.DONE}
