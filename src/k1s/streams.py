"""Answers that go on, piece by piece, for as long as their reader can take more.

A source keeps a place in what it tells, never a queue of what it has not told.
It is asked for more only while its reader takes what it has been given, so that
a reader who is slow, or reads nothing, costs a bounded amount of memory and
nobody's time. One who falls behind what is remembered is told how much he has
missed.
"""

from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field

from k1s.codec import encode_line, encode_transition
from k1s.journal import Journal

READ_BYTES: Final = 1 << 16
_READ_TRANSITIONS: Final = 256
# Then others have their turn: a watcher of few jobs may have to pass over very many moves.
_LOOKS_AT_ONCE: Final = 16


class Source(Protocol):
    """Something that is read in whole lines. All calls come from the event loop."""

    def open(self, wake: Callable[[], None]) -> None:
        """Begin; `wake` is called whenever there may be more to read."""
        ...

    def read(self) -> bytes:
        """The next whole lines, about `READ_BYTES` at the most; nothing if there are none now."""
        ...

    @property
    def follows(self) -> bool:
        """Whether it goes on with what comes later, and not only with what is there."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether there will never be more than has been read."""
        ...

    def finish(self) -> None:
        """The reader wants what is there, and nothing that comes later."""
        ...

    def close(self) -> None:
        """The reader has gone, or has read all."""
        ...


@define(eq=False, repr=False)
class Feed:
    """Tells watchers that the journal has grown.

    Many moves may come in one turn of the event loop: `soon` calls back after
    it, so that watchers are woken once.
    """

    journal: Journal
    soon: Callable[[Callable[[], None]], object]
    _watchers: set["TransitionSource"] = field(factory=set, init=False)
    _is_waking: bool = field(default=False, init=False)

    def publish(self) -> None:
        """The journal has grown."""
        if self._watchers and not self._is_waking:
            self._is_waking = True
            self.soon(self._wake_all)

    def watch(self, known: int, job_ids: frozenset[str] | None) -> "TransitionSource":
        """What follows move number `known`, of these jobs or of all."""
        return TransitionSource(self, known, job_ids)

    def add(self, watcher: "TransitionSource") -> None:
        """Wake this watcher, too."""
        self._watchers.add(watcher)

    def remove(self, watcher: "TransitionSource") -> None:
        """Wake this watcher no more."""
        self._watchers.discard(watcher)

    def _wake_all(self) -> None:
        self._is_waking = False
        for watcher in list(self._watchers):
            watcher.wake()


def _sleep() -> None:
    """Nobody listens yet."""


@define(eq=False, repr=False)
class TransitionSource:
    """The moves of some jobs, or of all, as they come."""

    feed: Feed
    known: int
    job_ids: frozenset[str] | None
    wake: Callable[[], None] = field(default=_sleep, init=False)
    follows: bool = field(default=True, init=False)
    _is_last: bool = field(default=False, init=False)

    @property
    def is_over(self) -> bool:
        """Whether all moves that were wanted have been read."""
        return self._is_last and self.known >= self.feed.journal.latest

    def finish(self) -> None:
        """Tell of what has been, and no more."""
        self._is_last = True

    def open(self, wake: Callable[[], None]) -> None:
        """Be woken when the journal grows."""
        self.wake = wake
        self.feed.add(self)

    def close(self) -> None:
        """Be woken no more."""
        self.wake = _sleep
        self.feed.remove(self)

    def read(self) -> bytes:
        """The next moves, and how many have been missed if the journal no longer has them."""
        lines: list[bytes] = []
        for _ in range(_LOOKS_AT_ONCE):
            if lines or self.known >= self.feed.journal.latest:
                return b"".join(lines)
            missed, moves = self.feed.journal.since(self.known, _READ_TRANSITIONS)
            self.known += missed + len(moves)
            if missed:
                lines.append(encode_line({"missed": missed}))
            lines += [
                encode_transition(move)
                for move in moves
                if self.job_ids is None or move.job_id in self.job_ids
            ]
        if not lines:  # moves of others, very many of them: look on in a moment
            self.feed.soon(self._go_on)
        return b"".join(lines)

    def _go_on(self) -> None:
        self.wake()
