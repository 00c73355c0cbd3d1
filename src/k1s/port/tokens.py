"""Token files: a secret that stands for a user where the kernel cannot tell who it is.

Server and client read the same kind of file, and both refuse one that somebody
else could read or write: a secret that others know keeps nobody out. Imports
next to nothing, because the command line uses it.
"""

import os
import stat
from contextlib import suppress
from typing import Final

TOKEN_BYTES: Final = 32
# Longer than anything that can be guessed, whatever it is made of.
LENGTH_MIN: Final = 32
LENGTH_MAX: Final = 1024
_MODE: Final = 0o600
_OTHERS: Final = 0o077


class TokenError(Exception):
    """A token file cannot be used; the text says why and what to do."""


def make(path: str) -> None:
    """Write a new token to a file that does not exist yet. Raises `TokenError`."""
    import secrets

    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, _MODE)
    except FileExistsError:
        raise TokenError(
            f"{path} is there already: remove it first if nobody uses it any more"
        ) from None
    except (OSError, ValueError) as error:
        raise TokenError(f"cannot make {path}: {_why(error)}") from None
    try:
        os.fchmod(descriptor, _MODE)
        os.write(descriptor, f"{secrets.token_urlsafe(TOKEN_BYTES)}\n".encode())
    except OSError as error:
        with suppress(OSError):
            os.unlink(path)
        raise TokenError(f"cannot write {path}: {_why(error)}") from None
    finally:
        os.close(descriptor)


def read(path: str) -> str:
    """The token in a file. Raises `TokenError`, which never quotes it."""
    try:
        content = _read(path)
    except (OSError, ValueError) as error:
        raise TokenError(f"cannot read the token in {path}: {_why(error)}") from None
    token = content.decode("ascii", "replace").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise TokenError(f"{path} holds no token: make one with k1s token")
    if not LENGTH_MIN <= len(token) <= LENGTH_MAX:
        raise TokenError(
            f"the token in {path} does not have {LENGTH_MIN} to {LENGTH_MAX} characters: "
            "make one with k1s token"
        )
    return token


def _read(path: str) -> bytes:
    # Not to hang where somebody has put a FIFO.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _demand_privacy(path, os.fstat(descriptor))
        return os.read(descriptor, LENGTH_MAX + 2)
    finally:
        os.close(descriptor)


def _demand_privacy(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise TokenError(f"{path} is no regular file: make a token with k1s token")
    if found.st_mode & _OTHERS:
        raise TokenError(f"{path} can be used by others: chmod 600 {path}, or make a new token")
    if found.st_uid not in (os.geteuid(), 0):
        raise TokenError(f"{path} belongs to another user: make a token of your own")


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
