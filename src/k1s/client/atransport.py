"""The transport of `AsyncClient`: what `transport` does, with the streams of asyncio."""

import asyncio
import os
import socket
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Self

from attrs import frozen

from k1s.client.conversation import (
    CONNECT_S,
    PIECE_BYTES,
    Lines,
    ServerGoneError,
    broken,
    demand_secrecy,
    gone,
    lost,
    request_line,
    tls_context,
    value,
)
from k1s.destination import Destination

_QUEUE_PAUSE_S: Final = 0.02


async def request(where: Destination, message: dict[str, Any]) -> Any:
    """Send one request and return the reply, as JSON values; raises as the blocking one does."""
    try:
        connection = await _open(where, message)
    except (OSError, UnicodeError) as error:
        raise ServerGoneError(gone(where, error)) from None
    asked_at = monotonic()
    try:
        line = await connection.read_all()
    except OSError as error:
        raise ServerGoneError(lost(where, error)) from None
    finally:
        await connection.close()
    return value(where, line, monotonic() - asked_at)


async def stream(where: Destination, message: dict[str, Any]) -> "Stream":
    """Send a request that is answered with any number of lines; raises as `request` does."""
    try:
        return Stream(where, await _open(where, message))
    except (OSError, UnicodeError) as error:
        raise ServerGoneError(gone(where, error)) from None


class Stream:
    """The JSON values that come on a connection, one a line, until either side closes it.

    Waiting for a value can be cancelled, and nothing is lost then. Raises
    `ServerGoneError` when the connection breaks.
    """

    def __init__(self, where: Destination, connection: "_Connection") -> None:
        self._where = where
        self._connection = connection
        self._splitter = Lines(where)
        self._lines: deque[bytes] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while not self._lines:
            piece = await self._receive()
            self._lines.extend(self._splitter.feed(piece))
            if not piece:
                raise StopAsyncIteration
        return value(self._where, self._lines.popleft())

    async def aclose(self) -> None:
        """End the stream, on the side of the server too."""
        await self._connection.close()

    async def _receive(self) -> bytes:
        try:
            return await self._connection.reader.read(PIECE_BYTES)
        except OSError as error:
            raise ServerGoneError(broken(self._where, error)) from None


@frozen
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def peer(self) -> Any:
        """The address at the other end."""
        return self.writer.get_extra_info("peername")

    async def send(self, line: bytes) -> None:
        """A server that refuses a client may be gone before it has read the line."""
        self.writer.write(line)
        with suppress(BrokenPipeError, ConnectionResetError):
            await self.writer.drain()

    async def read_all(self) -> bytes:
        """Everything until the server closes; it closes after one line."""
        parts: list[bytes] = []
        try:
            while part := await self.reader.read(PIECE_BYTES):
                parts.append(part)
        except ConnectionResetError:
            if not parts:
                raise
        return b"".join(parts)

    async def close(self) -> None:
        """End it at once: nothing is left to be said."""
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()


async def _open(where: Destination, message: dict[str, Any]) -> _Connection:
    """A connection on which the request has been sent."""
    line = request_line(where, message)
    try:
        async with asyncio.timeout(CONNECT_S):
            connection = await _connect(where)
    except TimeoutError:
        raise TimeoutError("timed out") from None
    try:
        demand_secrecy(where, connection.peer)
        await connection.send(line)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _connect(where: Destination) -> _Connection:
    context = tls_context(where)
    name = None if context is None else where.host
    plain = await _plain_connection(where)
    try:
        reader, writer = await asyncio.open_connection(
            sock=plain, ssl=context, server_hostname=name
        )
    except BaseException:
        plain.close()
        raise
    return _Connection(reader, writer)


async def _plain_connection(where: Destination) -> socket.socket:
    """To the first of the addresses of a name that answers; the last one says why none does."""
    failure = OSError("it has no address")
    for family, address in await _addresses(where):
        plain = socket.socket(family)
        try:
            plain.setblocking(False)  # noqa: FBT003 (its own words)
            if family is socket.AF_UNIX:
                await _connect_unix(plain, address)
            else:
                await asyncio.get_running_loop().sock_connect(plain, address)
        except OSError as error:
            plain.close()
            failure = _in_words(error)
        except BaseException:
            plain.close()
            raise
        else:
            return plain
    raise failure


async def _connect_unix(plain: socket.socket, path: str) -> None:
    """Ask for a place in the server's queue until there is one; whoever calls has a deadline.

    The kernel tells nobody when there is one, and the event loop takes the
    refusal by a full queue for a connection that is being made.
    """
    while True:
        try:
            return plain.connect(path)
        except BlockingIOError:
            await asyncio.sleep(_QUEUE_PAUSE_S)


async def _addresses(where: Destination) -> list[tuple[socket.AddressFamily, Any]]:
    if where.socket is not None:
        return [(socket.AF_UNIX, where.socket)]
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def _in_words(error: OSError) -> OSError:
    """The loop puts the address into the error; what the system calls it is enough."""
    return error if error.errno is None else OSError(error.errno, os.strerror(error.errno))
