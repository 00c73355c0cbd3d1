"""The engine by itself: what a server cannot be made to show from outside."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from steps.waiting import until

from k1s.engines.local import LocalEngine
from k1s.errors import StartError
from k1s.events import Ended, Fact, Run
from k1s.job import Exit, JobSpec, JobType

BALLAST = str(Path(__file__).with_name("ballast.py"))
# With a copy of the page tables instead of vfork this is a hundred times, not ten.
SLOWER_AT_MOST = 10


@pytest.fixture
def heard() -> list[tuple[Run, Fact]]:
    """What the engine has reported."""
    return []


@pytest.fixture
def engine(heard: list[tuple[Run, Fact]]) -> Iterator[LocalEngine]:
    """An engine, whose every run is over in the end."""
    engine = LocalEngine(lambda run, fact: heard.append((run, fact)))
    yield engine
    until("every run to be over", lambda: engine.reap() or engine.is_idle)


def spec(folder: Path, script: str) -> JobSpec:
    """A job that runs a line of shell."""
    job = JobSpec("job", JobType.ONE_TIME, "/bin/sh", ("-c", script))
    return job.located(str(folder))


@pytest.mark.fault("P24")
def test_no_other_child_of_the_process_takes_an_exit(
    engine: LocalEngine, heard: list[tuple[Run, Fact]], tmp_path: Path
) -> None:
    """Each exit comes to its run with its own code, also after other processes were waited for."""
    runs = [Run("job", 1, number) for number in range(50)]
    pids = [engine.start(run, spec(tmp_path, f"exit {run.number}")) for run in runs]
    until("all to have ended", lambda: all(_is_zombie(pid) for pid in pids))
    subprocess.run(["/bin/true"], check=True)  # polls every child that a Popen still waits for
    until("every run to be over", lambda: engine.reap() or engine.is_idle)
    assert dict(heard) == {run: Ended(Exit(code=run.number)) for run in runs}


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.fault("P11")
@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM])
def test_a_machine_that_has_no_room_for_a_process(
    engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The run fails with the reason in words, and no descriptor is left open."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    before = set(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(StartError, match="the machine has no room for another process"):
        engine.start(Run("job", 1, 1), spec(tmp_path, "exit 0"))
    monkeypatch.undo()
    assert set(os.listdir("/proc/self/fd")) == before
    assert engine.is_idle


@pytest.mark.fault("R4")
def test_a_large_server_starts_programs_as_fast(tmp_path: Path) -> None:
    """A start costs about the same with half a gigabyte in use: nothing of it is copied."""
    done = subprocess.run(
        [sys.executable, BALLAST, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=True
    )
    assert float(done.stdout) < SLOWER_AT_MOST
