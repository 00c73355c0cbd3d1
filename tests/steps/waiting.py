"""Waiting for a condition, with a deadline, and with words when it does not come."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 20.0
POLL_S = 0.005

T = TypeVar("T")


class WaitedInVainError(AssertionError):
    """A condition did not come true before the deadline."""


def until(
    what: str,
    look: Callable[[], T],
    good: Callable[[T], object] = bool,
    deadline_s: float = DEADLINE_S,
) -> T:
    """What `look` saw, as soon as it is good; fails with `what` and the last sight otherwise."""
    end = time.monotonic() + deadline_s
    while True:
        seen = look()
        if good(seen):
            return seen
        if time.monotonic() > end:
            raise WaitedInVainError(f"waited {deadline_s} s for {what}; last seen: {seen!r}")
        time.sleep(POLL_S)
