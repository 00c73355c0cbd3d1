"""pm2, from npm. Its command line starts its daemon in the background, and ends it."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from apparatus import proc
from apparatus.processes import clean_environment
from attrs import frozen

from .peer import Daemon, PeerJob, Running

_TIMEOUT_S = 300
_NO_LIMIT = 1_000_000


@frozen
class Pm2:
    """Installed in a folder of its own."""

    program: Path
    name: str = "pm2"
    jobs_max: int = 1000
    answers: bool = False

    @contextmanager
    def running(self, folder: Path, jobs: Sequence[PeerJob]) -> Running:
        """In the background, all it keeps in the folder; ready when its command line returns."""
        home = folder / "home"
        home.mkdir(parents=True)
        environment = clean_environment({"PM2_HOME": str(home), "PM2_NO_INTERACTION": "1"})
        run = partial(_run, str(self.program), folder, environment)
        try:
            run(*_start(folder, jobs))
            main = int((home / "pm2.pid").read_text())
            log = home / "pm2.log"
            yield Daemon(
                pids=lambda: [main],
                ended=lambda: log.read_bytes().count(b"exited with code"),
                list_command=[str(self.program), "list"],
                environment=environment,
            )
        finally:
            if proc.pids_below(folder):
                run("kill")
            proc.wait_none_below(folder)


def _start(folder: Path, jobs: Sequence[PeerJob]) -> list[str]:
    if not jobs:
        return ["ping"]  # which starts the daemon
    apps = [_app(folder, job) for job in jobs]
    (folder / "jobs.json").write_text(json.dumps({"apps": apps}))
    return ["start", "jobs.json"]


def _app(folder: Path, job: PeerJob) -> dict[str, object]:
    return {
        "name": job.name,
        "script": job.command[0],
        "args": list(job.command[1:]),
        "interpreter": "none",
        "exec_mode": "fork",
        "cwd": str(folder),
        "autorestart": not job.is_once,
        "min_uptime": 0,
        "max_restarts": _NO_LIMIT,
        "out_file": str(folder / f"{job.name}.out"),
        "error_file": str(folder / f"{job.name}.err"),
    }


def _run(program: str, folder: Path, environment: Mapping[str, str], *words: str) -> None:
    with (folder / "said").open("ab") as said:
        subprocess.run(
            [program, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=_TIMEOUT_S,
            check=True,
        )
