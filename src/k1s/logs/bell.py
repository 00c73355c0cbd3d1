"""Calling the readers of a log when something happens to it: told by the kernel, not by looking.

A log is armed when its readers have read all of it, and not before: a reader
that is slow costs nothing, and a program that writes a million lines causes one
event for each time that they have been read. One watch serves all readers of a
file. It speaks when the file is written to, cut, renamed, deleted or changed in
any other way. A file that is not there cannot be watched: k1s itself is the one
that makes logs, so that whoever makes one says so (`Chain.call`).

The watches of rotation are apart (see `watcher`): a file has only one in each
instance of inotify. This instance exists only while somebody follows a log.
When there are no watches to be had, a log that is followed is looked at every
`LOOK_S`, which is said once.
"""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field

from k1s.logs.chain import Chain
from k1s.logs.gate import Identity
from k1s.logs.inotify import ANY_CHANGE, OVERFLOW, Inotify
from k1s.logs.watcher import Timer

LOOK_S: Final = 1.0

_log = logging.getLogger(__name__)


class Surroundings(Protocol):
    """What is needed from whoever runs the event loop."""

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call something after a time."""
        ...

    def listen(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call something whenever a descriptor can be read."""
        ...

    def unlisten(self, descriptor: int) -> None:
        """No more."""
        ...


@define(eq=False, repr=False)
class Bell:
    """Calls the readers of the chains that are armed, once for each time."""

    surroundings: Surroundings
    _inotify: Inotify | None = field(default=None, init=False)
    _chains: dict[int, set[Chain]] = field(factory=dict, init=False)
    _watches: dict[Chain, tuple[int, Identity | None]] = field(factory=dict, init=False)
    _timers: dict[Chain, Timer] = field(factory=dict, init=False)
    _is_warned: bool = field(default=False, init=False)

    def is_armed(self, chain: Chain) -> bool:
        """Whether the readers will be called without more ado."""
        _, file = self._watches.get(chain, (0, None))
        return chain in self._timers or (file is not None and file == chain.file)

    def arm(self, chain: Chain) -> None:
        """Call the readers when something happens from now on. Only inside the chain."""
        self.disarm(chain)
        with chain.opened() as descriptor:
            if descriptor is None:
                return  # who makes it says so
            try:
                watch = self._opened().arm(f"/proc/self/fd/{descriptor}")
            except OSError as error:
                self._warn(error)
                self._timers[chain] = self.surroundings.later(LOOK_S, lambda: self._look(chain))
                return
        self._watches[chain] = watch, chain.file
        self._chains.setdefault(watch, set()).add(chain)

    def disarm(self, chain: Chain) -> None:
        """Call nobody any more."""
        timer = self._timers.pop(chain, None)
        if timer is not None:
            timer.cancel()
        watch, file = self._watches.pop(chain, (0, None))
        if file is None:
            return
        others = self._chains[watch]
        others.discard(chain)
        if not others:
            del self._chains[watch]
            if self._inotify is not None:
                self._inotify.disarm(watch)

    def close(self) -> None:
        """Nobody follows anything any more."""
        for chain in [*self._watches, *self._timers]:
            self.disarm(chain)
        if self._inotify is not None:
            self.surroundings.unlisten(self._inotify.descriptor)
            self._inotify.close()
            self._inotify = None

    def _read(self) -> None:
        watches = self._inotify.read() if self._inotify is not None else []
        if OVERFLOW in watches:  # the kernel has thrown some away: anything may have happened
            watches = list(self._chains)
        # Two paths may lead to one file, and what the readers of one do may end the other.
        called = [chain for watch in watches for chain in self._chains.pop(watch, ())]
        for chain in called:
            del self._watches[chain]
        for chain in called:
            chain.call()

    def _look(self, chain: Chain) -> None:
        del self._timers[chain]
        chain.call()

    def _opened(self) -> Inotify:
        if self._inotify is None:
            self._inotify = Inotify(ANY_CHANGE)
            self.surroundings.listen(self._inotify.descriptor, self._read)
        return self._inotify

    def _warn(self, error: OSError) -> None:
        if not self._is_warned:
            self._is_warned = True
            _log.warning(
                "cannot watch every log that is followed (%s): the rest are looked at every %g s; "
                "raise fs.inotify.max_user_watches and max_user_instances with sysctl",
                (error.strerror or str(error)).lower(),
                LOOK_S,
            )
