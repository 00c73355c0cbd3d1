"""A blocking client: one line out, one line in.

It imports next to nothing, because a command line is used in loops and prompts.
"""

import json
import socket
from contextlib import suppress
from typing import Any, Final

from k1s.destination import Destination, DestinationError

TIMEOUT_S: Final = 10


class ServerGoneError(Exception):
    """Nobody answers at that address; the text says so in words."""


def request(where: Destination, message: dict[str, Any]) -> Any:
    """Send one request and return the reply, as JSON values.

    Connecting has a deadline of `TIMEOUT_S`; the reply has none, because a
    deletion takes as long as the program takes to end. Raises
    `ServerGoneError`, and `DestinationError` when a token or a certificate
    cannot be used.
    """
    if where.socket is None and where.token_file is not None:
        message = {**message, "token": _token(where.token_file)}
    try:
        with _connect(where) as connection:
            _demand_secrecy(where, connection)
            connection.settimeout(None)
            # A server that refuses a client may be gone before it has read the line.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(json.dumps(message).encode() + b"\n")
            line = _read_all(connection)
    except (OSError, UnicodeError) as error:
        raise ServerGoneError(_gone(where, error)) from None
    try:
        return json.loads(line)
    except ValueError:
        raise ServerGoneError(
            f"what answers at {where} is no k1s server, or {_missing(where)}"
        ) from None


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
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        if not parts:
            raise
    return b"".join(parts)
