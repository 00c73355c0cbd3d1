"""What `k1s top` shows, as lines that fit a screen. Nothing here asks or prints anything."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

from k1s.cli.display import listing
from k1s.cli.display.wording import cut_end

# A head, an empty line, the titles, and a foot.
_OTHER_ROWS: Final = 4
_KEY: Final = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_ROWS: Final = {
    **dict.fromkeys((b"\x1b[A", b"\x1bOA", b"k"), -1),
    **dict.fromkeys((b"\x1b[B", b"\x1bOB", b"j"), 1),
}
_PAGES: Final = {
    **dict.fromkeys((b"\x1b[5~", b"b"), -1),
    **dict.fromkeys((b"\x1b[6~", b" "), 1),
}
_HOME: Final = frozenset({b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"g"})
_END: Final = frozenset({b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"G"})
QUIT: Final = frozenset({b"q", b"Q"})


def keys(pressed: bytes) -> Iterator[bytes]:
    """The keys in what a terminal has sent; one that is more than a letter is one key."""
    return (found[0] for found in _KEY.finditer(pressed))


class View(NamedTuple):
    """Which part of the list is on the screen: so many jobs from `first` on, of `total`."""

    total: int
    room: int
    first: int = 0

    @classmethod
    def of(cls, total: int, rows: int, first: int) -> Self:
        """The part from `first` on, or what is nearest to it without empty rows at the end."""
        room = max(1, rows - _OTHER_ROWS)
        return cls(total, room, max(0, min(first, total - room)))

    def moved(self, key: bytes) -> int:
        """Where the part wants to begin after a key."""
        if key in _HOME:
            return 0
        if key in _END:
            return self.total
        return self.first + _ROWS.get(key, 0) + _PAGES.get(key, 0) * self.room

    @property
    def end(self) -> int:
        """Behind the last job that is shown."""
        return min(self.total, self.first + self.room)

    @property
    def help(self) -> str:
        """What the keys do, and what is not on the screen."""
        if self.total <= self.room:
            return "q ends"
        place = f"{self.first + 1} to {self.end} of {self.total}"
        return f"{place}  arrows, PgUp, PgDn, Home, End move  q ends"


def lines(
    jobs: Sequence[listing.Job],
    now: float,
    view: View,
    columns: int,
    *,
    where: str,
    has_colour: bool = False,
) -> list[str]:
    """The lines of the whole screen, none of them wider than it is."""
    # All jobs decide on the widths, so that nothing jumps when the view moves.
    titles, *rows = listing.lines(jobs, now, columns, has_colour=has_colour)
    counted = listing.summary(jobs) if jobs else "no jobs"
    head = cut_end(f"k1s at {where}  {counted}", columns)
    foot = cut_end(view.help, columns)
    if has_colour:
        foot = f"\x1b[2m{foot}\x1b[0m"
    shown = rows[view.first : view.end]
    blank = [""] * (view.room - len(shown))
    return [head, "", titles, *shown, *blank, foot]
