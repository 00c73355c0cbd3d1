"""What the server tells the service manager that has started it, such as systemd.

The manager names a socket in NOTIFY_SOCKET, and each message is a datagram of
lines NAME=value there: the protocol of sd_notify(3).

* *Ready* is said behind the line that tells people where the server listens: who
  is started after it finds it serving, with its jobs started.
* *Stopping* comes with how long that may take, for a job may have more time to end
  than the manager gives a service.
* *Well* is said twice in the time that WATCHDOG_USEC allows, from the event loop,
  because a server whose loop stands still looks after no job.
* *Nobody else is asked to speak.* The variables are taken out of the environment, so
  that no job inherits them. A job of the same user can still find them in /proc: whom
  it believes is up to the manager, such as systemd with NotifyAccess=main.
* *Nothing is waited for.* A manager that is gone, or has more to read than it can
  keep, misses what is said. People are told so once.
"""

import asyncio
import logging
import os
import socket
from collections.abc import MutableMapping
from typing import Final, Self

from attrs import define, field

from k1s.errors import shown

# A time that is shorter than two of these would leave little else to do.
WELL_PAUSE_MIN_S: Final = 0.01
_VARIABLES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
# More than for ever.
_DIGITS_MAX: Final = 20
_log = logging.getLogger(__name__)


@define(eq=False, repr=False)
class Notifier:
    """Tells a manager at `where`, or nobody. It wants to hear every `watchdog_s`, if at all."""

    where: str | None = None
    watchdog_s: float | None = None
    _has_complained: bool = field(default=False, init=False)

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str]) -> Self:
        """The one that the environment names, where it is named no more then."""
        where, interval, watched = (environ.pop(name, "") for name in _VARIABLES)
        is_watched = watched in ("", str(os.getpid()))
        return cls(where or None, _seconds(interval) if is_watched else None)

    def ready(self, address: str) -> None:
        """The server listens, and all that it has to start is started."""
        self._tell("READY=1", f"STATUS=listening on {_one_line(address)}")

    def stopping(self, jobs: int, within_s: float) -> None:
        """The server has begun to end so many jobs, and needs so long at most."""
        if not jobs:
            self._tell("STOPPING=1", "STATUS=stopping")
            return
        status = f"STATUS=stopping {jobs} job{'' if jobs == 1 else 's'}"
        self._tell("STOPPING=1", status, f"EXTEND_TIMEOUT_USEC={round(within_s * 1e6)}")

    def keep_well(self) -> None:
        """Say from now on, as long as the event loop turns, that it does."""
        if self.where and self.watchdog_s:
            self._tell("WATCHDOG=1")
            pause_s = max(self.watchdog_s / 2, WELL_PAUSE_MIN_S)
            asyncio.get_running_loop().call_later(pause_s, self.keep_well)

    def _tell(self, *lines: str) -> None:
        if self.where is None:
            return
        if not self.where.startswith(("/", "@")):
            self._complain(f"wants a path, or a name behind @, got {shown(self.where)}")
            return
        address = os.fsencode(self.where)
        if address.startswith(b"@"):
            address = b"\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.settimeout(0)
                manager.sendto(os.fsencode("\n".join(lines)), address)
        except OSError as error:
            reason = error.strerror.lower() if error.strerror else str(error)
            self._complain(f"cannot tell the service manager: {reason}")

    def _complain(self, text: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            _log.warning("NOTIFY_SOCKET: %s", text)


def _seconds(microseconds: str) -> float | None:
    """A time, if it is one."""
    if not (microseconds.isascii() and microseconds.isdigit()):
        return None
    return int(microseconds[:_DIGITS_MAX]) / 1e6 or None


def _one_line(text: str) -> str:
    """A path may have any character, and the end of a line ends what is told."""
    return " ".join(text.splitlines())
