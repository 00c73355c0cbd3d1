"""circus, from PyPI. It looks at its programs every `check_delay`, and that is all it does."""

import subprocess
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

from apparatus.processes import free_port, running
from attrs import frozen

from .peer import Daemon, PeerJob, Running

_HEAD = """\
[circus]
check_delay = 1
endpoint = tcp://127.0.0.1:{endpoint}
pubsub_endpoint = tcp://127.0.0.1:{events}
"""
_WATCHER = """
[watcher:{name}]
cmd = {program}
args = {arguments}
working_dir = {folder}
copy_env = True
respawn = {again}
max_retry = -1
warmup_delay = 0
stdout_stream.class = FileStream
stdout_stream.filename = {folder}/{name}.out
stderr_stream.class = FileStream
stderr_stream.filename = {folder}/{name}.err
"""
_TIMEOUT_S = 60


@frozen
class Circus:
    """Installed in a virtual environment."""

    bin: Path
    name: str = "circus"
    jobs_max: int = 1000
    answers: bool = False

    @contextmanager
    def running(self, folder: Path, jobs: Sequence[PeerJob]) -> Running:
        """In the foreground, with two ports for its commands and its news."""
        folder.mkdir(parents=True)
        endpoint = free_port()
        config = folder / "circus.ini"
        config.write_text(_config(folder, endpoint, jobs))
        ctl = [str(self.bin / "circusctl"), "--endpoint", f"tcp://127.0.0.1:{endpoint}"]
        with running([str(self.bin / "circusd"), str(config)], folder) as process:
            try:
                yield Daemon(
                    pids=lambda: [process.pid],
                    ended=lambda: _stopped([*ctl, "status"]),
                    list_command=[*ctl, "list"],
                )
            finally:  # a signal alone may not end it when a job has been killed by somebody else
                if process.poll() is None:
                    _say([*ctl, "quit"])


def _config(folder: Path, endpoint: int, jobs: Sequence[PeerJob]) -> str:
    return _HEAD.format(endpoint=endpoint, events=free_port()) + "".join(
        _WATCHER.format(
            name=job.name,
            program=job.command[0],
            arguments=" ".join(job.command[1:]),
            folder=folder,
            again=not job.is_once,
        )
        for job in jobs
    )


def _stopped(command: Sequence[str]) -> int:
    """What it says of all; while it starts its jobs it may say nothing."""
    return _say(command).count(b": stopped")


def _say(command: Sequence[str]) -> bytes:
    said = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    return said.stdout
