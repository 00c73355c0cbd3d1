"""A gate before a log: nobody reads while bytes are cut off its front, and readers learn of it.

A rotation copies and flushes in its thread for as long as the disk takes, and
the log can be read meanwhile. Only from the collapse until the backups have
their new names is nothing where it was. That is what the gate is closed for,
some 20 ms; and what was cut is noted before it opens again, so that a reader
has either the log as it was, or as it is together with the note.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from attrs import define, field, frozen

Identity = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""


@frozen
class Cut:
    """So many bytes have left the front of a log, for a backup if there is one."""

    log: Identity
    length: int
    backup: Identity | None = None


@define(eq=False, repr=False)
class Gate:
    """Stands between the thread that cuts a log and the event loop that reads it."""

    _lock: Lock = field(factory=Lock, init=False)
    _cuts: list[Cut] = field(factory=list, init=False)
    _is_noted: bool = field(default=False, init=False)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Keep readers out; waits for one that is inside, which takes a moment."""
        with self._lock:
            yield

    def note(self, cut: Cut) -> None:
        """Tell readers of a cut. Only while the gate is closed."""
        if self._is_noted:
            self._cuts.append(cut)

    def enter(self) -> bool:
        """Go in for a moment, to read; False if the gate is closed. Never waits."""
        return self._lock.acquire(blocking=False)

    def leave(self) -> None:
        """Go out again."""
        self._lock.release()

    def take(self) -> list[Cut]:
        """What was cut since the last time; the first time, nothing. Only inside."""
        self._is_noted = True
        cuts, self._cuts = self._cuts, []
        return cuts

    def forget(self) -> None:
        """Nobody reads any more: take no more notes."""
        self._is_noted = False
        self._cuts = []
