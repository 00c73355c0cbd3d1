"""The backups of a log, LOG.1 (the newest) to LOG.N, and the workshop where the next one is made.

The workshop is a file LOG.rotating beside the log. Whoever holds its lock
(flock, which dies with its holder) is the only one who changes the log's front
and its backups, whether in this server or in another one that writes to the
same log. Why it can tell after a crash what has been done, see `rotation`.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from k1s.logs.extents import first_block

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MODE: Final = 0o600
_HOLD: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
# To remove 50 MiB took ext4 some 5 ms.
LARGE_BYTES: Final = 8 * 1024 * 1024
_MARK: Final = "user.k1s.cut"
_LOCK_ATTEMPTS_MAX: Final = 10


class BusyError(Exception):
    """Somebody else rotates this log at this moment."""


class UnfitError(Exception):
    """Something is in the way; the text says what, and what to do."""


def workshop_of(log: str) -> str:
    """Where the next backup of a log is made."""
    return f"{log}.rotating"


def names(log: str, backups: int) -> list[str]:
    """Where the backups of a log are, from the newest on."""
    return [f"{log}.{number}" for number in range(1, backups + 1)]


@contextmanager
def workshop(log: str, backups: int) -> Iterator[int]:
    """The locked, empty workshop of a log, gone afterwards, as what it holds says.

    Raises `BusyError`, `UnfitError` or `OSError`.
    """
    descriptor = _lock_empty(log, backups)
    try:
        yield descriptor
    finally:
        try:
            if _is_at(workshop_of(log), descriptor) and not _settle(log, backups, descriptor):
                os.unlink(workshop_of(log))
        finally:
            os.close(descriptor)


def settle(log: str, backups: int) -> None:
    """Finish or undo what a server that died has left half done. Raises as `workshop` does."""
    if os.path.lexists(workshop_of(log)):
        with workshop(log, backups):
            pass


def mark(descriptor: int, block: int) -> None:
    """Note in a finished copy where on the disk its log begins before it is cut."""
    os.setxattr(descriptor, _MARK, str(block).encode())


def check(log: str, backups: int) -> None:
    """Raise `UnfitError` if what bears the name of a backup is not a regular file."""
    for name in names(log, backups):
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(os.lstat(name).st_mode):
                raise UnfitError(f"{name} is not a regular file (move it away)")


def shift_in(newest: str, log: str, backups: int) -> None:
    """Make a file the newest backup; the others move on, up to the first gap or over the end."""
    places = names(log, backups)
    if not places:
        os.unlink(newest)
        return
    gap = next((at for at, name in enumerate(places) if not os.path.lexists(name)), backups - 1)
    for at in range(gap, 0, -1):
        os.rename(places[at - 1], places[at])
    os.rename(newest, places[0])


def drop_all(log: str, backups: int) -> None:
    """Delete every backup, the oldest first."""
    for name in reversed(names(log, backups)):
        with suppress(FileNotFoundError):
            os.unlink(name)


def erase(log: str, backups: int, spared: Collection[str] = ()) -> list[int]:
    """Remove a log with all that belongs to it; what is `spared`, or no regular file, stays.

    Returns descriptors of what is large: the disk has work to do when they are closed.
    """
    held: list[int] = []
    for name in (log, workshop_of(log), *names(log, backups)):
        if name in spared:
            continue
        with suppress(OSError, ValueError):  # this locale may not be able to write the name
            status = os.lstat(name)
            if stat.S_ISREG(status.st_mode):
                if status.st_size > LARGE_BYTES:
                    held.append(os.open(name, _HOLD))
                os.unlink(name)
    return held


def _lock_empty(log: str, backups: int) -> int:
    for _ in range(_LOCK_ATTEMPTS_MAX):
        descriptor = _open(workshop_of(log))
        try:
            if _is_locked(log, backups, descriptor):
                os.ftruncate(descriptor, 0)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise BusyError


def _is_locked(log: str, backups: int, descriptor: int) -> bool:
    """Whether the file is ours and still the workshop, not a backup by now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError from None
    return _is_at(workshop_of(log), descriptor) and not _settle(log, backups, descriptor)


def _open(path: str) -> int:
    try:
        descriptor = os.open(path, _FLAGS, _MODE)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise UnfitError(f"{path} is not a regular file (move it away)") from None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise UnfitError(f"{path} is not a regular file (move it away)")


def _settle(log: str, backups: int, descriptor: int) -> bool:
    """Whether the workshop held bytes that are no longer in the log, and is a backup now."""
    noted = _marked(descriptor)
    if noted is None:
        return False
    if noted != _beginning(log):
        check(log, backups)
        shift_in(workshop_of(log), log, backups)
        return True
    os.removexattr(descriptor, _MARK)
    return False


def _marked(descriptor: int) -> int | None:
    try:
        return int(os.getxattr(descriptor, _MARK))
    except (OSError, ValueError):
        return None


def _beginning(log: str) -> int | None:
    """Where on the disk a log begins; None if it is gone or something else."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(log, flags)
    except OSError:
        return None
    try:
        return first_block(descriptor)
    finally:
        os.close(descriptor)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
