"""A log that nobody can flood: of what happens over and over, one record a second."""

import logging
import time
from collections.abc import Callable
from typing import Final

from attrs import define, field

PAUSE_S: Final = 1.0


@define(eq=False, repr=False)
class Seldom:
    """Warnings of one kind, at most one every `PAUSE_S`; those left out are counted in the next."""

    log: logging.Logger
    clock: Callable[[], float] = time.monotonic
    _last: float | None = field(default=None, init=False)
    _left_out: int = field(default=0, init=False)

    def warn(self, text: str) -> None:
        """Say it, unless something was said a moment ago."""
        now = self.clock()
        if self._last is not None and now - self._last < PAUSE_S:
            self._left_out += 1
            return
        more = f" ({self._left_out} more like it before)" if self._left_out else ""
        self.log.warning("%s%s", text, more)
        self._last, self._left_out = now, 0
