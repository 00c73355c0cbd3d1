"""Who may command the server, by the user at the other end of a connection.

A port that runs programs is a shell as the server's user. So a client on this
machine has to belong to that user, to root, or to a user whom the
configuration names. Who it is, is what the kernel says and nothing else:
`sockdiag` for TCP on a loopback address, SO_PEERCRED for a Unix socket. When
the kernel does not say, the client is refused.

Inside a user namespace the kernel shows every user who does not exist there as
one and the same, the overflow user (65534, who may well be called nobody).
That is no answer either: a server that is itself such a nobody would obey
everyone.
"""

import fcntl
import logging
import os
import pwd
import socket
import struct
import termios
from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, field

from k1s.errors import Code, ConfigError
from k1s.port.ratelimited import Seldom
from k1s.protocol import Refusal

ROOT: Final = 0
_CREDENTIALS: Final = struct.Struct("=iII")
_ALL_USERS: Final = ["0", "0", "4294967295"]
_NOBODY: Final = 65534

_log = logging.getLogger(__name__)


def resolve_users(names: Iterable[str | int]) -> frozenset[int]:
    """The users whom the server obeys: its own, root and these. Raises `ConfigError`."""
    return frozenset({os.geteuid(), ROOT, *map(_resolve, names)})


def _resolve(name: str | int) -> int:
    if isinstance(name, int):
        return name
    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        raise ConfigError(
            f"server.allow_users names {name!r}, and this machine has no such user: "
            "mend the name, or give the user's number",
            field="allow_users",
        ) from None


def unix_peer(client: socket.socket) -> int | None:
    """The user who connected to a Unix socket, even if that process is gone."""
    try:
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return None
    _, user, _ = _CREDENTIALS.unpack(credentials)
    return int(user)


def anonymous_users() -> frozenset[int]:
    """The user numbers that may stand for anybody, seen from this user namespace."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            is_everybody_known = file.read().split() == _ALL_USERS
        with open("/proc/sys/kernel/overflowuid", encoding="ascii") as file:
            nobody = int(file.read())
    except (OSError, ValueError):
        return frozenset({_NOBODY})
    return frozenset() if is_everybody_known else frozenset({nobody})


@define(eq=False, repr=False)
class PeerCheck:
    """Refuses the clients of users who are not `allowed`. `user_of` asks the kernel."""

    user_of: Callable[[socket.socket], int | None]
    allowed: frozenset[int]
    anonymous: frozenset[int] = field(factory=anonymous_users)
    _warnings: Seldom = field(factory=lambda: Seldom(_log), init=False)

    def refusal(self, client: socket.socket) -> Refusal | None:
        """What to tell a client that may not command the server; None for one that may."""
        user = self.user_of(client)
        if user is None or user in self.anonymous:
            return self._refuse_unknown(client)
        return None if user in self.allowed else self._refuse_stranger(user)

    def _refuse_unknown(self, client: socket.socket) -> Refusal:
        if _has_sent_something(client):  # a mere look at the port is no event
            self._warnings.warn(
                "refused a client that the kernel does not know: it closed its connection before "
                "it was asked whose it is, and its request was not carried out"
            )
        return Refusal(
            "The server cannot tell whose connection this is: keep it open until the reply has "
            "come",
            Code.NOT_ALLOWED,
        )

    def _refuse_stranger(self, user: int) -> Refusal:
        self._warnings.warn(
            f"refused a client of user {user}: whom it should obey belongs into allow_users"
        )
        obeyed = ", ".join(map(str, sorted(self.allowed)))
        return Refusal(
            f"You are user {user}, and this server obeys {obeyed} only: "
            f"add {user} to allow_users in the [server] table of its configuration",
            Code.NOT_ALLOWED,
        )


def _has_sent_something(client: socket.socket) -> bool:
    try:
        unread = fcntl.ioctl(client.fileno(), termios.FIONREAD, bytes(4))
    except OSError:
        return False
    return any(unread)
