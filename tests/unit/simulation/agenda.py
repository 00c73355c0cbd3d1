"""The virtual clock of a simulated server, which may stall."""

from collections.abc import Callable
from random import Random
from typing import Final

from attrs import define, field

from k1s.simulation.agenda import Agenda as Clock
from k1s.simulation.agenda import Entry

__all__ = ["Agenda", "Entry"]

AT_ONE_TIME_MAX: Final = 5_000


@define(eq=False)
class Agenda:
    """All that will happen, on the clock that `k1s simulate` runs on, and stalls."""

    start: float
    random: Random
    _clock: Clock = field(init=False)
    _at_this_time: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._clock = Clock(self.start)

    @property
    def time(self) -> float:
        """The present, in monotonic seconds."""
        return self._clock.time

    def at(self, time: float, act: Callable[[], object]) -> Entry:
        """Let something happen at a time, or at once if that has passed."""
        return self._clock.at(time, act)

    def stall(self, span: float) -> None:
        """Hold back all that would happen for so long; then it happens at once, in any order."""
        end = self.time + span
        held = []
        while taken := self._clock.take(end):
            held.append(taken[1])
        for entry in held:
            self._clock.put(end, entry, self.random.random())

    def play(self, end: float) -> None:
        """Let happen all that will happen up to a time, and all that follows from it till then."""
        before = self.time
        while act := self._clock.advance(end):
            self._at_this_time = 0 if self.time > before else self._at_this_time + 1
            assert self._at_this_time < AT_ONE_TIME_MAX, f"time stands still at {self.time}"
            before = self.time
            act()
