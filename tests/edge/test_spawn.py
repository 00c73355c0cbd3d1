"""What a program finds when it is started: its streams, its environment, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from steps.server import K1S, Server
from steps.wire import ask

from k1s.engines.spawn import inherited_environment, spawn
from k1s.job import JobSpec, JobType

STREAMLESS = str(Path(__file__).with_name("streamless.py"))


def output(spec: JobSpec, folder: Path) -> bytes:
    """What a program writes to stdout until it exits, well."""
    null = os.open(os.devnull, os.O_RDWR)
    stdout = os.open(folder / "output", os.O_RDWR | os.O_CREAT)
    try:
        pid = spawn(spec.executable, spec, inherited_environment(), (null, stdout, null))
        assert os.waitpid(pid, 0) == (pid, 0)
        return os.pread(stdout, 1 << 16, 0)
    finally:
        os.close(null)
        os.close(stdout)


def test_a_file_that_the_server_was_started_with_is_kept_from_programs(tmp_path: Path) -> None:
    """Somebody may start a server with a lock or a socket of his own open."""
    folder = tmp_path / "server"
    folder.mkdir()
    words = ("sh", "-c", 'exec 9</dev/null; exec "$0" server -p 0', K1S)
    server = Server(folder, tmp_path / "talk", words)
    job = {"id": "job", "type": "one-time", "executable": "ls", "arguments": ["/proc/self/fd"]}
    try:
        ask(server.address, {"command": "create-job", "job": job})
        ask(server.address, {"command": "wait-job", "jobId": "job"})
        assert os.path.exists(f"/proc/{server.pid}/fd/9")
    finally:
        server.end()
    assert (folder / "stdout_job.log").read_text().split() == ["0", "1", "2", "3"]  # its folder


@pytest.mark.parametrize("folder", [None, "/"])
def test_any_bytes_in_the_environment_are_inherited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str | None
) -> None:
    """The kernel knows no encoding, and the server passes on what it was given."""
    monkeypatch.setitem(os.environb, b"N\xffME", b"v\xfflue=\n")
    job = JobSpec("job", JobType.ONE_TIME, "/usr/bin/env", ("-0",), working_directory=folder)
    assert b"N\xffME=v\xfflue=\n" in output(job, tmp_path).split(b"\0")


def test_a_variable_without_a_name_hinders_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be one in the environment of a server, if a program has put it there."""
    monkeypatch.setattr(os, "environb", {b"": b"nameless", b"NAME": b"value"})
    job = JobSpec("job", JobType.ONE_TIME, "/usr/bin/env")
    assert output(job, tmp_path) == b"NAME=value\n"


@pytest.mark.parametrize("folder", ["", "/"])
def test_a_server_without_streams_gives_a_program_its_own(tmp_path: Path, folder: str) -> None:
    """The logs may have been opened in the place of other streams, and get to the right ones."""
    subprocess.run([sys.executable, STREAMLESS, str(tmp_path), folder], check=True)
    assert (tmp_path / "stdout_job.log").read_text() == "to stdout\n"
    assert (tmp_path / "stderr_job.log").read_text() == "to stderr\n"
