"""Each adapter of a peer, where the peer is installed: what the measures rely on."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from apparatus import proc
from apparatus.announcements import Announcements
from apparatus.programs import Programs
from peers import found
from peers.install import NPM, PYTHON
from peers.peer import Peer, PeerJob

PATIENCE_S = 60


@pytest.fixture(params=found.NAMES)
def peer(request: pytest.FixtureRequest) -> Peer:
    one = found.find(request.param)
    if isinstance(one, found.Missing):
        pytest.skip(one.reason)
    return one


def test_its_jobs_run_and_it_leaves_nothing_behind(
    peer: Peer, programs: Programs, tmp_path: Path
) -> None:
    """It starts its jobs, lists them, starts one again that was killed, and ends with them."""
    folder = tmp_path / "daemon"
    with Announcements(tmp_path / "fifo") as told:
        jobs = [PeerJob(f"job-{n}", programs.staying(told.path, n)) for n in range(2)]
        with peer.running(folder, jobs) as daemon:
            pids = {announcement.pid for announcement in told.take(2)}
            own = daemon.pids()
            assert own
            assert all(map(proc.name, own))
            assert not pids & set(own)
            if daemon.list_command:
                _wait_until(lambda: b"job-1" in _said(daemon.list_command, daemon.environment))
            time.sleep(1.1)  # runit and s6 hold back a program that ran for less than a second
            subprocess.run(["kill", "-KILL", str(min(pids))], check=True)
            assert told.take(1)[0].pid not in pids
    assert not proc.pids_below(folder)


def test_it_tells_when_a_job_that_runs_once_has_ended(peer: Peer, tmp_path: Path) -> None:
    """What has ended is counted, and not started again."""
    jobs = [PeerJob(f"job-{n}", ["true"], is_once=True) for n in range(3)]
    with peer.running(tmp_path / "daemon", jobs) as daemon:
        _wait_until(lambda: daemon.ended() == 3)


def test_it_keeps_what_a_job_writes(peer: Peer, programs: Programs, tmp_path: Path) -> None:
    """The output of a logged job is in a file below its folder."""
    folder = tmp_path / "daemon"
    with Announcements(tmp_path / "fifo") as told:
        command = [*programs.writer, told.path, "100", "1000"]
        with peer.running(folder, [PeerJob("job", command, is_logged=True)]):
            (ready,) = told.take(1)
            subprocess.run(["kill", "-USR1", str(ready.pid)], check=True)
            told.take(1)
            _wait_until(lambda: 100_000 in _sizes(folder))


def test_a_missing_peer_has_a_reason(tmp_path: Path) -> None:
    """What is not installed is named with the way to get it."""
    for name in (*PYTHON, *NPM):
        missing = found.find(name, tmp_path)
        assert isinstance(missing, found.Missing)
        assert "make bench-peers" in missing.reason


def _said(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
    variables = environment or None
    return subprocess.run(command, capture_output=True, env=variables, check=False).stdout


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a supervisor has just given it another name
            yield path.stat().st_size


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.05)
