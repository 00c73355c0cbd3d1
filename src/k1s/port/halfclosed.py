"""Clients who wait for an answer and have closed their half: the first to go when it gets full.

Nobody can tell whether such a client still listens or is gone altogether. As
long as there is room, it keeps its place and gets its answer, however late. But
a job that does not end may keep thousands of them, and those who are certainly
there come first.
"""

from typing import Protocol

from attrs import define, field


class Waiter(Protocol):
    """Somebody who has an answer coming."""

    def drop(self) -> None:
        """Give up on him."""
        ...


@define(eq=False, repr=False)
class HalfClosed:
    """Those who wait with their half closed, in the order in which they closed it."""

    _waiters: dict[Waiter, None] = field(factory=dict, init=False)

    def add(self, waiter: Waiter) -> None:
        """Somebody has closed his half, and waits."""
        self._waiters[waiter] = None

    def remove(self, waiter: Waiter) -> None:
        """Somebody has his answer, or is gone."""
        self._waiters.pop(waiter, None)

    def drop_oldest(self) -> bool:
        """Give up on who has closed his half first; whether there was one."""
        oldest = next(iter(self._waiters), None)
        if oldest is None:
            return False
        self.remove(oldest)
        oldest.drop()
        return True
