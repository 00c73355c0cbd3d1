"""Learning that a log has grown, without polling those that are silent.

Nothing is polled and no descriptor is held for a log. One that stays live for
a while gets an inotify watch that speaks once. When it has spoken, the log is
looked at (one `lstat`) for as long as it grows, and armed again when it has
stopped. So:

* a silent log costs a note in the kernel and no time at all;
* a log with a line now and then costs an event and two looks a line;
* a busy one costs a look every few seconds, and up to ten a second only while
  it is about to be full;
* a log that is live for less than `FRESH_S` costs no watch: starts stay as
  fast as they were;
* of thousands that have become live together, a few are looked at in a turn of
  the event loop, so that nobody else has to wait for all of them.

How many watches there are is up to the administrator. When there are no more,
a log is looked at every `UNARMED_LOOK_S` instead, and that is said once.
"""

import errno
import logging
import os
import stat
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Final, Protocol

from attrs import define, field

from k1s.logs.gate import Identity
from k1s.logs.growth import look_delay
from k1s.logs.inotify import OVERFLOW, Inotify

# How long a log has to be live before it is worth a watch.
FRESH_S: Final = 2.0
# From the first sign of life to the first look: enough to see how fast it grows.
FIRST_LOOK_S: Final = 0.5
UNARMED_LOOK_S: Final = 30.0
# About a millisecond.
LOOKS_AT_ONCE: Final = 20

_log = logging.getLogger(__name__)


class Timer(Protocol):
    """Something that will be called."""

    def cancel(self) -> None:
        """Do not call it."""
        ...


Later = Callable[[float, Callable[[], None]], Timer]


@define(eq=False, repr=False)
class Watched:
    """A log that is watched. Its size is as of the last look, at monotonic time `looked`."""

    path: str
    file: Identity | None = None
    size: int = 0
    looked: float = 0.0
    timer: Timer | None = None
    watch: int | None = None

    def see(self) -> bool:
        """Take in which file it is and how big; False if it is another one than before."""
        status = regular(self.path)
        self.looked = time.monotonic()
        if status is None or self.file not in (None, identity(status)):
            return False
        self.file, self.size = identity(status), status.st_size
        return True


@define(eq=False, repr=False)
class Watcher:
    """Calls `too_big` when a log has more than `max_bytes`, and leaves it to the owner then.

    A log that has been deleted, moved or replaced is left alone, until it is added again.
    """

    max_bytes: int
    later: Later
    too_big: Callable[[Watched], None]
    _inotify: Inotify | None = field(default=None, init=False)
    _armed: dict[int, Watched] = field(factory=dict, init=False)
    _fresh: dict[str, Watched] = field(factory=dict, init=False)
    _waiting: dict[str, Watched] = field(factory=dict, init=False)
    _is_warned: bool = field(default=False, init=False)

    def open(self) -> int | None:
        """Begin; `read` wants to be called when this descriptor can be read, if there is one."""
        try:
            self._inotify = Inotify()
        except OSError as error:
            self._warn(error)
            return None
        return self._inotify.descriptor

    def close(self) -> None:
        """Stop listening."""
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None

    def add(self, log: Watched) -> None:
        """Watch a log, whose size as of now is known."""
        if not self._fresh:
            self.later(FRESH_S, self._look_at_fresh)
        self._fresh[log.path] = log

    def remove(self, log: Watched) -> None:
        """Watch it no more."""
        self._fresh.pop(log.path, None)
        self._waiting.pop(log.path, None)
        _cancel(log)
        self._disarm(log)

    def look(self, log: Watched) -> None:
        """See how far a log has grown, and decide when to look again."""
        _cancel(log)
        before, looked = log.size, log.looked
        if not log.see():
            return
        if log.size > self.max_bytes:
            self.too_big(log)
        elif log.size == before:
            self._arm(log)
        else:
            room = self.max_bytes - log.size
            self.look_after(log, look_delay(room, log.size - before, log.looked - looked))

    def look_after(self, log: Watched, seconds: float) -> None:
        """Look at a log after a time, unless that will be done anyway."""
        if log.timer is None:
            log.timer = self.later(seconds, partial(self.look, log))

    def read(self) -> None:
        """Take in which logs have been written to."""
        watches = self._inotify.read() if self._inotify is not None else []
        if OVERFLOW in watches:  # the kernel has thrown some away: any log may have grown
            watches = list(self._armed)
        for watch in watches:
            log = self._armed.get(watch)
            if log is not None:
                self._disarm(log)
                log.looked = time.monotonic()
                self.look_after(log, FIRST_LOOK_S)

    def _look_at_fresh(self) -> None:
        is_under_way = bool(self._waiting)
        self._waiting.update(self._fresh)
        self._fresh.clear()
        if not is_under_way:
            self._look_at_some()

    def _look_at_some(self) -> None:
        for path in list(islice(self._waiting, LOOKS_AT_ONCE)):
            log = self._waiting.pop(path, None)  # a look at one may be the end of another
            if log is not None and log.timer is None:
                self.look(log)
        if self._waiting:
            self.later(0, self._look_at_some)

    def _arm(self, log: Watched) -> None:
        """Wait for a sign of life; one that came a moment too soon is seen by its size."""
        if log.watch is not None:
            return
        watch = self._watch(log.path)
        if watch is None:
            self.look_after(log, UNARMED_LOOK_S)
            return
        log.watch, self._armed[watch] = watch, log
        status = regular(log.path)
        if status is None or status.st_size != log.size:
            self.look_after(log, FIRST_LOOK_S)

    def _watch(self, path: str) -> int | None:
        if self._inotify is None:
            return None
        try:
            return self._inotify.arm(path)
        except OSError as error:
            # EEXIST: the same file is watched by another name.
            if error.errno not in (errno.EEXIST, errno.ENOENT):
                self._warn(error)
            return None

    def _disarm(self, log: Watched) -> None:
        if log.watch is not None and self._inotify is not None:
            self._armed.pop(log.watch, None)
            self._inotify.disarm(log.watch)
            log.watch = None

    def _warn(self, error: OSError) -> None:
        if not self._is_warned:
            self._is_warned = True
            _log.warning(
                "cannot watch every log (%s): the rest are looked at every %g s; "
                "raise fs.inotify.max_user_watches and max_user_instances with sysctl",
                (error.strerror or str(error)).lower(),
                UNARMED_LOOK_S,
            )


def identity(status: os.stat_result) -> Identity:
    """Which file a status is of."""
    return status.st_dev, status.st_ino


def regular(path: str) -> os.stat_result | None:
    """The status of a regular file; None if there is none of that name."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):  # there can be none whose name this locale cannot write
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _cancel(log: Watched) -> None:
    if log.timer is not None:
        log.timer.cancel()
        log.timer = None
