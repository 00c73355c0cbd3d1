"""The blocking transport: JSON values over one connection each, all of it bounded.

It imports next to nothing, because a command line is used in loops and prompts.
"""

import json
import selectors
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final, Self

from k1s.destination import Destination, DestinationError

TIMEOUT_S: Final = 10
# Each holds a descriptor here and in the server; the usual limit is 1024.
AT_ONCE: Final = 200
# A chunk of a log, 64 KiB in the longest spelling that JSON has for it, is far below.
STREAM_LINE_BYTES_MAX: Final = 1 << 24
_PIECE_BYTES: Final = 1 << 16


class ServerGoneError(Exception):
    """Nobody answers at that address; the text says so in words."""


def request(where: Destination, message: dict[str, Any]) -> Any:
    """Send one request and return the reply, as JSON values.

    Connecting has a deadline of `TIMEOUT_S`; the reply has none, because a
    deletion takes as long as the program takes to end. Raises
    `ServerGoneError`, and `DestinationError` when a token or a certificate
    cannot be used.
    """
    try:
        with _open(where, message) as connection:
            line = _read_all(connection)
    except (OSError, UnicodeError) as error:
        raise ServerGoneError(_gone(where, error)) from None
    return _value(where, line)


def request_each(
    where: Destination, messages: Iterable[dict[str, Any]]
) -> Iterator[tuple[int, Any]]:
    """Send many requests in their order, `AT_ONCE` of them at a time.

    Yields the number of a request, from 0, and its reply, as the replies come.
    Raises as `request` does.
    """
    waiting = enumerate(messages)
    with selectors.DefaultSelector() as selector:
        try:
            _send_more(where, selector, waiting, AT_ONCE)
            while selector.get_map():
                for key, _ in selector.select():
                    selector.unregister(key.fileobj)
                    connection, number = key.data
                    with connection:
                        line = _read_all(connection)
                    yield number, _value(where, line)
                _send_more(where, selector, waiting, AT_ONCE - len(selector.get_map()))
        except (OSError, UnicodeError) as error:
            raise ServerGoneError(_gone(where, error)) from None
        finally:
            for key in list(selector.get_map().values()):
                key.data[0].close()


def stream(where: Destination, message: dict[str, Any]) -> "Stream":
    """Send a request that is answered with any number of lines; raises as `request` does."""
    try:
        return Stream(where, _open(where, message))
    except (OSError, UnicodeError) as error:
        raise ServerGoneError(_gone(where, error)) from None


class Stream:
    """The JSON values that come on a connection, one a line, until either side closes it.

    Iterate over it, and close it (or use it as a context) when that was enough.
    Raises `ServerGoneError` when the connection breaks in the middle of a line.
    """

    def __init__(self, where: Destination, connection: socket.socket) -> None:
        self._where = where
        self._connection = connection
        self._lines: deque[bytes] = deque()
        self._rest = bytearray()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        while not self._lines:
            self._receive()
        return _value(self._where, self._lines.popleft())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_more(self) -> bool:
        """Whether a value has come already: the next one needs no waiting."""
        return bool(self._lines)

    def fileno(self) -> int:
        """For a selector, which says when something has come that `has_more` does not know of."""
        return self._connection.fileno()

    def close(self) -> None:
        """End the stream, on the side of the server too."""
        self._connection.close()

    def _receive(self) -> None:
        try:
            piece = self._connection.recv(_PIECE_BYTES)
        except OSError as error:
            raise ServerGoneError(_broken(self._where, _why(error))) from None
        if not piece and not self._rest:
            raise StopIteration
        if not piece or len(self._rest) > STREAM_LINE_BYTES_MAX:
            raise ServerGoneError(_broken(self._where, "in the middle of a line"))
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = bytes(self._rest) + lines[0]
            self._rest.clear()
            self._lines.extend(lines)
        self._rest += rest


def _send_more(
    where: Destination,
    selector: selectors.BaseSelector,
    messages: Iterator[tuple[int, dict[str, Any]]],
    count: int,
) -> None:
    for number, message in islice(messages, count):
        connection = _open(where, message)
        selector.register(connection, selectors.EVENT_READ, (connection, number))


def _open(where: Destination, message: dict[str, Any]) -> socket.socket:
    """A connection on which the request has been sent."""
    if where.socket is None and where.token_file is not None:
        message = {**message, "token": _token(where.token_file)}
    connection = _connect(where)
    try:
        _demand_secrecy(where, connection)
        connection.settimeout(None)
        # A server that refuses a client may be gone before it has read the line.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(json.dumps(message).encode() + b"\n")
    except BaseException:
        connection.close()
        raise
    return connection


def _value(where: Destination, line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise ServerGoneError(
            f"what answers at {where} is no k1s server, or {_missing(where)}"
        ) from None


def _broken(where: Destination, how: str) -> str:
    return f"the connection to the k1s server at {where} broke ({how})"


def _missing(where: Destination) -> str:
    """What may explain that a server does not understand us."""
    if where.tls_ca is None:
        return "it speaks TLS: set K1S_TLS_CA then"
    return "it demands a certificate: set K1S_TLS_CERTIFICATE then"


def _connect(where: Destination) -> socket.socket:
    if where.socket is not None:
        connection = socket.socket(socket.AF_UNIX)
    else:
        connection = socket.create_connection((where.host, where.port), timeout=TIMEOUT_S)
    try:
        if where.socket is not None:
            connection.settimeout(TIMEOUT_S)
            connection.connect(where.socket)
        elif where.tls_ca is not None:
            return _encrypted(where, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _encrypted(where: Destination, connection: socket.socket) -> socket.socket:
    """TLS on a connection: the server has to be the one that we asked for, by its certificate."""
    import ssl

    try:
        context = ssl.create_default_context(cafile=where.tls_ca)
    except OSError as error:
        raise DestinationError(f"K1S_TLS_CA {where.tls_ca} cannot be used: {_why(error)}") from None
    if where.tls_certificate is not None:
        try:
            context.load_cert_chain(where.tls_certificate, where.tls_key, password=lambda: "")
        except (OSError, ValueError) as error:
            raise DestinationError(
                f"K1S_TLS_CERTIFICATE {where.tls_certificate} cannot be used: {_why(error)}"
            ) from None
    return context.wrap_socket(connection, server_hostname=where.host)


def _token(path: str) -> str:
    from k1s.port import tokens

    try:
        return tokens.read(path)
    except tokens.TokenError as error:
        raise DestinationError(f"K1S_TOKEN_FILE: {error}") from None


def _demand_secrecy(where: Destination, connection: socket.socket) -> None:
    """Send no token over a network that others can listen to."""
    if where.socket is not None or where.token_file is None or where.tls_ca is not None:
        return
    from k1s.port.listening import is_loopback

    if not is_loopback(connection.getpeername()[0]):
        raise DestinationError(
            f"the token would be sent to {where} for all to read: set K1S_TLS_CA"
        )


def _gone(where: Destination, error: Exception) -> str:
    if where.tls_ca is not None and type(error).__name__.startswith("SSL"):
        return f"no k1s server that can be trusted at {where} ({_why(error)}): check K1S_TLS_CA"
    return f"no k1s server at {where} ({_why(error)}): start one with k1s server"


def _why(error: Exception) -> str:
    return (
        getattr(error, "verify_message", None)
        or (getattr(error, "reason", None) or "").replace("_", " ")
        or getattr(error, "strerror", None)
        or str(error)
    ).lower()


def _read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes; it closes after one line."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(_PIECE_BYTES):
            parts.append(part)
    except ConnectionResetError:
        if not parts:
            raise
    return b"".join(parts)
