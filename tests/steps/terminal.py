"""A terminal with a screen and a keyboard, for commands that take the whole of it."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
from pathlib import Path

from . import commands
from .server import environment
from .waiting import DEADLINE_S

ROWS, COLUMNS = 24, 80
_CODE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Terminal:
    """One command line on a terminal of its own, which understands what k1s writes."""

    def __init__(self, line: str, folder: Path, extra: dict[str, str] | None = None) -> None:
        """Start the command."""
        self.ours, theirs = pty.openpty()
        self.resize(COLUMNS, ROWS)
        self.before = termios.tcgetattr(theirs)
        self.is_other_screen = self.is_cursor_hidden = self.has_no_wrap = False
        self.is_painted = self._is_held = False
        self.after = ""
        self._rest = ""
        self._clear()
        self.process = subprocess.Popen(
            commands.command(line),
            cwd=folder,
            env=environment(folder, {"TERM": "xterm", "LC_ALL": "C.UTF-8", **(extra or {})}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: _own(theirs),  # noqa: PLW1509 (a few calls that cannot block)
        )
        # Ours, too: a terminal that nobody has open any more tells nothing of its modes.
        self.theirs = theirs

    @property
    def modes(self) -> list[object]:
        """The modes of the terminal now."""
        return termios.tcgetattr(self.theirs)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller."""
        termios.tcsetwinsize(self.ours, (rows, columns))

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.ours, keys)

    def look(self) -> list[str]:
        """The lines of the screen, once all has been drawn that has been written.

        Nothing is seen half drawn: what has been begun is waited for.
        """
        while select.select([self.ours], [], [], DEADLINE_S if self._is_held else 0)[0]:
            try:
                self._take(os.read(self.ours, 1 << 16).decode())
            except OSError:
                break
        last = max(self._lines, default=-1)
        return [self._lines.get(number, "") for number in range(last + 1)]

    def end(self) -> None:
        """End the command, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def _clear(self) -> None:
        self._lines: dict[int, str] = {}
        self._row = self._column = 0

    def _take(self, text: str) -> None:
        text = self._rest + text
        # A code that is cut is finished by the next piece.
        index = text.rfind("\x1b")
        is_cut = index >= 0 and not _CODE.match(text, index)
        text, self._rest = (text[:index], text[index:]) if is_cut else (text, "")
        end = 0
        for code in _CODE.finditer(text):
            self._write(text[end : code.start()])
            self._obey(*code.groups())
            end = code.end()
        self._write(text[end:])

    def _write(self, text: str) -> None:
        if not self.is_other_screen:
            self.after += text
            return
        line = self._lines.get(self._row, "").ljust(self._column)
        self._lines[self._row] = line[: self._column] + text + line[self._column + len(text) :]
        self._column += len(text)

    def _obey(self, private: str, numbers: str, letter: str) -> None:
        match private, numbers, letter:
            case "?", "1049", _:
                self.is_other_screen = letter == "h"
                self._clear()
                self.after = ""
            case "?", "25", _:
                self.is_cursor_hidden = letter == "l"
            case "?", "7", _:
                self.has_no_wrap = letter == "l"
            case "", "2", "J":
                self._lines = {}
            case "", _, "H":
                row, _, column = numbers.partition(";")
                self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
            case "", "", "K":
                self._lines[self._row] = self._lines.get(self._row, "")[: self._column]
            case "", "", "J":
                self._lines = {row: line for row, line in self._lines.items() if row < self._row}
            case "", _, "m":
                self.is_painted = True
            case "?", "2026", _:
                self._is_held = letter == "h"
            case other:
                raise AssertionError(f"no terminal was told to do this before: {other}")


class Stage:
    """The terminal of a scenario, once there is one."""

    terminal: Terminal


def _own(terminal: int) -> None:
    """Make it the terminal of this session, with signals as a shell has them."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
