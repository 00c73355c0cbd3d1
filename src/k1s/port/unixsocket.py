"""A Unix socket that is there exactly as long as somebody answers on it.

A socket file outlives a server that was killed, and then it is in the way of
the next one. It may be replaced only if nobody listens on it, and nothing but
a socket is ever replaced. Two servers that start at the same moment must not
take each other for dead, so:

* The socket is bound and listens under another name first, and gets its own by
  `link`, which fails where something is. A socket that can be seen can be
  connected to.
* A stale one is replaced by `rename` under a lock on its folder, which the
  kernel takes back if we die. Nobody else can have replaced it since we tried
  to connect, because he would have needed the lock.
* At the end, the file is removed only if it is still ours, and before we stop
  listening: as long as it is there, it is no stale one.
"""

import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from attrs import frozen

from k1s.errors import ConfigError, unwritable
from k1s.port.listening import BACKLOG, ListenError

# The kernel's bound, without the byte that ends it.
PATH_BYTES_MAX: Final = 107
_MODE: Final = 0o600


@frozen
class UnixSocket:
    """A socket that listens at an absolute path, and which file that is."""

    listening: socket.socket
    path: str
    identity: tuple[int, int]

    def remove(self) -> None:
        """Take the name away, unless somebody else has it by now. May be called again."""
        with suppress(OSError):
            if _identity(self.path) == self.identity:
                os.unlink(self.path)


def listen(path: str) -> UnixSocket:
    """Listen at a path, with mode 0600. Raises `ListenError`, or `ConfigError` for a long path."""
    path = os.path.abspath(path)
    if _size(path) > PATH_BYTES_MAX:
        raise ConfigError(
            f"cannot listen on {path}: it has more than {PATH_BYTES_MAX} bytes: "
            "choose a shorter path",
            field="socket",
        )
    aside = os.path.join(os.path.dirname(path), f".k1s-{os.urandom(4).hex()}")
    try:
        listening = _bind(aside)
    except OSError as error:
        raise ListenError(f"cannot listen on {path}: {_why(error)}") from None
    try:
        _name(aside, path)
        return UnixSocket(listening, path, _identity(path))
    except OSError as error:
        listening.close()
        raise ListenError(f"cannot listen on {path}: {_why(error)}") from None
    except ListenError:
        listening.close()
        raise
    finally:
        with suppress(FileNotFoundError):
            os.unlink(aside)


def _size(path: str) -> int:
    try:
        return len(os.fsencode(path))
    except ValueError as error:
        raise ConfigError(f"cannot listen on {path}: {unwritable(error)}", field="socket") from None


def _bind(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        os.fchmod(listening.fileno(), _MODE)  # the file is made with the mode of the socket
        listening.bind(path)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _name(aside: str, path: str) -> None:
    try:
        os.link(aside, path)
    except FileExistsError:
        with _locked(os.path.dirname(path)):
            _demand_stale(path)
            os.rename(aside, path)


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ListenError(
            f"somebody has locked {folder}, perhaps another server that starts: try again"
        ) from None


def _demand_stale(path: str) -> None:
    """Raise unless there is a socket at the path that nobody listens on, or nothing."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenError(f"{path} is there and no socket: remove it or choose another path")
    if _is_live(path):
        raise ListenError(
            f"{path} is in use: stop the server that listens there or choose another path"
        )


def _is_live(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0)
        try:
            client.connect(path)
        except ConnectionRefusedError:
            return False
        except BlockingIOError:  # its queue is full: somebody is there
            return True
    return True


def _identity(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
