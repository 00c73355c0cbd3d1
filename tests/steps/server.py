"""A k1s server as a process of its own, in a folder of its own, on a port of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import processes
from .waiting import until
from .wire import Address

K1S = str(Path(sys.executable).with_name("k1s"))
MARK = "K1S_SUITE"
_LISTENING = re.compile(r"k1s is listening on \[?([^\]\s]+?)\]?:(\d+)(?: and (/.*))?\n")


def environment(folder: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of every process that the suite starts, marked so that it can be found."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("K1S_")}
    return {**ours, MARK: str(folder), **(extra or {})}


class Server:
    """One server process; its two outputs go to files beside its folder."""

    def __init__(
        self,
        folder: Path,
        talk: Path,
        command: Sequence[str] = (K1S, "server", "-p", "0"),
        extra: dict[str, str] | None = None,
    ) -> None:
        """Start the server, without waiting for it."""
        self.folder = folder
        self.out, self.err = talk.with_suffix(".out"), talk.with_suffix(".err")
        self._listening: re.Match[str] | None = None
        self.may_exit = False
        self.was_killed = False
        self.went_on = 0.0
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment(folder, extra),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self.process.pid

    @property
    def said(self) -> str:
        """All that the server has written to its output."""
        return self.out.read_text()

    @property
    def complained(self) -> str:
        """All that the server has written to its error output."""
        return self.err.read_text(errors="replace")

    @property
    def address(self) -> Address:
        """Where the server says that it listens for TCP, once it has said so."""
        return self._where()[1], int(self._where()[2])

    @property
    def door(self) -> Address | str:
        """Where the suite comes in for what is no part of a test."""
        return self.address

    def _where(self) -> re.Match[str]:
        """The words are read once: a server never moves."""
        if self._listening is None:
            line = until("the server to say where it listens", self._first_line)
            self._listening = _LISTENING.fullmatch(line)
            assert self._listening, f"the server says {line!r}; its errors: {self.complained}"
        return self._listening

    def _first_line(self) -> str:
        """The first line of the server's output, empty until it is whole."""
        gone = self.process.poll()
        assert gone is None or "\n" in self.said, f"exited with {gone}: {self.complained}"
        return self.said if self.said.endswith("\n") else ""

    def tell(self, name: str) -> None:
        """Send a signal to the server process alone."""
        if name in {"SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"}:
            self.may_exit = True
        self.was_killed |= name == "SIGKILL"
        self.process.send_signal(signal.Signals[name])

    def exit_code(self) -> int:
        """The exit code of the server, once it has exited."""
        code = until("the server to exit", self.process.poll, lambda seen: seen is not None)
        assert code is not None
        return code

    def end(self) -> None:
        """Stop the server by every means, and fail if that took more than two polite signals."""
        died = self.process.poll() is not None and not self.may_exit
        code = self._stop()
        left = _sweep(self.folder)
        assert not died, f"the server exited by itself with {code}: {self.complained}"
        wanted = -signal.SIGKILL if self.was_killed else 0
        assert code == wanted, f"the server ended with {code} after SIGTERM: {self.complained}"
        assert not left, f"the server left processes behind: {left}"
        assert "Traceback" not in self.complained, self.complained

    def _stop(self) -> int:
        """Ask, ask again if jobs keep it waiting, then end by force; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
        if not self._is_gone(within_s=2) and processes.children(self.pid):
            self.process.send_signal(signal.SIGTERM)
        if not self._is_gone(within_s=60):
            self.process.kill()
        return self.process.wait(60)

    def _is_gone(self, within_s: float) -> bool:
        """Whether the server exits within this time."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True


def _sweep(folder: Path) -> list[str]:
    """What is left of a folder's processes after a moment, described; ended, so nothing stays."""
    mark = f"{MARK}={folder}"
    try:
        until("no process left", lambda: processes.belonging_to(folder, mark), lambda p: not p)
    except AssertionError:
        left = processes.belonging_to(folder, mark)
        described = [_describe(pid) for pid in left]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return described
    return []


def _describe(pid: int) -> str:
    """A process id and its command line."""
    try:
        return f"{pid}: {Path(f'/proc/{pid}/cmdline').read_bytes()!r}"
    except OSError:
        return str(pid)
