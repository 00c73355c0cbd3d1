"""Where a client goes: what its flags say, then the environment, then the default.

Imports next to nothing, because every command of the command line does this.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 4567
PORT_MAX: Final = 65535


class DestinationError(Exception):
    """A variable of the environment makes no sense; the text names it."""


class Destination(NamedTuple):
    """A TCP address, or the path of a Unix socket, which wins."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    socket: str | None = None

    @classmethod
    def chosen(cls, host: str | None, port: int | None, environ: Mapping[str, str]) -> Self:
        """From the flags and K1S_HOST, K1S_PORT and K1S_SOCKET; a variable that is empty is none.

        A flag for TCP means TCP, whatever socket the environment names. Raises
        `DestinationError`.
        """
        flagged = host is not None or port is not None
        return cls(
            host=host or environ.get("K1S_HOST") or DEFAULT_HOST,
            port=_port(environ.get("K1S_PORT")) if port is None else port,
            socket=None if flagged else environ.get("K1S_SOCKET") or None,
        )

    def __str__(self) -> str:
        return self.socket or f"{self.host}:{self.port}"


def _port(text: str | None) -> int:
    if not text:
        return DEFAULT_PORT
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= PORT_MAX:
        return int(text)
    raise DestinationError(f"K1S_PORT wants a whole number from 0 to {PORT_MAX}, got {text!r}")
