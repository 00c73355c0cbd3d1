"""What `explain-job` answers, down to the line on the wire, and that it can always be told."""

import json
from datetime import UTC
from signal import SIGINT, SIGKILL, SIGTERM
from typing import Any

import pytest
from builders import CRASH, OK, Desk, replies

from k1s.codec import encode
from k1s.events import Ended, MainExited, NotStarted, Started
from k1s.explaining import told
from k1s.job import Exit, JobType
from k1s.protocol import DeleteJob, ExplainJob, RestartJob, StartJob

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS


def explain(desk: Desk) -> dict[str, Any]:
    """The answer about job `a`, as a client reads it; it can be told, too."""
    (reply,) = replies(desk.ask(ExplainJob("a"), "why")).values()
    explanation: dict[str, Any] = json.loads(encode(reply))
    lines = told(explanation, UTC)
    assert lines[0].startswith(f"a is {explanation['job']['state']}: ")
    assert all("None" not in line for line in lines), lines
    return explanation


def make_desk(type: JobType = CONTINUOUS, **given: Any) -> Desk:
    """A registry with one job, whose first run has started."""
    desk = Desk()
    desk.create(type, **given)
    desk.tell(Started(7))
    return desk


def pass_time(desk: Desk, seconds: float) -> None:
    """Time passes and nobody is woken."""
    desk.time += seconds
    desk.wall += seconds


def last_move(desk: Desk) -> dict[str, Any]:
    """The last of the moves that are told."""
    move: dict[str, Any] = explain(desk)["history"][-1]
    return move


def test_the_answer() -> None:
    """The job, its moves, what may happen next, and the orders that mean something."""
    desk = make_desk()
    pass_time(desk, 2)
    explanation = explain(desk)
    assert explanation.keys() == {"at", "job", "history", "forecast", "then", "orders"}
    assert explanation["at"] == "2001-09-09T01:46:42.000Z"
    assert [move["trigger"] for move in explanation["history"]] == ["create", "start"]
    assert explanation["orders"] == ["delete", "kill", "restart", "signal"]
    assert explanation["then"] is None


def test_a_prospect_on_the_wire() -> None:
    """Each prospect has these keys; seconds are counted from the moment of the answer."""
    desk = make_desk(max_retry=2, restart_delay_seconds=4)
    desk.tell(Ended(CRASH))
    pass_time(desk, 1)
    failure = next(found for found in explain(desk)["forecast"] if found["on"] == "failure")
    assert failure == {
        "on": "failure",
        "at": "2001-09-09T01:46:44.000Z",
        "inSeconds": 3,
        "state": "restarting",
        "runCount": 2,
        "failedCount": 2,
        "missedCount": 0,
        "nextRunAt": "2001-09-09T01:46:52.000Z",
        "nextRunInSeconds": 11,
        "signal": None,
        "failures": None,
    }


def test_how_long_a_run_lasted() -> None:
    """The end of a run tells that by the monotonic clock, whatever the wall clock does."""
    desk = make_desk()
    pass_time(desk, 2.5)
    desk.wall -= 1000
    desk.tell(Ended(OK))
    assert last_move(desk)["lastedSeconds"] == 2.5


def test_a_run_that_never_was_lasted_for_no_time() -> None:
    """A start that failed has no length."""
    desk = Desk()
    desk.create()
    desk.tell(NotStarted("no such file"))
    assert last_move(desk)["lastedSeconds"] is None


def test_how_many_ticks_were_skipped() -> None:
    """Each move has the count after it, so that the difference is what happened in between."""
    desk = make_desk(PERIODIC, period_in_seconds=10)
    assert last_move(desk)["missedCount"] == 0
    pass_time(desk, 25)
    desk.tell(Ended(OK))
    assert last_move(desk)["missedCount"] == 2
    desk.wake(after=35)  # nobody woke us at the ticks at 30, 40 and 50 s
    started = last_move(desk)
    assert (started["trigger"], started["missedCount"]) == ("start", 5)


def test_who_started_it() -> None:
    """A start that somebody asked for is told from one that was due."""
    desk = make_desk(restart_delay_seconds=60, max_restart_delay_seconds=60)
    assert not last_move(desk)["ordered"]
    desk.tell(Ended(OK))
    desk.ask(StartJob("a"), "start")
    assert last_move(desk)["ordered"]
    desk.tell(Started(8))
    desk.tell(Ended(OK))
    desk.wake(after=60)
    assert not last_move(desk)["ordered"]


def test_which_signals_were_sent() -> None:
    """An order to end tells its signal, and the end of the run the last one that was sent."""
    desk = make_desk(stop_timeout_seconds=5)
    desk.kill(signal=SIGTERM)
    assert last_move(desk)["sentSignal"] == "SIGTERM"
    desk.wake(after=5)
    desk.tell(Ended(Exit(signal=SIGKILL)))
    end = last_move(desk)
    assert (end["trigger"], end["sentSignal"], end["signal"]) == ("end", "SIGKILL", "SIGKILL")


def test_a_kill_that_sends_nothing() -> None:
    """Nothing is sent to a job that waits, and nothing more to strays that are being ended."""
    desk = make_desk()
    desk.tell(MainExited(OK))
    desk.kill()
    assert last_move(desk)["sentSignal"] is None
    desk.tell(Ended(OK))
    explain(desk)
    desk.ask(StartJob("a"), "start")
    desk.tell(Started(8))
    desk.tell(Ended(OK))
    desk.kill()
    assert last_move(desk)["sentSignal"] is None


@pytest.mark.parametrize(
    ("request_", "then"), [(RestartJob("a"), "start"), (DeleteJob("a"), "delete")]
)
def test_what_follows_the_end_of_a_run(request_: RestartJob | DeleteJob, then: str) -> None:
    """A run that is ended in order to be started again, or deleted, says so."""
    desk = make_desk()
    desk.ask(request_, "ticket")
    explanation = explain(desk)
    assert explanation["then"] == then
    assert ("restart" in explanation["orders"]) is (then == "start")


@pytest.mark.parametrize("type", JobType)
@pytest.mark.parametrize("exit", [OK, CRASH, Exit(signal=SIGINT)])
@pytest.mark.parametrize("runs", [1, 2, 12])
def test_whatever_has_happened_can_be_told(type: JobType, exit: Exit, runs: int) -> None:
    """At each moment of a life, a long one too, there are words for it."""
    desk = make_desk(type, max_retry=10)
    for _ in range(runs):
        for fact in (MainExited(exit), Ended(exit)):
            explain(desk)
            desk.tell(fact)
        explain(desk)
        pass_time(desk, 60)
        explain(desk)
        desk.wake()
        explain(desk)
        desk.tell(Started(7))
    desk.delete()
    if desk.ids():
        explain(desk)
