"""Log files: opened so that nothing but a regular file can be written to, and never held.

The server opens the two streams for each run, gives them to the child and
closes its own copies: a start gets slower with every descriptor that the
server holds, and a log that was moved away is made anew by the next run.
"""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from typing import Final

from k1s.errors import unwritable

# O_APPEND: two writers lose nothing. O_NOFOLLOW: nobody can point a log at
# somebody else's file. O_NONBLOCK: opening a FIFO must not hang the server.
# O_NOCTTY is for reading alone: a terminal that is opened for writing only never
# becomes the server's own.
_FLAGS: Final = (
    os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)
READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


class LogFileError(Exception):
    """A log cannot be opened; the text names it and says why."""


def open_log(path: str) -> int:
    """A descriptor that appends to a log, made with its folders if it is missing."""
    try:
        return _open_regular(path)
    except (OSError, ValueError) as error:
        raise LogFileError(f"log file {path}: {why(error)}") from None


def append(path: str, line: str) -> None:
    """Write one line to a log. Raises `LogFileError`."""
    descriptor = open_log(path)
    data = line.encode(errors="backslashreplace")
    try:
        while data:  # a disk that is nearly full takes a part, and refuses the rest in words
            data = data[os.write(descriptor, data) :]
    except OSError as error:
        raise LogFileError(f"log file {path}: {why(error)}") from None
    finally:
        os.close(descriptor)


def check_readable(path: str) -> None:
    """Raise `LogFileError` for what is no log, or cannot be read; one that is missing is empty."""
    try:
        _refuse_irregular(os.lstat(path).st_mode)  # opening a device may do something to it
        os.close(os.open(path, READ_FLAGS))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise LogFileError(f"log file {path}: {why(error)}") from None


def _open_regular(path: str) -> int:
    try:
        descriptor = os.open(path, _FLAGS, _MODE)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), _FOLDER_MODE, exist_ok=True)
        descriptor = os.open(path, _FLAGS, _MODE)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        # The child shares this description, and its stdout should be ordinary.
        fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file")


def _refuse_irregular(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "a symbolic link")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")


def why(error: OSError | ValueError) -> str:
    """Why a log cannot be used, in words; a `ValueError` is of a path that cannot be written."""
    if isinstance(error, ValueError):
        return unwritable(error)
    match error.errno:
        case errno.ELOOP:
            return "it is a symbolic link, which logs do not follow"
        case errno.ENXIO | errno.EINVAL:
            return "it is not a regular file"
        case _:
            return (error.strerror or str(error)).lower()


def close_all(descriptors: list[int]) -> None:
    """Close descriptors that have been given away."""
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)
