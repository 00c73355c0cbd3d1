"""The whole screen of a terminal, for as long as a command is there; afterwards it is as before."""

import os
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Self

from k1s.cli.display.output import spelled

SIZE: Final = (80, 24)
KEYS_BYTES_MAX: Final = 1 << 10
# Another screen, no cursor, no line breaks by the terminal; and all that taken back.
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
# A terminal that knows these shows nothing half drawn; others ignore them.
_HOLD: Final = "\x1b[?2026h"
_SHOW: Final = "\x1b[?2026l"
_LOCAL: Final = 3
_CONTROL: Final = 6


class Size(NamedTuple):
    """How much a terminal shows."""

    columns: int
    rows: int


class Screen:
    """The screen of stdout and, where stdin is a terminal, its keys without echo."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._modes: list[Any] | None = None

    def __enter__(self) -> Self:
        self.enter()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def has_keys(self) -> bool:
        """Whether there is a keyboard."""
        return self._modes is not None

    @property
    def size(self) -> Size:
        """What it is now; a terminal that nobody has measured says 0."""
        with suppress(OSError):
            columns, rows = os.get_terminal_size(sys.stdout.fileno())
            return Size(columns or SIZE[0], rows or SIZE[1])
        return Size(*SIZE)

    def enter(self) -> None:
        """Take the screen, with nothing on it."""
        if sys.stdin is not None and sys.stdin.isatty():
            self._modes = termios.tcgetattr(sys.stdin)
            quiet = termios.tcgetattr(sys.stdin)
            quiet[_LOCAL] &= ~(termios.ECHO | termios.ICANON)
            quiet[_CONTROL][termios.VMIN], quiet[_CONTROL][termios.VTIME] = 1, 0
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
        self._shown = []
        self._write(_ENTER)

    def leave(self) -> None:
        """Give the screen back, as far as there still is one."""
        with suppress(OSError):
            self._write(_LEAVE)
        if self._modes is not None:
            with suppress(OSError, termios.error):
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._modes)
            self._modes = None

    def clear(self) -> None:
        """Forget what is shown: the next lines are drawn afresh."""
        self._shown = []
        self._write("\x1b[2J")

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines and no others; only what differs is written, in one piece."""
        changed = changes(self._shown, lines)
        if changed:
            self._write(changed)
        self._shown = list(lines)

    def keys(self) -> bytes:
        """The keys that have been pressed; nothing once there is no keyboard any more."""
        try:
            return os.read(sys.stdin.fileno(), KEYS_BYTES_MAX)
        except OSError:
            return b""

    @staticmethod
    def _write(text: str) -> None:
        """Write past the buffer of stdout: nothing is left in it when the terminal goes away."""
        left = spelled(text).encode(sys.stdout.encoding, "replace")
        while left:
            left = left[os.write(sys.stdout.fileno(), left) :]


def changes(before: Sequence[str], lines: Sequence[str]) -> str:
    """What a terminal that shows the lines of `before` has to be told to show these.

    A line is erased before it is written: after it, the cursor may stand on its last letter.
    """
    told = [
        f"\x1b[{number + 1};1H\x1b[K{line}"
        for number, line in enumerate(lines)
        if number >= len(before) or before[number] != line
    ]
    if len(before) > len(lines):
        told.append(f"\x1b[{len(lines) + 1};1H\x1b[J")
    return f"{_HOLD}{''.join(told)}{_SHOW}" if told else ""
