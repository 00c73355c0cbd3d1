"""What the tests of logs share: programs that write what can be checked, and how it is checked.

A stream is a program's output that knows its own order: lines of 32 bytes, each with the number
of the writer, of the run and of the line. Run as a script, this file is such a program.
"""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from k1s.engines.extents import can_collapse
from steps.server import K1S, Server

LINE_BYTES = 32
ME = str(Path(__file__))


def stream(writer: int, run: int, count: int, first: int = 0) -> bytes:
    """Some lines of a stream."""
    return b"".join(b"%04d %08d %017d\n" % (writer, run, n) for n in range(first, first + count))


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


def main() -> None:
    """Write a stream to stdout: WRITER RUN LINES LINES-PER-WRITE PAUSE-S [CHILDREN]."""
    writer, run, count, step = map(int, sys.argv[1:5])
    pause = float(sys.argv[5])
    for child in range(int(sys.argv[6]) if len(sys.argv) > 6 else 0):
        if os.fork() == 0:
            write(writer + 1 + child, run, count, step, pause)
            os._exit(0)
    write(writer, run, count, step, pause)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def write(writer: int, run: int, count: int, step: int, pause: float) -> None:
    """Write a stream, some lines at a time, each piece by one call."""
    for first in range(0, count, step):
        piece = stream(writer, run, min(step, count - first), first)
        assert os.write(1, piece) == len(piece)
        if pause:
            time.sleep(pause)


if __name__ == "__main__":
    main()
