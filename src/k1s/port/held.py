"""What lies here for clients, or of them: bounded for all of them together.

A reply may be large, and a client may leave it unread until its deadline. A
request may be unfinished until then, though nobody knows yet whether it bears
the right token. A few of those are no harm; thousands would fill the memory. So
when they hold too much, those that have held theirs longest are ended: to
refuse the newest instead would let a few who never finish keep everybody else
out. The newest is never ended for its size alone: a single reply goes out, and
a single request comes in, however long.
"""

from abc import ABC, abstractmethod
from typing import Final, Generic, Protocol, TypeVar

from attrs import define, field

UNFINISHED_BYTES_MAX: Final = 64 << 20


class Reader(Protocol):
    """Somebody who has a reply coming."""

    def drop(self) -> None:
        """Give up on him."""
        ...


class Writer(Protocol):
    """Somebody who has begun a request."""

    def hold_no_more(self) -> None:
        """Refuse what there is of it."""
        ...


T = TypeVar("T")


@define(eq=False, repr=False)
class _Held(ABC, Generic[T]):
    """Those who hold something, the oldest first."""

    bytes_max: int
    _sizes: dict[T, int] = field(factory=dict, init=False)
    _bytes: int = field(default=0, init=False)

    def add(self, holder: T, size: int) -> None:
        """So many bytes lie here for a holder now; others may have to go."""
        self._bytes += size - self._sizes.get(holder, 0)
        self._sizes[holder] = size
        while self._bytes > self.bytes_max and len(self._sizes) > 1:
            oldest = next(iter(self._sizes))
            self.remove(oldest)
            self._end(oldest)

    def remove(self, holder: T) -> None:
        """Somebody holds nothing more, or is gone."""
        self._bytes -= self._sizes.pop(holder, 0)

    @abstractmethod
    def _end(self, holder: T) -> None: ...


class Unsent(_Held[Reader]):
    """The readers who have not read everything yet."""

    __slots__ = ()

    def _end(self, holder: Reader) -> None:
        holder.drop()


class Unfinished(_Held[Writer]):
    """The writers of requests whose end has not come yet."""

    __slots__ = ()

    def _end(self, holder: Writer) -> None:
        holder.hold_no_more()
