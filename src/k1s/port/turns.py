"""Streams take turns, so that nobody waits long for the event loop, however many have much to say.

A thousand followers of a log that floods would each keep the loop for a
millisecond or two whenever they can take more, and all of them together for
seconds. So those who have something to do stand in a queue, and once `TURN_S`
is over, the rest of them wait until the loop has seen to everything else.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from attrs import define, field

TURN_S: Final = 0.002


@define(eq=False, repr=False)
class Turns:
    """A queue of calls, made in their order, some in each turn of the event loop."""

    clock: Callable[[], float] = time.monotonic
    _waiting: dict[Callable[[], None], None] = field(factory=dict, init=False)
    _is_due: bool = field(default=False, init=False)

    def ask(self, call: Callable[[], None]) -> None:
        """Have it called soon, and once only however often that is asked before."""
        self._waiting[call] = None
        self._come_soon()

    def _come_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._take_some)

    def _take_some(self) -> None:
        self._is_due = False
        ends = self.clock() + TURN_S
        try:
            while self._waiting and self.clock() < ends:
                call = next(iter(self._waiting))
                del self._waiting[call]
                call()
        finally:  # one that fails leaves the others their turn
            if self._waiting:
                self._come_soon()
