"""Signals as something that can be waited for, beside sockets and keys."""

import os
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Self

# How long a server has for what is asked of it when somebody wants to be gone.
LAST_WORD_S: Final = 1.0


class BrokenOffError(Exception):
    """A signal has come while something else was waited for that may never come."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def limited(time_s: float) -> Iterator[None]:
    """While this lasts, what takes longer is broken off with `BrokenOffError`."""

    def run_out(number: int, _: object) -> None:
        raise BrokenOffError(number)

    before = signal.signal(signal.SIGALRM, run_out)
    signal.setitimer(signal.ITIMER_REAL, time_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Alarm:
    """Reads as the signals that have come, instead of what they do by themselves.

    What was ignored before, as under nohup, still is.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._ours: socket.socket
        self._theirs: socket.socket
        self._before: dict[signal.Signals, object] = {}
        self._old = -1
        self._breaks_off = False
        self._patience_s = 0.0
        self._number = 0

    def __enter__(self) -> Self:
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)
        self._old = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        for number in self._signals:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._old)
        self._ours.close()
        self._theirs.close()

    @contextmanager
    def breaking_off(self, patience_s: float = 0) -> Iterator[None]:
        """While this lasts, a signal raises `BrokenOffError`, too, whatever is waited for.

        With patience only if it still lasts so long after the signal, or at a second one.
        """
        before = signal.signal(signal.SIGALRM, self._ran_out)
        self._patience_s = patience_s
        self._number = 0
        self._breaks_off = True
        try:
            yield
        finally:
            self._breaks_off = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _came(self, number: int, _: object) -> None:
        if not self._breaks_off:
            return
        if self._number or not self._patience_s:
            raise BrokenOffError(number)
        self._number = number
        signal.setitimer(signal.ITIMER_REAL, self._patience_s)

    def _ran_out(self, *_: object) -> None:
        if self._breaks_off:
            raise BrokenOffError(self._number)

    def fileno(self) -> int:
        """Readable once a signal has come."""
        return self._ours.fileno()

    def arrived(self) -> list[signal.Signals]:
        """The signals that have come since the last call."""
        try:
            numbers = os.read(self._ours.fileno(), 1 << 12)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in numbers if number in self._signals]
