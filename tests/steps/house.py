"""A server that one scenario after the other finds as if it had just been started.

To start one is most of what a scenario costs. It is given away as long as it
is as good as new: it was not told to stop, has no complaint, has not grown, and
all its jobs can be deleted at once, by force.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from . import processes
from .server import MARK, Server
from .waiting import WaitedInVainError, until
from .wire import ask, connect, encode

DELETION_S = 1.0
GROWN_KB = 80_000

S = TypeVar("S", bound=Server)


def start_plain(home: Path) -> Server:
    """A server without any configuration, in a folder below this one."""
    (home / "server").mkdir()
    return Server(home / "server", home / "talk")


class House(Generic[S]):
    """Keeps at most one server. `make_home` makes a folder for another, and `start` starts it."""

    def __init__(self, make_home: Callable[[], Path], start: Callable[[Path], S]) -> None:
        """Start nothing yet."""
        self._make_home = make_home
        self._start = start
        self._server: S | None = None

    def borrow(self) -> S:
        """A server without jobs, in an empty folder."""
        server, self._server = self._server, None
        return self._start(self._make_home()) if server is None else server

    def take_back(self, server: S) -> None:
        """Keep the server if it is as good as new, or else end it."""
        if _is_well(server) and _has_forgotten_all(server):
            _empty(server)
            self._server = server
        else:
            server.end()

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.end()


def _is_well(server: Server) -> bool:
    is_there = server.process.poll() is None and not server.may_exit
    if not is_there or server.complained:
        return False
    return processes.kilobytes(server.pid, "VmHWM") < GROWN_KB


def _has_forgotten_all(server: Server) -> bool:
    """Delete all jobs; whether that was done at once, and nothing is there but the guardian."""

    def others() -> list[int]:
        mine = processes.belonging_to(server.folder, f"{MARK}={server.folder}")
        return [pid for pid in mine if pid != server.pid]

    with suppress(TimeoutError, WaitedInVainError):
        jobs = ask(server.door, {"command": "get-all-jobs"})
        if not isinstance(jobs, list):
            return False  # we were kept from asking in time
        for job in jobs:
            with connect(server.door) as client:
                client.settimeout(DELETION_S)
                request = {"command": "delete-job", "jobId": job["id"], "signal": "SIGKILL"}
                client.sendall(encode(request))
                client.recv(1)
        until("the guardian to be alone", others, lambda seen: len(seen) == 1, DELETION_S)
        return len(processes.children(server.pid)) == 1
    return False


def _empty(server: Server) -> None:
    for path in server.folder.iterdir():
        if str(path) == server.door:
            continue
        with suppress(FileNotFoundError):  # the server may remove logs that somebody was reading
            (shutil.rmtree if path.is_dir() and not path.is_symlink() else os.unlink)(path)
