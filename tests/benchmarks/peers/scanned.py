"""What runit and s6 have in common: a folder of services, and a supervisor for each of them."""

import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from apparatus import proc

from .peer import PeerJob

_PATIENCE_S = 60
_POLL_S = 0.002
_ONCE = b"o"


def lay_out(scanned: Path, jobs: Sequence[PeerJob], logger: str) -> None:
    """A folder for each service. One that is to run once is down until it is told to."""
    scanned.mkdir(parents=True)
    for job in jobs:
        service = scanned / job.name
        _write_script(service / "run", f"exec {shlex.join(job.command)}")
        if job.is_once:
            (service / "down").touch()
        if job.is_logged:
            (service / "log" / "main").mkdir(parents=True)
            _write_script(service / "log" / "run", f"exec {logger}")


def run_once(scanned: Path, jobs: Sequence[PeerJob]) -> dict[str, bytes]:
    """Tell each service that runs once, as soon as somebody listens; its status before that."""
    before = {}
    for job in jobs:
        if job.is_once:
            supervise = scanned / job.name / "supervise"
            _wait(supervise, lambda folder: (folder / "status").exists())
            before[job.name] = (supervise / "status").read_bytes()
            _wait(supervise, lambda folder: proc.write_to_fifo(folder / "control", _ONCE))
    return before


def pids(main: int, names: Sequence[str]) -> list[int]:
    """A process and all below it that have one of these names."""
    return [main, *(pid for pid in proc.descendants(main) if proc.name(pid) in names)]


def read(scanned: Path, name: str, file: str) -> bytes:
    """What a file in `supervise` holds; nothing if it is not there yet."""
    try:
        return (scanned / name / "supervise" / file).read_bytes()
    except FileNotFoundError:
        return b""


def _wait(supervise: Path, is_so: Callable[[Path], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not is_so(supervise):
        assert time.monotonic() < deadline, f"nobody looks after {supervise}"
        time.sleep(_POLL_S)


def _write_script(path: Path, command: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)
