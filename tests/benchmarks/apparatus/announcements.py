"""What programs say when they run: lines in a FIFO."""

import fcntl
import os
import select
import time
from collections import deque
from pathlib import Path
from typing import Self

from attrs import frozen

PATIENCE_S = 120
_PIPE_BYTES = 1 << 20
_PART_BYTES = 1 << 16


@frozen
class Announcement:
    """One line: who it is, and a number of nanoseconds, by the monotonic clock if it is a time."""

    number: int
    pid: int
    ns: int


class Announcements:
    """A FIFO into which witnesses write."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        # Room for thousands of lines, so that nobody waits for us while we are busy.
        fcntl.fcntl(self._descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._rest = b""
        self._read: deque[Announcement] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more, and leave nothing behind."""
        os.close(self._descriptor)
        os.unlink(self.path)

    def take(self, count: int, patience_s: float = PATIENCE_S) -> list[Announcement]:
        """The next `count` announcements."""
        deadline = time.monotonic() + patience_s
        while len(self._read) < count:
            left = deadline - time.monotonic()
            assert left > 0, f"{count} programs should have started, {len(self._read)} have"
            self._listen(left)
        return [self._read.popleft() for _ in range(count)]

    def drain(self) -> list[Announcement]:
        """All that have come so far."""
        while self._listen(0):
            pass
        found = list(self._read)
        self._read.clear()
        return found

    def _listen(self, patience_s: float) -> bool:
        """Read once what is there; False if that is nothing."""
        ready, _, _ = select.select([self._descriptor], [], [], patience_s)
        if not ready:
            return False
        now = time.monotonic_ns()
        *lines, self._rest = (self._rest + os.read(self._descriptor, _PART_BYTES)).split(b"\n")
        self._read.extend(_parse(line, now) for line in lines)
        return True


def _parse(line: bytes, now: int) -> Announcement:
    """A witness that cannot tell the time is given that of the reading."""
    number, pid, *ns = map(int, line.split())
    return Announcement(number, pid, ns[0] if ns else now)
