"""The list and the description of jobs, as text."""

import time
from typing import Any

import pytest

from k1s.cli.display import describing, listing, wording

NOW = wording.wall("2026-11-23T06:35:15.000Z")
JOB: dict[str, Any] = {
    "id": "web",
    "type": "continuous",
    "executable": "python3",
    "arguments": ["-c", "print(1)"],
    "workingDirectory": "/srv",
    "environment": {"TOKEN": "geheim", "A": "b"},
    "periodInSeconds": None,
    "maxRetry": 5,
    "stdoutLogPath": "/l/stdout_web.log",
    "stderrLogPath": "/l/stderr_web.log",
    "errorLogPath": "/l/error_web.log",
    "restartDelaySeconds": 0.1,
    "maxRestartDelaySeconds": 30,
    "healthyAfterSeconds": None,
    "stopTimeoutSeconds": 10,
    "state": "restarting",
    "pid": None,
    "exitCode": 3,
    "signal": None,
    "runCount": 7,
    "failedCount": 2,
    "missedCount": 1,
    "killRequested": False,
    "createdAt": "2026-11-23T06:30:15.000Z",
    "startedAt": "2026-11-23T06:33:15.000Z",
    "endedAt": "2026-11-23T06:35:12.000Z",
    "nextRunAt": "2026-11-23T06:35:18.000Z",
    "lastError": "exited with code 3",
}


def test_one_line_a_job() -> None:
    """All that matters stands in one line."""
    line = listing.lines([JOB], NOW, None)[1]
    assert " ".join(line.split()) == (
        "web continuous restarting 3 s 7 2 1 retry 2 of 5 in 3 s (exit 3)"
    )


def test_missed_ticks_have_a_column_where_there_are_any() -> None:
    """In 80 columns it stays when others go, for no other words tell of them."""
    job = {**JOB, "type": "periodic", "periodInSeconds": 600, "state": "running", "pid": 4_194_304}
    assert "MISSED" not in listing.lines([{**job, "missedCount": 0}], NOW, 80)[0]
    title, line = listing.lines([{**job, "failedCount": 0}], NOW, 80)
    assert title.split() == ["ID", "TYPE", "STATE", "PID", "SINCE", "MISSED", "WHAT", "NEXT"]
    assert line.endswith(" 1  next in 3 s if over")
    assert len(line) <= 80


@pytest.mark.parametrize("id", ["w" * 8, "w" * 20, "w" * 40, "w" * 128])
def test_failures_go_last(id: str) -> None:
    """As long as there is a place for one more column beside the state, it is theirs."""
    job = {**JOB, "id": id, "pid": 4_194_304}
    least = min(len(id), 14) + 2 + len("restarting") + 2 + len("FAILED")
    for place in range(1, 130):
        title, line = listing.lines([job, {**job, "failedCount": 0}], NOW, place)[:2]
        assert ("FAILED" in title) is (place >= least), place
        assert ("WHAT NEXT" in title) is (place >= least + 2 + 22), place
        assert place < 14 or len(line) <= place


def test_where_nothing_has_failed_that_is_not_told_first() -> None:
    """Zeros have the place that is left by what says more, but for the number of runs."""
    for place in range(1, 130):
        title = listing.lines([{**JOB, "failedCount": 0, "missedCount": 0}], NOW, place)[0]
        said = set(title.split())
        assert "FAILED" not in said or {"TYPE", "PID", "SINCE", "WHAT"} <= said, place


def test_a_tick_while_it_runs_is_no_run() -> None:
    """Of a job that runs, the next tick is told, and what becomes of it."""
    text = "\n".join(describing.lines({**JOB, "state": "running"}, [], NOW))
    assert "(in 3 s), missed if the run still lasts" in text
    assert "next run" not in text


def test_only_the_state_and_the_title_are_painted() -> None:
    """A job that is named as a state does not confuse the colours."""
    title, line = listing.lines([{**JOB, "id": "restarting"}], NOW, None, has_colour=True)
    assert title.startswith("\x1b[1mID")
    assert line.startswith("restarting  continuous  \x1b[33mrestarting\x1b[0m  ")


def test_the_summary_counts_states() -> None:
    """How many jobs there are, and in which states."""
    jobs = [JOB, {**JOB, "state": "done"}, {**JOB, "state": "running"}, {**JOB, "state": "done"}]
    assert listing.summary(jobs) == "4 jobs: 1 running, 1 restarting, 2 done"


def test_all_about_a_job() -> None:
    """Everything is told but the values of the environment, which may be secrets."""
    text = "\n".join(describing.lines(JOB, ["a line", "\x1b[2J"], NOW))
    for words in (
        *("restarting, retry 2 of 5 in 3 s", "python3 -c 'print(1)'", "only A, TOKEN"),
        *("7, 2 failures since the last success, 1 tick missed", "exit 3", "(2 min ago)"),
        *("5 in a row are forgiven, after 0.1 s to 30 s", "(in 3 s)", "/l/error_web.log"),
        *("a line", "\\x1b[2J"),
    ):
        assert words in text, words
    assert "geheim" not in text


def test_what_does_not_apply_is_left_out() -> None:
    """A job that has never run has no pid, no start and no end."""
    new = {"pid": None, "startedAt": None, "endedAt": None, "nextRunAt": None, "lastError": None}
    quiet = {"environment": {}, "workingDirectory": None, "exitCode": None, "state": "killed"}
    changed = {**JOB, **new, **quiet, "maxRetry": -1, "type": "periodic", "periodInSeconds": 60}
    labels = [line.partition(" ")[0] for line in describing.lines(changed, [], NOW)]
    assert not {"pid", "last", "next"} & set(labels)
    text = "\n".join(describing.lines(changed, [], NOW, has_colour=True))
    assert "periodic, every 1 min" in text
    assert "all are forgiven" in text
    assert "\x1b[31mkilled" in text


def test_the_error_log_speaks_of_the_time_of_this_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the lines above it do; what is no time of ours is left as it is."""
    monkeypatch.setenv("TZ", "XXX-5:30")
    time.tzset()
    log = ["2026-11-23T06:35:12.123Z gave up", "0001-01-01T00:00:00.000Z x", "2026 y"]
    log.append("9999-12-31T23:59:59.999Z z")
    lines = describing.lines(JOB, log, NOW)
    monkeypatch.undo()
    time.tzset()
    assert "created      2026-11-23 12:00:15+05:30 (5 min ago)" in lines
    assert "  2026-11-23 12:05:12.123+05:30 gave up" in lines
    assert "  9999-12-31T23:59:59.999Z z" in lines
    assert "  2026 y" in lines
