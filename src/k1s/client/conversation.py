"""What a client says and hears, whatever moves the bytes: lines, secrets, words for trouble.

It touches no socket, and imports next to nothing, because the command line
uses it.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from k1s.destination import Destination, DestinationError
from k1s.errors import K1sError

if TYPE_CHECKING:
    from ssl import SSLContext

CONNECT_S: Final = 10
PIECE_BYTES: Final = 1 << 16
# A chunk of a log, 64 KiB in the longest spelling that JSON has for it, is far below.
STREAM_LINE_BYTES_MAX: Final = 1 << 24
# Who wants TLS, or a certificate, sends those away at once who do not speak like that.
UNDERSTOOD_S: Final = 2


class ServerGoneError(K1sError):
    """Nobody answers at that address; the text says so in words."""


class Lines:
    """The lines of a stream, from its bytes as they come."""

    def __init__(self, where: Destination) -> None:
        self._where = where
        self._rest = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that end in this piece. A piece of nothing is the end of the stream.

        Raises `ServerGoneError` when that comes in the middle of a line, or a
        line has no end.
        """
        if (not piece and self._rest) or len(self._rest) > STREAM_LINE_BYTES_MAX:
            raise ServerGoneError(broken(self._where, "in the middle of a line"))
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = bytes(self._rest) + lines[0]
            self._rest.clear()
        self._rest += rest
        return lines


def request_line(where: Destination, message: dict[str, Any]) -> bytes:
    """A request as it is sent there, with the token if one is wanted. Raises `DestinationError`."""
    if where.socket is None and where.token_file is not None:
        message = {**message, "token": _token(where.token_file)}
    return json.dumps(message).encode() + b"\n"


def value(where: Destination, line: bytes, waited_s: float = 0) -> Any:
    """The JSON value of a reply, which was waited for so long. Raises `ServerGoneError`."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        what = f"what answers at {where} is no k1s server"
        if not line:
            what = f"the k1s server at {where} has gone without an answer"
        missing = "" if waited_s > UNDERSTOOD_S else _missing(where)
        raise ServerGoneError(what + missing) from None


def tls_context(where: Destination) -> "SSLContext | None":
    """What a handshake follows, where TLS is wanted. Raises `DestinationError`.

    The server has to be the one that we asked for, by its certificate.
    """
    if where.socket is not None or where.tls_ca is None:
        return None
    import ssl

    try:
        context = ssl.create_default_context(cafile=where.tls_ca)
    except (OSError, ValueError) as error:
        raise DestinationError(f"K1S_TLS_CA {where.tls_ca} cannot be used: {_why(error)}") from None
    if where.tls_certificate is not None:
        try:
            context.load_cert_chain(where.tls_certificate, where.tls_key, password=lambda: "")
        except (OSError, ValueError) as error:
            raise DestinationError(
                f"K1S_TLS_CERTIFICATE {where.tls_certificate} cannot be used: {_why(error)}"
            ) from None
    return context


def demand_secrecy(where: Destination, peer: Callable[[], Any]) -> None:
    """Send no token over a network that others can listen to. Raises `DestinationError`.

    `peer` tells the address at the other end.
    """
    if where.socket is not None or where.token_file is None or where.tls_ca is not None:
        return
    from k1s.port.listening import is_loopback

    if not is_loopback(peer()[0]):
        raise DestinationError(
            f"the token would be sent to {where} for all to read: set K1S_TLS_CA"
        )


def gone(where: Destination, error: Exception) -> str:
    """Nobody has answered, and why."""
    if where.tls_ca is not None and type(error).__name__.startswith("SSL"):
        return f"no k1s server that can be trusted at {where} ({_why(error)}): check K1S_TLS_CA"
    if type(error).__name__ == "gaierror":
        return f"no k1s server at {where} ({_why(error)}): check the host; the port is said apart"
    return f"no k1s server at {where} ({_why(error)}): start one with k1s server"


def lost(where: Destination, error: Exception) -> str:
    """Who has taken the question does not answer it any more, and why.

    With TLS that may be how a server says whom it does not trust.
    """
    if where.tls_ca is not None and type(error).__name__.startswith("SSL"):
        return gone(where, error)
    return broken(where, error)


def broken(where: Destination, how: str | Exception) -> str:
    """The server was there, and is not any more."""
    why = how if isinstance(how, str) else _why(how)
    return f"the connection to the k1s server at {where} broke ({why})"


def _token(path: str) -> str:
    from k1s.port import tokens

    try:
        return tokens.read(path)
    except tokens.TokenError as error:
        raise DestinationError(f"K1S_TOKEN_FILE: {error}") from None


def _missing(where: Destination) -> str:
    """What may explain that a server does not understand us; a Unix socket knows no TLS."""
    if where.socket is not None:
        return ""
    if where.tls_ca is None:
        return ", or it speaks TLS: set K1S_TLS_CA then"
    return ", or it demands a certificate: set K1S_TLS_CERTIFICATE then"


def _why(error: Exception) -> str:
    return (
        getattr(error, "verify_message", None)
        or (getattr(error, "reason", None) or "").replace("_", " ")
        or getattr(error, "strerror", None)
        or str(error)
    ).lower()
