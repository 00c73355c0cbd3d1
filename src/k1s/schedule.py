"""Ticks and delays: arithmetic on seconds of the monotonic clock, and nothing else."""

import math
from typing import Final

RESTART_DELAY_S_MIN: Final = 0.001
# Who has run for so long does not fail at once.
LASTING_S: Final = 1.0
_DOUBLINGS_MAX: Final = 64


def restart_delay(base: float, maximum: float, failures: int, lasted_s: float | None) -> float:
    """How long to wait before the next run, in seconds.

    After a success (`failures` is 0) and after the first failure it is `base`;
    each further failure in a row doubles it, up to `maximum`. A base of 0 means
    as soon as possible: at once when the run has lasted for a second, else as if
    it were 1 ms, because a program that fails at once must still back off.
    `lasted_s` is None where the program could not be started.
    """
    if base == 0 and lasted_s is not None and lasted_s >= LASTING_S:
        return 0
    floor = max(base, RESTART_DELAY_S_MIN)
    doublings = min(max(failures - 1, 0), _DOUBLINGS_MAX)
    return min(floor * 2.0**doublings, max(maximum, RESTART_DELAY_S_MIN))


def tick_time(first: float, period: float, index: int) -> float:
    """When tick number `index` falls; 0 is the first start. Multiplied, never summed: no drift."""
    return first + index * period


def tick_index(first: float, period: float, now: float) -> int:
    """The number of the latest tick that is not after `now`."""
    index = math.floor((now - first) / period)
    # The division rounds, so that it can be one off beside a tick.
    while tick_time(first, period, index + 1) <= now:
        index += 1
    while tick_time(first, period, index) > now:
        index -= 1
    return index
