"""The raw socket: lines of bytes out, lines of bytes in."""

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

REPLY_DEADLINE_S = 30.0

Address = tuple[str, int]


@dataclass(frozen=True)
class Reply:
    """What came back on one connection until the server closed it."""

    raw: bytes

    @property
    def line(self) -> str:
        """The one line of the reply, without its end."""
        assert self.raw.endswith(b"\n"), f"the reply is no whole line: {self.raw[:500]!r}"
        assert self.raw.count(b"\n") == 1, f"the reply is more than one line: {self.raw[:500]!r}"
        return self.raw.decode().removesuffix("\n")

    @property
    def json(self) -> Any:
        """The reply as a value."""
        return json.loads(self.line)


def connect(address: Address | str) -> socket.socket:
    """A fresh connection, to a port or a Unix socket, with a deadline on whatever is done."""
    if isinstance(address, str):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(REPLY_DEADLINE_S)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection(address, timeout=REPLY_DEADLINE_S)


def read_all(connection: socket.socket) -> Reply:
    """All that comes until the server closes the connection; a reset after it counts as closed."""
    pieces: list[bytes] = []
    try:
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    except TimeoutError:
        raise AssertionError(
            f"the connection is still open after {REPLY_DEADLINE_S} s; so far: {pieces!r}"
        ) from None
    return Reply(b"".join(pieces))


def exchange(address: Address | str, data: bytes, *, half_close: bool = False) -> Reply:
    """The reply to these bytes on a connection of their own."""
    with connect(address) as connection:
        send(connection, data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


def send(connection: socket.socket, data: bytes) -> None:
    """Write all of it, or as much as the server takes before it closes the connection."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return


def ask(address: Address | str, request: dict[str, Any]) -> Any:
    """The value that answers a request."""
    return exchange(address, encode(request)).json


def encode(request: dict[str, Any]) -> bytes:
    """A request as a line, in UTF-8; with escapes where there is no UTF-8 for it."""
    try:
        return json.dumps(request, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(request).encode() + b"\n"


def break_off(connection: socket.socket) -> None:
    """Close without any politeness: the other side gets a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
