"""A blocking client: one line out, one line in.

It imports next to nothing, because a command line is used in loops and prompts.
"""

import json
import socket
from contextlib import suppress
from typing import Any, Final

from k1s.destination import Destination

TIMEOUT_S: Final = 10


class ServerGoneError(Exception):
    """Nobody answers at that address; the text says so in words."""


def request(where: Destination, message: dict[str, Any]) -> Any:
    """Send one request and return the reply, as JSON values.

    Connecting has a deadline of `TIMEOUT_S`; the reply has none, because a
    deletion takes as long as the program takes to end. Raises
    `ServerGoneError`.
    """
    try:
        with _connect(where) as connection:
            connection.settimeout(None)
            # A server that refuses a client may be gone before it has read the line.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(json.dumps(message).encode() + b"\n")
            line = _read_all(connection)
    except (OSError, UnicodeError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise ServerGoneError(
            f"no k1s server at {where} ({why}): start one with k1s server"
        ) from None
    try:
        return json.loads(line)
    except ValueError:
        raise ServerGoneError(f"what answers at {where} is no k1s server") from None


def _connect(where: Destination) -> socket.socket:
    if where.socket is None:
        return socket.create_connection((where.host, where.port), timeout=TIMEOUT_S)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(TIMEOUT_S)
        connection.connect(where.socket)
    except OSError:
        connection.close()
        raise
    return connection


def _read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes; it closes after one line."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        if not parts:
            raise
    return b"".join(parts)
