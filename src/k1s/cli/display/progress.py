"""One line on a terminal that says how far long work has come, and goes away when it is done."""

import sys
from typing import Self

from k1s.cli.display.output import columns
from k1s.cli.display.wording import cut_end


class Progress:
    """A line on stderr, if that is a terminal; nothing otherwise.

    Whoever prints while it is there does so after `clear()`.
    """

    def __init__(self, text: str) -> None:
        self._place = columns(sys.stderr)
        self._text = text

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it."""
        return self._place is not None

    def show(self, text: str) -> None:
        """Say something else from now on."""
        self._text = text
        self._draw()

    def count(self, what: str, done: int, total: int, more: str = "") -> None:
        """Say how many are done."""
        self.show(f"{what} {done} of {total}{more}")

    def clear(self) -> None:
        """Make room for other output."""
        if self._place is not None:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _draw(self) -> None:
        if self._place is not None:
            text = cut_end(self._text, self._place - 1)
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
