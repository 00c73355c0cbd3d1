"""supervisord, from PyPI."""

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from xmlrpc.client import dumps

from apparatus.processes import free_port, running
from attrs import frozen

from .peer import Daemon, PeerJob, Questions, Running

_HEAD = """\
[supervisord]
nodaemon = true
logfile = {folder}/supervisord.log
pidfile = {folder}/supervisord.pid
childlogdir = {folder}
minfds = {descriptors}

[inet_http_server]
port = 127.0.0.1:{port}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = http://127.0.0.1:{port}
"""
_PROGRAM = """
[program:{name}]
command = {command}
directory = {folder}
autorestart = {again}
startsecs = 0
stdout_logfile = {folder}/{name}.out
stderr_logfile = {folder}/{name}.err
"""
_DESCRIPTORS_SPARE = 256
_DESCRIPTORS_A_JOB = 5


@frozen
class Supervisord:
    """Installed in a virtual environment."""

    bin: Path
    name: str = "supervisord"
    jobs_max: int = 1000
    answers: bool = True

    @contextmanager
    def running(self, folder: Path, jobs: Sequence[PeerJob]) -> Running:
        """In the foreground, with a port for its commands."""
        folder.mkdir(parents=True)
        port = free_port()
        config = folder / "supervisord.conf"
        config.write_text(_config(folder, port, jobs))
        log = folder / "supervisord.log"
        with running([str(self.bin / "supervisord"), "-c", str(config)], folder) as process:
            yield Daemon(
                pids=lambda: [process.pid],
                ended=lambda: log.read_bytes().count(b" exited: ") if log.exists() else 0,
                list_command=[str(self.bin / "supervisorctl"), "-c", str(config), "status"],
                questions=_questions(port, jobs),
            )


def _config(folder: Path, port: int, jobs: Sequence[PeerJob]) -> str:
    descriptors = _DESCRIPTORS_SPARE + _DESCRIPTORS_A_JOB * len(jobs)
    head = _HEAD.format(folder=folder, port=port, descriptors=descriptors)
    return head + "".join(
        _PROGRAM.format(
            name=job.name,
            command=" ".join(job.command),
            folder=folder,
            again="false" if job.is_once else "true",
        )
        for job in jobs
    )


def _questions(port: int, jobs: Sequence[PeerJob]) -> Questions | None:
    if not jobs:
        return None
    return Questions(
        ("127.0.0.1", port),
        one=_call("supervisor.getProcessInfo", jobs[0].name),
        all=_call("supervisor.getAllProcessInfo"),
    )


def _call(method: str, *arguments: str) -> bytes:
    body = dumps(arguments, method).encode()
    head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
