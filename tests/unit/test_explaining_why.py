"""Why a job is as it is and what comes next, in words."""

from datetime import UTC
from typing import Any

import pytest

from k1s.explaining import told

NOW = "2026-11-25T12:00:10.000Z"


def at(seconds: float) -> str:
    """A time so many seconds after 12:00:00."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"2026-11-25T12:00:{whole:02d}.{thousandths:03d}Z"


def make_move(seconds: float, trigger: str, to: str | None, **more: Any) -> dict[str, Any]:
    """A transition at so many seconds after 12:00:00."""
    return {
        "at": at(seconds),
        "trigger": trigger,
        "from": "running",
        "to": to,
        "runCount": 1,
        "failedCount": 0,
        "missedCount": 0,
        "exitCode": None,
        "signal": None,
        "reason": None,
        "nextRunAt": None,
        "ordered": False,
        "sentSignal": None,
        "lastedSeconds": None,
        **more,
    }


CREATED = make_move(0, "create", "pending", runCount=0)
STARTED = make_move(0, "start", "running")
FAILED = {"exitCode": 3, "failedCount": 1, "lastedSeconds": 2}
OK = {"exitCode": 0, "lastedSeconds": 2}
DONE = make_move(2, "succeed", "done", **OK)


def make_prospect(on: str, state: str, in_s: float = 0, **more: Any) -> dict[str, Any]:
    """Something that may happen in so many seconds, at 12:00:10."""
    return {
        "on": on,
        "at": at(10 + in_s),
        "inSeconds": in_s,
        "state": state,
        "runCount": 1,
        "failedCount": 0,
        "missedCount": 0,
        "nextRunAt": None,
        "nextRunInSeconds": None,
        "signal": None,
        "failures": None,
        **more,
    }


SUCCESS = make_prospect("success", "done")
FAILURE = make_prospect("failure", "exhausted", failedCount=1)


def tell(
    state: str = "done",
    history: tuple[dict[str, Any], ...] = (CREATED, STARTED, DONE),
    forecast: tuple[dict[str, Any], ...] = (),
    then: str | None = None,
    **more: Any,
) -> list[str]:
    """The lines about a job."""
    job = {
        "id": "web",
        "state": state,
        "pid": 7 if state == "running" else None,
        "maxRetry": 5,
        "runCount": 1,
        "failedCount": 0,
        "missedCount": 0,
        "killRequested": False,
        "createdAt": at(0),
        "startedAt": at(0),
        "exitCode": None,
        "signal": None,
        "origin": None,
        **more,
    }
    said = {"at": NOW, "job": job, "history": list(history), "then": then, "forecast": forecast}
    return told(said, UTC)


def headline(*args: Any, **more: Any) -> str:
    """The first line about a job."""
    return tell(*args, **more)[0]


def chain(*history: dict[str, Any], **more: Any) -> list[str]:
    """The lines about what has happened to a job that then ended well."""
    lines = tell("done", (*history, DONE), **more)
    return [line.removeprefix("  ") for line in lines[1 : lines.index("Next:")]]


def outlook(*forecast: dict[str, Any], **more: Any) -> list[str]:
    """The lines about what comes next for a running job."""
    lines = tell("running", (CREATED, STARTED), forecast, **more)
    return [line.removeprefix("  ") for line in lines[lines.index("Next:") + 1 :]]


def test_all_of_it() -> None:
    """The reason, the chain, what comes next."""
    assert tell() == [
        "web is done: 8 s ago its run succeeded after 2 s.",
        "  12:00:00.000  created",
        "  12:00:00.000  run 1 started, succeeded after 2 s; done",
        "Next:",
        "  nothing, unless somebody starts it again",
    ]


# The reason


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (0, "no failure is forgiven"),
        (1, "that was failure 2 in a row, and 1 is forgiven"),
        (5, "that was failure 2 in a row, and 5 are forgiven"),
    ],
)
def test_why_a_job_is_exhausted(most: int, words: str) -> None:
    """It is told how the last run ended, and what the budget was."""
    last = make_move(2, "fail", "exhausted", **FAILED)
    line = headline("exhausted", (last,), maxRetry=most, failedCount=2)
    assert line == f"web is exhausted: 8 s ago its last run exited with code 3 after 2 s; {words}."


@pytest.mark.parametrize("state", ["pending", "restarting"])
@pytest.mark.parametrize(
    ("failed", "most", "words"),
    [
        (0, 5, ""),
        (1, 1, " (failure 1 in a row; 1 is forgiven)"),
        (2, 5, " (failure 2 in a row; 5 are forgiven)"),
        (7, -1, " (failure 7 in a row; all are forgiven)"),
    ],
)
def test_why_a_job_waits(state: str, failed: int, most: int, words: str) -> None:
    """It is told how the last run ended, and how much of the budget is used up."""
    last = make_move(2, "fail", state, nextRunAt=at(3), **FAILED)
    line = headline(state, (last,), (SUCCESS, FAILURE), maxRetry=most, failedCount=failed)
    assert line == f"web is {state}: its last run exited with code 3 after 2 s{words}."


def test_why_a_job_runs() -> None:
    """It is told for how long, or that it is not quite so far."""
    history, both = (CREATED, STARTED), (SUCCESS, FAILURE)
    assert headline("running", history, both) == "web is running: run 1 has lasted 10 s so far."
    starting = headline("running", history, both, pid=None)
    assert starting == "web is running: run 1 is being started."
    strays = headline("running", history, (SUCCESS,), pid=None, exitCode=0)
    words = "the main process of run 1 succeeded, and what it left behind is being ended"
    assert strays == f"web is running: {words}."


@pytest.mark.parametrize(
    ("missed", "words"),
    [(3, ""), (4, ", 1 tick skipped meanwhile"), (6, ", 3 ticks skipped meanwhile")],
)
def test_ticks_that_fall_while_a_job_runs(missed: int, words: str) -> None:
    """Those since the run began are told."""
    history = (CREATED, make_move(0, "start", "running", missedCount=3))
    line = headline("running", history, (SUCCESS, FAILURE), missedCount=missed)
    assert line == f"web is running: run 1 has lasted 10 s so far{words}."


def test_why_a_job_runs_still() -> None:
    """Who is told to end and has not done so is told about with the signal."""
    kill = make_move(5, "kill", "running", sentSignal="SIGTERM")
    line = headline("running", (STARTED, kill), killRequested=True)
    words = "run 1 was told to end with SIGTERM, 5 s ago, but is not all gone yet"
    assert line == f"web is running: {words}."
    forgotten = headline("running", (STARTED,), killRequested=True)
    assert forgotten == "web is running: run 1 was told to end, but is not all gone yet."


def test_why_a_job_is_killed() -> None:
    """It is told what it was doing when it was told to end, and how it ended."""
    kill = make_move(5, "kill", "running", sentSignal="SIGINT")
    end = make_move(6, "end", "killed", exitCode=0, sentSignal="SIGINT")
    ran = headline("killed", (STARTED, kill, end))
    assert ran == "web is killed: run 1 was told to end with SIGINT and succeeded, 4 s ago."
    forgotten = headline("killed", (end,))
    assert forgotten == "web is killed: run 1 was told to end and succeeded, 4 s ago."
    waiting = headline("killed", (make_move(5, "kill", "killed", **{"from": "pending"}),))
    assert waiting == "web is killed: it was told to end while it was pending, 5 s ago."


# The chain


def test_the_origin_is_named() -> None:
    """Who made the job is told where that is known."""
    assert chain(CREATED, origin="/srv/jobs.toml") == [
        "12:00:00.000  created by /srv/jobs.toml",
        "12:00:02.000  run 1 succeeded after 2 s; done",
    ]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (
            make_move(2, "fail", "restarting", nextRunAt=at(2.4), **FAILED),
            "exited with code 3 after 2 s; retry 1 of 5 in 0.4 s",
        ),
        (
            make_move(2, "fail", "pending", nextRunAt=at(10), **FAILED),
            "exited with code 3 after 2 s; retry 1 of 5 at 12:00:10.000",
        ),
        (
            make_move(2, "fail", "exhausted", failedCount=6, signal="SIGSEGV", lastedSeconds=0),
            "died of SIGSEGV at once; failure 6 in a row, gave up",
        ),
        (
            make_move(2, "succeed", "restarting", nextRunAt=at(2.1), **OK),
            "succeeded after 2 s; next run in 0.1 s",
        ),
        (
            make_move(2, "succeed", "restarting", nextRunAt=at(2), **OK),
            "succeeded after 2 s; next run at once",
        ),
        (
            make_move(2, "succeed", "pending", nextRunAt=at(10), **OK),
            "succeeded after 2 s; next run at 12:00:10.000",
        ),
    ],
)
def test_the_end_of_a_run_and_what_was_decided(end: dict[str, Any], words: str) -> None:
    """A run that ended by itself is one line, with its end and the decision."""
    assert f"12:00:00.000  run 1 started, {words}" in chain(CREATED, STARTED, end)


def test_ticks_that_fell_into_a_run() -> None:
    """They are told where the run ends, an order in between or not."""
    start = make_move(0, "start", "running", missedCount=1)
    end = make_move(2, "succeed", "pending", nextRunAt=at(10), missedCount=3, **OK)
    words = "succeeded after 2 s, 2 ticks skipped meanwhile; next run at 12:00:10.000"
    assert chain(CREATED, start, end)[1:2] == [
        f"12:00:00.000  run 1 started, late: 1 tick skipped, {words}"
    ]
    kill = make_move(1, "kill", "running", sentSignal="SIGINT", missedCount=2)
    end = make_move(2, "end", "killed", signal="SIGINT", missedCount=3)
    assert (
        "run 1 died of SIGINT, 2 ticks skipped meanwhile; killed"
        in (chain(CREATED, start, kill, end)[3])
    )


def test_ticks_that_nobody_remembers_or_tells() -> None:
    """What was before the first move that is remembered is not told, nor by an older server."""
    first = make_move(1, "start", "running", runCount=8, missedCount=7)
    assert not any("skipped" in line for line in chain(first, missedCount=7))
    old = [{key: move[key] for key in move if key != "missedCount"} for move in (STARTED, DONE)]
    assert not any("skipped" in line for line in tell(history=tuple(old), missedCount=7))


@pytest.mark.parametrize(("is_ordered", "by"), [(False, ""), (True, " by an order")])
def test_a_start_that_failed(is_ordered: bool, by: str) -> None:
    """What could not be started is not said to have started."""
    start = {**STARTED, "ordered": is_ordered}
    end = make_move(0, "fail", "exhausted", failedCount=1, reason="could not start: no file")
    words = "could not start: no file; failure 1 in a row, gave up"
    assert f"12:00:00.000  run 1{by} {words}" in chain(CREATED, start, end)


def test_a_run_that_was_ended() -> None:
    """An order stands between the start and the end of a run, which are lines of their own."""
    kill = make_move(5, "kill", "running", sentSignal="SIGINT")
    end = make_move(6, "end", "killed", signal="SIGINT", lastedSeconds=6, sentSignal="SIGINT")
    assert chain(CREATED, STARTED, kill, end)[1:4] == [
        "12:00:00.000  run 1 started",
        "12:00:05.000  told to end with SIGINT",
        "12:00:06.000  run 1 died of SIGINT after 6 s; killed",
    ]


@pytest.mark.parametrize(
    ("asked", "sent", "words"),
    [
        ("SIGINT", "SIGKILL", " by SIGKILL, for SIGINT had not ended all of it"),
        ("SIGKILL", "SIGKILL", ""),
        (None, "SIGKILL", ""),
    ],
)
def test_force_is_told(asked: str | None, sent: str, words: str) -> None:
    """It is told when the signal that was asked for was not enough."""
    kill = make_move(5, "kill", "running", sentSignal=asked)
    end = make_move(6, "end", "killed", signal="SIGKILL", sentSignal=sent)
    assert f"12:00:06.000  run 1 died of SIGKILL; killed{words}" in chain(CREATED, kill, end)


def test_other_orders() -> None:
    """A start by an order is told from one whose time had come, and a kill may hit nothing."""
    kill = make_move(5, "kill", "killed", **{"from": "restarting"})
    start = make_move(6, "start", "running", runCount=2, ordered=True)
    assert chain(CREATED, kill, start)[1:] == [
        "12:00:05.000  told to end while it was restarting: killed at once",
        "12:00:06.000  run 2 started by an order, succeeded after 2 s; done",
    ]


@pytest.mark.parametrize(
    ("first", "runs"),
    [
        (make_move(1, "start", "running", runCount=8), 7),
        (make_move(1, "fail", "restarting", nextRunAt=at(2), **{**FAILED, "runCount": 7}), 7),
    ],
)
def test_what_is_forgotten_is_named(first: dict[str, Any], runs: int) -> None:
    """A long life says how much of it is no longer remembered."""
    lines = chain(first)
    assert lines[:2] == [
        "12:00:00.000  created",
        f"...  the moves up to run {runs} are no longer remembered",
    ]


# What comes next


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runCount": 2}, "run 2 starts"),
        ({"failedCount": 0}, "its failures are forgiven, if the run lasts"),
        ({"missedCount": 1}, "its next tick, missed if the run still lasts"),
        ({"signal": "SIGKILL"}, "SIGKILL, if anything of it is left then"),
        ({}, "a line in its error log, if the kernel has not ended all of it by then"),
    ],
)
def test_what_time_brings(changes: dict[str, Any], words: str) -> None:
    """Each thing that comes by itself has its words and its time."""
    prospect = make_prospect("time", "running", 5, **{"failedCount": 1, **changes})
    line = outlook(prospect, SUCCESS, FAILURE, failedCount=1)[0]
    assert line == f"in 5 s (12:00:15.000): {words}"
    now = {**prospect, "inSeconds": 0.0}
    assert outlook(now, SUCCESS, FAILURE, failedCount=1)[0] == f"now (12:00:15.000): {words}"


@pytest.mark.parametrize(
    ("success", "words"),
    [
        (SUCCESS, "done"),
        (
            make_prospect("success", "restarting", 5, nextRunInSeconds=5.1),
            "next run after 0.1 s",
        ),
        (
            make_prospect("success", "restarting", 5, nextRunInSeconds=5.0004),
            "next run at once",
        ),
        (make_prospect("success", "pending", nextRunAt=at(30)), "next run at 12:00:30.000"),
    ],
)
def test_what_follows_a_success(success: dict[str, Any], words: str) -> None:
    """The next run, or the end."""
    assert outlook(success, FAILURE)[0] == f"if it succeeds: {words}"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            make_prospect("failure", "restarting", 5, failedCount=3, nextRunInSeconds=5.4),
            "retry 3 of 5 after 0.4 s",
        ),
        (
            make_prospect("failure", "restarting", 5, failedCount=3, nextRunInSeconds=5),
            "retry 3 of 5 at once",
        ),
        (
            make_prospect("failure", "pending", failedCount=3, nextRunAt=at(30)),
            "retry 3 of 5 at 12:00:30.000",
        ),
    ],
)
def test_what_follows_a_failure(failure: dict[str, Any], words: str) -> None:
    """The next attempt, with its number."""
    assert outlook(SUCCESS, failure)[1] == f"if it fails: {words}"


@pytest.mark.parametrize(
    ("prospect", "words"),
    [
        (SUCCESS, "done"),
        (FAILURE, "exhausted"),
    ],
)
def test_what_is_decided_is_no_if(prospect: dict[str, Any], words: str) -> None:
    """When only strays are left of a run, its outcome is known."""
    lines = outlook(prospect, exitCode=0)
    assert lines == [f"once the rest of the run has ended: {words}"]


@pytest.mark.parametrize(
    ("failures", "most", "words"),
    [
        (1, 5, "one more failure ends it: exhausted"),
        (
            3,
            5,
            "3 more failures in a row end it: exhausted in 7 s (12:00:17.000) at the earliest",
        ),
        (None, 500, "its budget of failures is far from used up"),
        (None, -1, "no number of failures ends it: all are forgiven"),
    ],
)
def test_how_far_the_budget_reaches(failures: int | None, most: int, words: str) -> None:
    """How many failures in a row end it, and when at the earliest."""
    last = make_prospect("failures", "exhausted", 7, failures=failures)
    lines = outlook(SUCCESS, FAILURE, *([last] if failures else []), maxRetry=most)
    assert lines == ["if it succeeds: done", words]


@pytest.mark.parametrize(
    ("then", "words"),
    [(None, "killed"), ("start", "it is started again"), ("delete", "it is deleted")],
)
def test_what_follows_a_kill(then: str | None, words: str) -> None:
    """Who waits for the end hears of SIGKILL and of what follows, not of ticks and budgets."""
    lines = outlook(
        make_prospect("time", "running", 1, missedCount=1, failedCount=2),
        make_prospect("time", "running", 2),
        make_prospect("time", "running", 3, signal="SIGKILL", failedCount=2),
        make_prospect("end", "killed"),
        killRequested=True,
        failedCount=2,
        then=then,
    )
    assert lines == [
        "in 3 s (12:00:13.000): SIGKILL, if anything of it is left then",
        f"once nothing of it is left: {words}",
    ]
