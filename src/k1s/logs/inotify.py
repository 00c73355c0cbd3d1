"""One descriptor that tells which of many files have been written to.

A watch speaks once and is gone (IN_ONESHOT), so that a program that writes a
million times causes one event, and a file that nobody writes to costs nothing
but the kernel's note of it. How many notes there may be is an administrator's
choice: /proc/sys/fs/inotify/max_user_watches.

Of the libraries for this, those with types bring threads or a loop of their
own. It is three calls of the C library.
"""

import ctypes
import os
import struct
from contextlib import suppress
from typing import Final

from attrs import define, field

_IN_MODIFY: Final = 0x2
_IN_ATTRIB: Final = 0x4
_IN_DELETE_SELF: Final = 0x400
_IN_MOVE_SELF: Final = 0x800
_IN_IGNORED: Final = 0x8000
_IN_DONT_FOLLOW: Final = 0x02000000
# A file that has a watch already (by another name) must not lose it to a new owner.
_IN_MASK_CREATE: Final = 0x10000000
_IN_ONESHOT: Final = 0x80000000
# What a watch may be told to wait for. A file loses a name: that is an attribute.
GROWTH: Final = _IN_MODIFY | _IN_DONT_FOLLOW | _IN_MASK_CREATE | _IN_ONESHOT
ANY_CHANGE: Final = _IN_MODIFY | _IN_ATTRIB | _IN_MOVE_SELF | _IN_DELETE_SELF | _IN_ONESHOT
_EVENT: Final = struct.Struct("=iIII")
_READ_BYTES_MAX: Final = 4096 * _EVENT.size

# The watch that an event names when the kernel had to throw others away.
OVERFLOW: Final = -1

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)


@define(eq=False, repr=False)
class Inotify:
    """Watches on files, each good for one event. Raises `OSError` when there are too many."""

    mask: int = GROWTH
    descriptor: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.descriptor = _checked(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))

    def arm(self, path: str) -> int:
        """Watch a file for its next change; the number of the watch. Raises `OSError`."""
        return _checked(_libc.inotify_add_watch(self.descriptor, os.fsencode(path), self.mask))

    def disarm(self, watch: int) -> None:
        """Take a watch back; one that has spoken is gone already."""
        _libc.inotify_rm_watch(self.descriptor, watch)

    def read(self) -> list[int]:
        """The watches that have spoken, a few thousand at the most; `OVERFLOW` is one of them."""
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self.descriptor, _READ_BYTES_MAX)
        events = _EVENT.iter_unpack(data)
        return [watch for watch, mask, _, _ in events if not mask & _IN_IGNORED]

    def close(self) -> None:
        """Take all watches back."""
        os.close(self.descriptor)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
