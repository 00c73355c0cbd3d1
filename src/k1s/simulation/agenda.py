"""A virtual clock, and all that will happen as it runs."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count

from attrs import define, field

Act = Callable[[], object]


@define(eq=False)
class Entry:
    """Something that will happen, unless it is called off."""

    act: Act | None

    def call_off(self) -> None:
        """Let it not happen."""
        self.act = None


@define(eq=False)
class Agenda:
    """Entries by time, in seconds of a monotonic clock that leaps from one to the next."""

    time: float = 0.0
    _entries: list[tuple[float, float, int, Entry]] = field(factory=list, init=False)
    _numbers: Iterator[int] = field(factory=count, init=False)

    def at(self, time: float, act: Act) -> Entry:
        """Let something happen at a time, or at once if that has passed."""
        entry = Entry(act)
        self.put(max(time, self.time), entry)
        return entry

    def put(self, time: float, entry: Entry, order: float = 0) -> None:
        """Place an entry; of those at one time the lower order comes first, then the older one."""
        heapq.heappush(self._entries, (time, order, next(self._numbers), entry))

    def take(self, end: float) -> tuple[float, Entry] | None:
        """Take out the first entry, with its time, if that is not after `end`."""
        if not self._entries or self._entries[0][0] > end:
            return None
        time, _, _, entry = heapq.heappop(self._entries)
        return time, entry

    def advance(self, end: float) -> Act | None:
        """What happens next, now that it is time for it; None when it is `end` and nothing is."""
        while taken := self.take(end):
            time, entry = taken
            if entry.act is not None:
                self.time = time
                return entry.act
        self.time = end
        return None
