"""What the tests of logs share: servers with a configuration, and how logs are checked."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps.server import K1S, Server

from k1s.logs.extents import can_collapse

STREAMER = str(Path(__file__).with_name("streamer.py"))


def digest(data: bytes) -> str:
    """The hash by which bytes are compared, so that a failure does not print megabytes."""
    return hashlib.sha256(data).hexdigest()


def backups(log: Path) -> list[Path]:
    """The backups of a log, the oldest first."""
    found = [path for path in log.parent.glob(f"{log.name}.*") if path.suffix[1:].isdigit()]
    return sorted(found, key=lambda path: -int(path.suffix[1:]))


def whole(log: Path) -> bytes:
    """All bytes of a log and of its backups, in order."""
    return b"".join(path.read_bytes() for path in [*backups(log), log] if path.exists())


def can_be_cut(folder: Path) -> bool:
    """Whether the file system of a folder can cut files at their front."""
    path = folder / "probe"
    path.write_bytes(b"x")
    descriptor = os.open(path, os.O_RDWR)
    try:
        return can_collapse(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()


@contextmanager
def serving(folder: Path, talk: Path, config: str) -> Iterator[Server]:
    """A server with a configuration, in a folder; ended afterwards."""
    file = talk.with_suffix(".toml")
    file.write_text(config)
    server = Server(folder, talk, (K1S, "server", "-p", "0", "-c", str(file)))
    try:
        yield server
    finally:
        if server.process.poll() is None or not server.may_exit:
            server.end()
