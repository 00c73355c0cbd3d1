"""A virtual clock, and all that will happen as it runs."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Final

from attrs import define, field

AT_ONE_TIME_MAX: Final = 5_000


@define(eq=False)
class Entry:
    """Something that will happen at a time, unless it is called off."""

    act: Callable[[], None] | None

    def call_off(self) -> None:
        """Let it not happen."""
        self.act = None


@define(eq=False)
class Agenda:
    """Entries by time, in seconds of a monotonic clock that leaps from one to the next."""

    time: float
    random: Random
    _entries: list[tuple[float, float, int, Entry]] = field(factory=list, init=False)
    _at_this_time: int = field(default=0, init=False)
    _numbers: Iterator[int] = field(factory=count, init=False)

    def at(self, time: float, act: Callable[[], None]) -> Entry:
        """Let something happen at a time, or at once if that has passed."""
        entry = Entry(act)
        self._put(max(time, self.time), 0, entry)
        return entry

    def stall(self, span: float) -> None:
        """Hold back all that would happen for so long; then it happens at once, in any order."""
        end = self.time + span
        held = []
        while entry := self._next(end):
            held.append(entry[-1])
        for what in held:
            self._put(end, self.random.random(), what)

    def play(self, end: float) -> None:
        """Let happen all that will happen up to a time, and all that follows from it till then."""
        while entry := self._next(end):
            time, _, _, what = entry
            if what.act is not None:
                self._reach(time)
                what.act()
        self._reach(end)

    def _reach(self, time: float) -> None:
        self._at_this_time = 0 if time > self.time else self._at_this_time + 1
        assert self._at_this_time < AT_ONE_TIME_MAX, f"time stands still at {time}"
        self.time = time

    def _put(self, time: float, order: float, entry: Entry) -> None:
        heapq.heappush(self._entries, (time, order, next(self._numbers), entry))

    def _next(self, end: float) -> tuple[float, float, int, Entry] | None:
        if self._entries and self._entries[0][0] <= end:
            return heapq.heappop(self._entries)
        return None
