"""The peers of a comparison: one that is too slow, or fails, leaves it, and the rest goes on."""

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from . import limits
from .progress import Progress

LIMIT_S = 60.0
T = TypeVar("T")


class Guests:
    """Each has so many seconds for all of its turns together."""

    def __init__(self, progress: Progress, limit_s: float | None = None) -> None:
        self._progress = progress
        self._limit_s = LIMIT_S if limit_s is None else limit_s
        self._left_s: dict[str, float] = {}
        self.gone: set[str] = set()

    def host(self, name: str, act: Callable[[], T]) -> T | None:
        """What a guest makes of its turn; None if it has left."""
        if name in self.gone:
            return None
        left_s, begin = self._left_s.get(name, self._limit_s), monotonic()
        try:
            with self._progress.turn(name), limits.at_most(left_s):
                return act()
        except limits.TooSlow:
            self.gone.add(name)
            self._progress.cut(name, self._limit_s)
        except Exception as error:  # whatever it is, the others are worth something
            self.gone.add(name)
            self._progress.fail(name, error)
        finally:
            self._left_s[name] = left_s - (monotonic() - begin)
        return None
