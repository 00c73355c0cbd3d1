"""A real process that the kernel cannot end: it waits for a file system that is frozen."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from disks import ext4
from steps import processes
from steps.server import Server
from steps.waiting import until
from steps.wire import ask

from k1s.lifecycle import UNKILLABLE_S

WRITER = 'while :; do echo line >"$0"; sleep 0.01; done'


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that can be frozen."""
    if shutil.which("fsfreeze") is None:
        pytest.skip("freezing a file system needs fsfreeze")
    with ext4(tmp_path) as disk:
        yield disk


@contextmanager
def _frozen(disk: Path) -> Iterator[None]:
    """Whoever writes to it meanwhile can do nothing else, not even die."""
    subprocess.run(["fsfreeze", "--freeze", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", disk], check=True)


def _job(server: Server, job_id: str) -> dict[str, Any]:
    return dict(ask(server.address, {"command": "get-job-by-id", "jobId": job_id}))


@pytest.mark.fault("P25")
def test_a_process_that_cannot_be_ended(disk: Path, server: Server) -> None:
    """It is said so after a while, other jobs go on, and the run is over when the process is."""
    error_log = server.folder / "error_stuck.log"
    file = disk / "file"
    _create(server, "stuck", "continuous", WRITER, str(file), stopTimeoutSeconds=0.1)
    until("it to write", file.exists)
    pid = _job(server, "stuck")["pid"]
    with _frozen(disk):
        until("it to be stuck", lambda: _state(pid), lambda state: state == "D")
        ask(server.address, {"command": "kill-job", "jobId": "stuck"})
        said = until("it to be told", error_log.read_text, lambda text: "the kernel" in text)
        assert f"still there {UNKILLABLE_S} s after SIGKILL: the kernel cannot end it yet" in said
        stuck = _job(server, "stuck")
        assert (stuck["state"], stuck["pid"]) == ("running", pid)
        _create(server, "other", "one-time", "exit 0")
        until("the other", lambda: _job(server, "other")["state"], lambda state: state == "done")
        assert _state(pid) == "D"
    until("its end", lambda: _job(server, "stuck")["state"], lambda state: state == "killed")
    assert not os.path.exists(f"/proc/{pid}")


def _state(pid: int) -> str:
    return (processes.stat(pid) or "?")[0]


def _create(server: Server, job_id: str, kind: str, *script: str, **more: object) -> None:
    job = {"id": job_id, "type": kind, "executable": "/bin/sh", "arguments": ["-c", *script]}
    reply = ask(server.address, {"command": "create-job", "job": {**job, **more}})
    assert "error" not in reply, reply
