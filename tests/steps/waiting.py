"""Waiting for a condition, with a deadline, and with words when it does not come."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 20.0
# Who has waited long may wait a little longer: each look costs the server a request.
POLL_S_MIN, POLL_S_MAX = 0.002, 0.02
POLL_SHARE = 0.2

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
    began = time.monotonic()
    while True:
        seen = look()
        if good(seen):
            return seen
        waited = time.monotonic() - began
        if waited > deadline_s:
            raise WaitedInVainError(f"waited {deadline_s} s for {what}; last seen: {seen!r}")
        time.sleep(min(max(waited * POLL_SHARE, POLL_S_MIN), POLL_S_MAX))
