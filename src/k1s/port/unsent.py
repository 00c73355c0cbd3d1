"""What clients have asked for and do not read: bounded for all of them together.

A reply may be large, and a client may leave it unread until its deadline. A
few of those are no harm; thousands would fill the memory. So when they hold
too much, those that have kept theirs longest are dropped. The newest is never
dropped for its size alone: a single reply goes out however long it is.
"""

from typing import Protocol

from attrs import define, field


class Reader(Protocol):
    """Somebody who has a reply coming."""

    def drop(self) -> None:
        """Give up on him."""
        ...


@define(eq=False, repr=False)
class Unsent:
    """The readers who have not read everything yet, the oldest first."""

    bytes_max: int
    _readers: dict[Reader, int] = field(factory=dict, init=False)
    _bytes: int = field(default=0, init=False)

    def add(self, reader: Reader, size: int) -> None:
        """So many bytes lie here for a reader; others may have to go."""
        self._readers[reader] = size
        self._bytes += size
        while self._bytes > self.bytes_max and len(self._readers) > 1:
            oldest = next(iter(self._readers))
            self.remove(oldest)
            oldest.drop()

    def remove(self, reader: Reader) -> None:
        """A reader has read all, or is gone."""
        self._bytes -= self._readers.pop(reader, 0)
