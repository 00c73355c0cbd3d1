"""Marks: a number that every process of a run inherits and cannot easily shed.

A process can leave its group and session, close every descriptor, clear its
environment and outlive its parent, and it is still a process of its run. What
it keeps is its resource limits. So just before a run is started, the server
sets its own soft RLIMIT_RTTIME to a number that names the run, and takes it
back afterwards. The limit means nothing to ordinary programs (it bounds how
long a process with real-time scheduling may compute without a pause, here for
146,000 years), needs no privilege, survives fork, exec and setsid, and stands
in /proc/<pid>/limits for everybody to read. Its upper half names the server,
so that whoever cleans up after one cannot hurt the jobs of another.

A process id may be reused as soon as its process has been reaped, so nobody
signals a bare id here. The order is: open a pidfd, then read the mark, then
signal through the pidfd. If the id changed hands before the pidfd was opened,
the mark is wrong; if it did after, the signal goes nowhere.

Only what costs little is imported: the guardian shares this file.
"""

from __future__ import annotations

import os
import resource
import signal

TYPE_CHECKING = False  # type checkers know better; `typing` itself would cost time
if TYPE_CHECKING:
    from typing import Final

_FLAG: Final = 1 << 62
_RUN_BITS: Final = 32
_RUN_MASK: Final = (1 << _RUN_BITS) - 1
_LIMIT_NAME: Final = b"Max realtime timeout"
_LIMITS_BYTES_MAX: Final = 1 << 14


def new_server_mark() -> int:
    """A number that names this server; the marks of its runs are counted up from it."""
    return _FLAG | (int.from_bytes(os.urandom(4)) >> 2) << _RUN_BITS


def run_mark(server: int, number: int) -> int:
    """The mark of a server's run."""
    return server | number & _RUN_MASK


def server_of(mark: int) -> int:
    """The part of a mark that names the server."""
    return mark & ~_RUN_MASK


def put_on(mark: int) -> int | None:
    """Let what is started from now on bear a mark; the limit to `take_off` with.

    None where the machine does not allow it, because the hard limit is lower:
    then groups and sessions must do.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (mark, hard))
    except (OSError, ValueError):
        return None
    return soft


def take_off(soft: int | None) -> None:
    """Let the server itself bear no mark."""
    if soft is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
        resource.setrlimit(resource.RLIMIT_RTTIME, (soft, hard))


def read(pid: int) -> int | None:
    """The mark of a process, if it bears one and is still there."""
    try:
        descriptor = os.open(f"/proc/{pid}/limits", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        limits = os.read(descriptor, _LIMITS_BYTES_MAX)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    _, _, rest = limits.partition(_LIMIT_NAME)
    soft = rest.split(maxsplit=1)[0] if rest else b""
    return int(soft) if soft.isdigit() and int(soft) & _FLAG else None


def send_signal(pid: int, number: signal.Signals, mark: int, *, of_server: bool = False) -> bool:
    """Signal a process if it bears `mark`, or any mark of that server. True if it was sent."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        borne = read(pid)
        if borne is None or (server_of(borne) if of_server else borne) != mark:
            return False
        signal.pidfd_send_signal(pidfd, number)
        if number is not signal.SIGKILL:  # a stopped process would never hear of it
            signal.pidfd_send_signal(pidfd, signal.SIGCONT)
    except OSError:
        return False
    finally:
        os.close(pidfd)
    return True
