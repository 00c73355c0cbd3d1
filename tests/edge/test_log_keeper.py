"""The edge of rotation: its thread, and what becomes of mistakes in it."""

import asyncio
import logging
import os
import threading
from pathlib import Path

import pytest

from k1s.config import LogsConfig
from k1s.events import LogFile, RemoveLogs, Run
from k1s.job import JobSpec, JobType
from k1s.logkeeper import LogKeeper
from k1s.logs.backups import LARGE_BYTES
from k1s.logs.rotation import Outcome, Rotation, Verdict
from k1s.logsource import LogSource
from k1s.protocol import LogStream

DEADLINE_S = 60.0


@pytest.mark.fault("S4")
def test_a_mistake_in_a_rotation(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that nobody foresaw ends one rotation, is logged once, and no more."""

    async def scenario() -> list[Outcome]:
        keeper, outcomes, both = LogKeeper(LogsConfig()), list[Outcome](), asyncio.Event()

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if len(outcomes) == 2:
                both.set()

        keeper.open()
        keeper.in_thread(lambda: Outcome(Verdict[str(1 / 0)]), done)
        keeper.in_thread(lambda: Outcome(Verdict.DONE, threading.current_thread().name), done)
        await asyncio.wait_for(both.wait(), DEADLINE_S)
        keeper.close()
        return outcomes

    with caplog.at_level(logging.ERROR):
        failed, worked = asyncio.run(scenario())
    assert failed.verdict is Verdict.FAILED
    assert worked == Outcome(Verdict.DONE, "rotation_0")
    assert caplog.text.count("a rotation failed") == 1
    assert "rotation_0" not in [thread.name for thread in threading.enumerate()]


def test_no_thread_without_a_rotation(tmp_path: Path) -> None:
    """A server whose logs are small has no thread for them."""

    async def scenario() -> None:
        before = {*threading.enumerate()}
        keeper = LogKeeper(LogsConfig())
        keeper.open()
        keeper.append(str(tmp_path / "error.log"), "a line\n")
        assert {*threading.enumerate()} <= before
        keeper.close()

    asyncio.run(scenario())
    assert (tmp_path / "error.log").read_text() == "a line\n"


def spec_in(folder: Path) -> JobSpec:
    """A job whose logs are in this folder."""
    return JobSpec("it", JobType.ONE_TIME, "true").located(str(folder))


def logs_of(folder: Path) -> tuple[str, ...]:
    """The logs of a job with all that may belong to them."""
    paths = tuple(str(folder / f"{stream}_it.log") for stream in LogStream)
    for path in paths:
        for end in ("", ".1", ".5", ".rotating"):
            Path(f"{path}{end}").write_text("something\n")
    return paths


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_logs_are_removed_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    """Large ones as well as small ones, and nothing else, be it named like a backup."""
    paths = logs_of(tmp_path)
    os.truncate(paths[0], LARGE_BYTES + 1)
    Path(f"{paths[0]}.6").touch()
    Path(f"{paths[0]}.2").symlink_to(paths[0])

    async def scenario() -> None:
        keeper = LogKeeper(LogsConfig(backups=5))
        keeper.remove(RemoveLogs(paths))
        assert left(tmp_path) == {"stdout_it.log.6", "stdout_it.log.2"}
        keeper.close()

    asyncio.run(scenario())


def read(keeper: LogKeeper, path: str) -> LogSource:
    """Somebody who has begun to read a log, and goes on."""
    source = keeper.source((LogFile("it", LogStream.STDOUT, path),), None, follow=True)
    source.open(lambda: None)
    return source


def test_logs_stay_until_nobody_reads_them(tmp_path: Path) -> None:
    """Who has begun to read gets all of it, whatever becomes of the job."""

    async def scenario() -> None:
        keeper, paths = LogKeeper(LogsConfig()), logs_of(tmp_path)
        first, second = read(keeper, paths[1]), read(keeper, paths[1])
        before = left(tmp_path)
        keeper.remove(RemoveLogs(paths))
        first.close()
        assert left(tmp_path) == before
        second.close()
        assert left(tmp_path) == set()
        keeper.close()

    asyncio.run(scenario())


def test_logs_of_a_new_run_are_not_removed(tmp_path: Path) -> None:
    """A job of the same name may begin before the last reader of the old one has gone."""

    async def scenario() -> None:
        keeper, paths = LogKeeper(LogsConfig()), logs_of(tmp_path)
        source = read(keeper, paths[0])
        keeper.remove(RemoveLogs(paths))
        keeper.begin(Run("it", 2, 1), spec_in(tmp_path))
        before = left(tmp_path)
        source.close()
        assert left(tmp_path) == before
        keeper.close()

    asyncio.run(scenario())


def test_logs_that_are_read_to_the_end_of_the_server_are_removed_then(tmp_path: Path) -> None:
    """Nobody is left to read them."""

    async def scenario() -> None:
        keeper, paths = LogKeeper(LogsConfig()), logs_of(tmp_path)
        read(keeper, paths[0])
        keeper.remove(RemoveLogs(paths))
        keeper.close()

    asyncio.run(scenario())
    assert left(tmp_path) == set()


def test_logs_stay_until_their_rotation_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would put a backup where nobody looks any more."""
    may_go_on, has_rested = threading.Event(), asyncio.Event()
    rested = LogKeeper.rested

    def slowly(rotation: Rotation) -> Outcome:
        may_go_on.wait(DEADLINE_S)
        Path(f"{rotation.log}.1").write_text("the last backup\n")
        return Outcome(Verdict.DONE)

    def noted(keeper: LogKeeper, log: str) -> None:
        rested(keeper, log)
        has_rested.set()

    monkeypatch.setattr(Rotation, "run", slowly)
    monkeypatch.setattr(LogKeeper, "rested", noted)

    async def scenario() -> None:
        keeper, run = LogKeeper(LogsConfig(max_bytes=64 * 1024)), Run("it", 1, 1)
        keeper.begin(run, spec_in(tmp_path))
        paths = logs_of(tmp_path)
        os.truncate(paths[0], 100_000)
        keeper.end(run)
        before = left(tmp_path)
        keeper.remove(RemoveLogs(paths))
        assert left(tmp_path) == before
        may_go_on.set()
        await asyncio.wait_for(has_rested.wait(), DEADLINE_S)
        assert left(tmp_path) == set()
        keeper.close()

    asyncio.run(scenario())
