"""The guardian: ends what a dead server has left.

A server that is killed with SIGKILL can do nothing for its jobs any more, and
they would run on with nobody to manage them. So it starts this program beside
itself. Its stdin is a pipe whose other end only the server holds; when the
server is gone, however it went, the kernel closes that end. The guardian then
looks through /proc for every process that bears a mark of that server, ends
it, and looks again until there is none.

It is started with next to nothing loaded, in a session of its own, and does
not die of what a terminal or an impatient hand sends to the server's group.
"""

import os
import signal
import sys
import time
from typing import Final

from k1s.engines import marks

LOOKS_S_MAX: Final = 10
_PAUSE_S: Final = 0.01
_QUIET_LOOKS: Final = 2


def main() -> None:
    """Wait for the server's end, then clean up. The argument is the server's mark."""
    server = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    sweep(server)


def sweep(server: int) -> None:
    """End every process that bears a mark of this server.

    A process may be just forking when it is looked for, so one look that finds
    nothing is not enough; and one that cannot be ended must not be tried for
    ever.
    """
    deadline = time.monotonic() + LOOKS_S_MAX
    quiet = 0
    while quiet < _QUIET_LOOKS and time.monotonic() < deadline:
        found = [pid for pid in _processes() if _bears(pid, server)]
        for pid in found:
            marks.send_signal(pid, signal.SIGKILL, server, of_server=True)
        quiet = 0 if found else quiet + 1
        if found:
            time.sleep(_PAUSE_S)  # the dying need the processor too


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _bears(pid: int, server: int) -> bool:
    mark = marks.read(pid)
    return mark is not None and marks.server_of(mark) == server and not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether it is dead already and only waits for its parent to notice."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state == b"Z"
