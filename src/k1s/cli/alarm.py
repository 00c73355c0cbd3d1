"""Signals as something that can be waited for, beside sockets and keys."""

import os
import signal
import socket
from collections.abc import Iterable
from typing import Self


class Alarm:
    """Reads as the signals that have come, instead of what they do by themselves.

    What was ignored before, as under nohup, still is.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._ours, self._theirs = socket.socketpair()
        self._before: dict[signal.Signals, object] = {}
        self._old = -1

    def __enter__(self) -> Self:
        self._ours.settimeout(0)
        self._theirs.settimeout(0)
        self._old = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        for number in self._signals:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._old)
        self._ours.close()
        self._theirs.close()

    def fileno(self) -> int:
        """Readable once a signal has come."""
        return self._ours.fileno()

    def arrived(self) -> list[signal.Signals]:
        """The signals that have come since the last call."""
        try:
            return [signal.Signals(number) for number in os.read(self._ours.fileno(), 1 << 12)]
        except BlockingIOError:
            return []
