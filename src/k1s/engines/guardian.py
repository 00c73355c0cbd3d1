"""The guardian: ends what a dead server has left.

A server that is killed with SIGKILL can do nothing for its jobs any more, and
they would run on with nobody to manage them. So it starts this program beside
itself. Its stdin is a pipe whose other end only the server holds; when the
server is gone, however it went, the kernel closes that end. The guardian then
ends every process that bears a mark of that server.

A look through /proc finds all that stay where they are, and takes some
milliseconds. A program that does nothing but fork and exit is never there when
its turn comes: each generation lives for a tenth of one. But each has a new
process id, and /proc/loadavg tells the newest. So between two looks the
guardian watches the newest ids, many thousand times a second, and meets such a
program soon. When several looks and watches in a row have met nobody, nobody
is left.

It is started with next to nothing loaded, in a session of its own, and does
not die of what a terminal or an impatient hand sends to the server's group.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from k1s.engines import marks

TYPE_CHECKING = False  # type checkers know better; `typing` itself would cost time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

SWEEP_S_MAX: Final = 10
_WATCH_S: Final = 0.02
_NEWEST: Final = 16
# Where other programs start all the time, every tenth turn or so misses one that is there.
_QUIET_TURNS: Final = 4


def main() -> None:
    """Wait for the server's end, then clean up. The argument is the server's mark."""
    server = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    sweep(server)


def sweep(server: int) -> None:
    """End every process that bears a mark of this server; not for ever, if one cannot be ended."""
    deadline = time.monotonic() + SWEEP_S_MAX
    quiet = 0
    while quiet < _QUIET_TURNS and time.monotonic() < deadline:
        met = _end_all(server, _processes())
        met = _watch_newest(server) or met
        quiet = 0 if met else quiet + 1


def _watch_newest(server: int) -> bool:
    """End what has just been started, again and again for a while. True if there was anything."""
    end = time.monotonic() + _WATCH_S
    met = False
    while time.monotonic() < end:
        newest = _newest()
        met = _end_all(server, range(newest, max(newest - _NEWEST, 1), -1)) or met
    return met


def _end_all(server: int, pids: Iterable[int]) -> bool:
    met = False
    for pid in pids:
        mark = marks.read(pid)
        if mark is not None and marks.server_of(mark) == server and not _is_zombie(pid):
            marks.send_signal(pid, signal.SIGKILL, server, of_server=True)
            met = True
    return met


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _newest() -> int:
    """The process id that was given last."""
    with open("/proc/loadavg", "rb") as file:
        return int(file.read().split()[-1])


def _is_zombie(pid: int) -> bool:
    """Whether it is dead already and only waits for its parent to notice."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state == b"Z"
