"""Where a client goes, and a server listens: what flags say, then the environment.

Imports next to nothing, because every command of the command line does this.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from k1s.errors import K1sError

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 4567
PORT_MAX: Final = 65535


class DestinationError(K1sError):
    """A flag or a variable of the environment makes no sense; the text names it."""


class Named(NamedTuple):
    """An address as far as somebody has named one."""

    host: str | None
    port: int | None
    socket: str | None

    @property
    def is_tcp(self) -> bool:
        """Whether TCP is meant, whatever socket somebody else names."""
        return self.socket is None and not (self.host is None and self.port is None)


def named(
    host: str | None, port: int | None, socket: str | None, environ: Mapping[str, str]
) -> Named:
    """What the flags say, and for the rest K1S_HOST, K1S_PORT and K1S_SOCKET.

    A variable that is empty is none. A flag for TCP means TCP, whatever socket
    the environment names. Raises `DestinationError`.
    """
    flagged = host is not None or port is not None
    return Named(
        host=host or environ.get("K1S_HOST") or None,
        port=_port(environ.get("K1S_PORT")) if port is None else port,
        socket=socket or (None if flagged else environ.get("K1S_SOCKET") or None),
    )


class Destination(NamedTuple):
    """A TCP address, or the path of a Unix socket, which wins.

    The rest are paths of files, and concerns TCP only: the token to send, the
    authority that vouches for the server (which means TLS), and the client's
    own certificate with its key.
    """

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    socket: str | None = None
    token_file: str | None = None
    tls_ca: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None

    @classmethod
    def chosen(
        cls, host: str | None, port: int | None, socket: str | None, environ: Mapping[str, str]
    ) -> Self:
        """What is `named`, or else the default, with K1S_TOKEN_FILE, K1S_TLS_CA,
        K1S_TLS_CERTIFICATE and K1S_TLS_KEY; one that is empty is none.

        Raises `DestinationError`.
        """
        if socket and not (host is None and port is None):
            raise DestinationError("--socket does not go with --host or --port: give one of them")
        address = named(host, port, socket, environ)
        where = cls(
            host=address.host or DEFAULT_HOST,
            port=DEFAULT_PORT if address.port is None else address.port,
            socket=address.socket,
            token_file=environ.get("K1S_TOKEN_FILE") or None,
            tls_ca=environ.get("K1S_TLS_CA") or None,
            tls_certificate=environ.get("K1S_TLS_CERTIFICATE") or None,
            tls_key=environ.get("K1S_TLS_KEY") or None,
        )
        if (where.tls_certificate or where.tls_key) and not where.tls_ca:
            raise DestinationError("K1S_TLS_CERTIFICATE is of no use without K1S_TLS_CA: set both")
        if where.tls_key and not where.tls_certificate:
            raise DestinationError("K1S_TLS_KEY is of no use without K1S_TLS_CERTIFICATE: set both")
        return where

    @property
    def has_tls(self) -> bool:
        """Whether what goes there is encrypted."""
        return self.socket is None and self.tls_ca is not None

    def __str__(self) -> str:
        return self.socket or f"{self.host}:{self.port}"


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= PORT_MAX:
        return int(text)
    raise DestinationError(f"K1S_PORT wants a whole number from 0 to {PORT_MAX}, got {text!r}")
