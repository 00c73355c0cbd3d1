"""A limit to how long something may take, in the main thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TooSlow(Exception):  # noqa: N818 (it is no error to be slow)
    """The time is over."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow if this lasts longer."""
    before = signal.signal(signal.SIGALRM, _cut)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))  # 0 would be no limit
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def unhurried() -> Iterator[None]:
    """No limit for a while: what cleans up must not be cut short."""
    left_s, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left_s)


def _cut(*_: object) -> None:
    raise TooSlow
