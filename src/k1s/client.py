"""A blocking client: one line out, one line in.

It imports next to nothing, because a command line is used in loops and prompts.
"""

import json
import socket
from typing import Any, Final

TIMEOUT_S: Final = 10


class ServerGoneError(Exception):
    """Nobody answers at that address; the text says so in words."""


def request(host: str, port: int, message: dict[str, Any]) -> Any:
    """Send one request and return the reply, as JSON values.

    Connecting has a deadline of `TIMEOUT_S`; the reply has none, because a
    deletion takes as long as the program takes to end. Raises
    `ServerGoneError`.
    """
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S) as connection:
            connection.settimeout(None)
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


def _read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes; it closes after one line."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)
