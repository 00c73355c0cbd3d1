"""Where the server listens: addresses to sockets, and what is wrong with them in words."""

import errno
import ipaddress
import socket
from typing import Any, Final

from k1s.errors import ConfigError, K1sError

BACKLOG: Final = 1024


class ListenError(K1sError):
    """The server cannot listen where it was told to; the text says why."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a loopback address; port 0 picks a free one.

    Raises `ConfigError` for an address that is unknown or open to others, and
    `ListenError` when the kernel does not allow it.
    """
    family, address = _resolve(host, port)
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"{shown(address)} is in use: stop what listens there or choose another with -p"
            ) from None
        reason = (error.strerror or str(error)).lower()
        raise ListenError(f"cannot listen on {shown(address)}: {reason}") from None


def shown(address: tuple[Any, ...]) -> str:
    """`127.0.0.1:4567`, or `[::1]:4567`."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConfigError(f"host {host!r} is unknown on this machine: use 127.0.0.1") from None
    family, _, _, _, (name, *_) = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    if not ipaddress.ip_address(str(name)).is_loopback:
        raise ConfigError(
            f"host {host!r} can be reached from other machines, and whoever reaches the server can "
            "run programs: use 127.0.0.1"
        )
    return family, (str(name), port)
