"""Where the server listens: addresses to sockets, and what is wrong with them in words."""

import errno
import ipaddress
import socket
from typing import Any, Final

from k1s.errors import ConfigError, K1sError

BACKLOG: Final = 1024


class ListenError(K1sError):
    """The server cannot listen where it was told to; the text says why."""


def listen(host: str, port: int, *, is_guarded: bool = False) -> socket.socket:
    """A socket that listens on an address; port 0 picks a free one.

    Raises `ConfigError` for an address that is unknown, or that others can
    reach while it `is_guarded` by nothing; `ListenError` when the kernel does
    not allow it.
    """
    family, address = _resolve(host, port)
    if not is_guarded and not is_loopback(address[0]):
        raise ConfigError(
            f"host {host!r} can be reached from other machines, and whoever reaches the server can "
            "run programs: use 127.0.0.1, or set [server.tls] and a token_file or client_ca",
            field="host",
        )
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"{shown(address)} is in use: stop what listens there or choose another with -p"
            ) from None
        reason = (error.strerror or str(error)).lower()
        raise ListenError(f"cannot listen on {shown(address)}: {reason}") from None


def is_loopback(host: str) -> bool:
    """Whether an address, in numbers, can be reached from this machine alone."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def shown(address: tuple[Any, ...]) -> str:
    """`127.0.0.1:4567`, or `[::1]:4567`."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConfigError(
            f"host {host!r} is unknown on this machine: use 127.0.0.1", field="host"
        ) from None
    family, _, _, _, (name, *_) = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(name), port)
