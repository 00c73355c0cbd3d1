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

from . import processes
from .server import MARK, Server
from .waiting import WaitedInVainError, until
from .wire import ask, connect, encode

DELETION_S = 1.0
GROWN_KB = 80_000


class House:
    """Keeps at most one server. `make_home` makes a folder for another."""

    def __init__(self, make_home: Callable[[], Path]) -> None:
        """Start nothing yet."""
        self._make_home = make_home
        self._server: Server | None = None

    def borrow(self) -> Server:
        """A server without jobs, in an empty folder."""
        server, self._server = self._server, None
        if server is None:
            home = self._make_home()
            (home / "server").mkdir()
            server = Server(home / "server", home / "talk")
        return server

    def take_back(self, server: Server) -> None:
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
        for job in ask(server.address, {"command": "get-all-jobs"}):
            with connect(server.address) as client:
                client.settimeout(DELETION_S)
                request = {"command": "delete-job", "jobId": job["id"], "signal": "SIGKILL"}
                client.sendall(encode(request))
                client.recv(1)
        until("the guardian to be alone", others, lambda seen: len(seen) == 1, DELETION_S)
        return len(processes.children(server.pid)) == 1
    return False


def _empty(server: Server) -> None:
    for path in server.folder.iterdir():
        with suppress(FileNotFoundError):  # the server may remove logs that somebody was reading
            (shutil.rmtree if path.is_dir() and not path.is_symlink() else os.unlink)(path)
