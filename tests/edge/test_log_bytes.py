"""Every byte that a program wrote before it ended is in its log, in order, by hash.

How many bytes is set by K1S_LOG_BYTES; the long form is 1 GB: K1S_LOG_BYTES=1000000000.
"""

import hashlib
import os
import sys
from pathlib import Path

import pytest
from logtools import backups, can_be_cut, serving
from steps.server import Server
from steps.waiting import until
from steps.wire import ask

TOTAL = int(os.environ.get("K1S_LOG_BYTES", "100000000"))
JOBS = 10
RUNS = 3
PIECE_BYTES = 50_021  # no multiple of anything
ROTATED = "[logs]\nmax_bytes = 1048576\nbackups = 100\n"
DEADLINE_S = max(300.0, TOTAL / 500_000)

# Each run goes on where the one before it ended, fails, and is restarted; the last one succeeds.
# Both streams are written in pieces whose bytes follow from their number alone.
PROGRAM = """
import os, sys

job, runs, pieces, piece_bytes = sys.argv[1], *map(int, sys.argv[2:5])
notes = f"{job}.runs"
run = os.path.getsize(notes) if os.path.exists(notes) else 0
for number in range(run * pieces, (run + 1) * pieces):
    for stream in (1, 2):
        seed = f"{job} {stream} {number}".encode().ljust(997, b".")
        data = (seed * (piece_bytes // 997 + 1))[:piece_bytes]
        while data:
            data = data[os.write(stream, data):]
with open(notes, "a") as file:
    file.write("x")
sys.exit(run + 1 < runs)
"""


def piece(job: str, stream: int, number: int) -> bytes:
    """The bytes that the program writes as piece `number` of a stream."""
    seed = f"{job} {stream} {number}".encode().ljust(997, b".")
    return (seed * (PIECE_BYTES // 997 + 1))[:PIECE_BYTES]


def wanted(job: str, stream: int, pieces: int) -> str:
    """The hash of all that a job writes to a stream."""
    hashed = hashlib.sha256()
    for number in range(pieces):
        hashed.update(piece(job, stream, number))
    return hashed.hexdigest()


def found(log: Path) -> tuple[str, int]:
    """The hash and the number of all bytes of a log and its backups."""
    hashed, size = hashlib.sha256(), 0
    for path in [*backups(log), log]:
        data = path.read_bytes()
        hashed.update(data)
        size += len(data)
    return hashed.hexdigest(), size


def create(server: Server, job: str, pieces: int) -> None:
    """A job that writes so many pieces in each of its runs."""
    payload = {
        "id": job,
        "type": "one-time",
        "maxRetry": RUNS,
        "restartDelaySeconds": 0.01,
        "executable": sys.executable,
        "arguments": ["-IS", "-c", PROGRAM, job, str(RUNS), str(pieces), str(PIECE_BYTES)],
    }
    reply = ask(server.address, {"command": "create-job", "job": payload})
    assert "error" not in reply, reply


def unfinished(server: Server) -> list[str]:
    """The jobs that are not done, with their states."""
    jobs = ask(server.address, {"command": "get-all-jobs"})
    return [f"{job['id']}: {job['state']}" for job in jobs if job["state"] != "done"]


@pytest.mark.parametrize("config", ["", ROTATED], ids=["defaults", "rotated often"])
def test_every_byte_is_there(tmp_path: Path, config: str) -> None:
    """Many jobs write at once and are restarted in between: nothing is lost, doubled or moved."""
    if config and not can_be_cut(tmp_path):
        pytest.skip(f"the file system of {tmp_path} has no FALLOC_FL_COLLAPSE_RANGE")
    pieces = max(TOTAL // 2 // (JOBS * RUNS * 2 * PIECE_BYTES), 1)
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder, tmp_path / "talk", config) as server:
        jobs = [f"job-{number}" for number in range(JOBS)]
        for job in jobs:
            create(server, job, pieces)
        until("all jobs", lambda: unfinished(server), lambda left: not left, DEADLINE_S)
        logs = [folder / f"{name}_{job}.log" for name in ("stdout", "stderr") for job in jobs]
        until(
            "rotations",
            lambda: [p for p in logs if _is_busy(p, config)],
            lambda left: not left,
            DEADLINE_S,
        )
        total = 0
        for job in jobs:
            for stream, name in ((1, "stdout"), (2, "stderr")):
                digest, size = found(folder / f"{name}_{job}.log")
                assert size == pieces * RUNS * PIECE_BYTES
                assert digest == wanted(job, stream, pieces * RUNS)
                total += size
    assert total >= TOTAL // 2 * 0.9
    is_rotated = bool(config) and pieces * RUNS * PIECE_BYTES > 1 << 20
    assert bool(list(folder.glob("*.log.1"))) == is_rotated


def _is_busy(log: Path, config: str) -> bool:
    """Whether a log is still to be rotated."""
    workshop = Path(f"{log}.rotating")
    return workshop.exists() or (bool(config) and log.stat().st_size > 1 << 20)
