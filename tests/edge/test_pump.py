"""The end of a stream: whoever reads it late gets all of it, by every kind of transport."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from served import LIST

from k1s.events import Ticket
from k1s.limits import Limits
from k1s.port.connection import Connection
from k1s.port.plaintransport import PlainTransport
from k1s.port.terms import Terms
from k1s.protocol import Request

DEADLINE_S: Final = 0.1
WAIT_S: Final = 10.0
PIECE: Final = bytes(range(1, 250)) * 16


class JustTooLong:
    """A stream that ends when a little of it, and no more, is more than the kernel takes."""

    follows = False

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.told = bytearray()
        self.ended = asyncio.Event()

    @property
    def is_over(self) -> bool:
        return self.ended.is_set()

    def open(self, wake: Callable[[], None]) -> None:
        """It is woken by its reader alone."""

    def read(self) -> bytes:
        if self.transport.get_write_buffer_size() > 0:
            self.ended.set()
        if self.is_over:
            return b""
        self.told += PIECE
        return PIECE

    def finish(self) -> None:
        """It has an end of its own."""

    def close(self) -> None:
        """It holds nothing."""


async def _ours(server: socket.socket, connection: Connection) -> asyncio.Transport:
    transport = PlainTransport(server, connection)
    transport.open()
    return transport


async def _asyncios(server: socket.socket, connection: Connection) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(lambda: connection, server)
    assert isinstance(transport, asyncio.Transport)
    return transport


@pytest.mark.parametrize("serve", [_ours, _asyncios])
def test_the_last_bytes_of_a_stream_have_no_deadline(
    serve: Callable[[socket.socket, Connection], Awaitable[asyncio.Transport]],
) -> None:
    """However little lies in the buffer of the server as the stream ends, it stays there."""
    source = JustTooLong()

    def handle(_: Request, ticket: Ticket) -> None:
        ticket.stream(source)

    terms = Terms(handle, Limits(reply_deadline_seconds=DEADLINE_S))

    async def read_late() -> bytes:
        server, client = socket.socketpair()
        with client:
            for end in (server, client):
                end.settimeout(0)
            crowd: set[Connection] = set()
            connection = Connection(terms, crowd)
            crowd.add(connection)
            source.transport = await serve(server, connection)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(client, LIST)
            await asyncio.wait_for(source.ended.wait(), WAIT_S)
            # A deadline that began with the end would be over before this.
            await asyncio.sleep(2 * DEADLINE_S)
            assert source.transport.get_write_buffer_size() > 0
            read = bytearray()
            while data := await asyncio.wait_for(loop.sock_recv(client, 1 << 16), WAIT_S):
                read += data
            assert not crowd
            return bytes(read)

    assert asyncio.run(read_late()) == source.told


class Writer(asyncio.Protocol):
    """Somebody who hears when to pause and when to go on."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def pause_writing(self) -> None:
        self.heard.append("pause")

    def resume_writing(self) -> None:
        self.heard.append("resume")


def test_a_transport_that_gets_a_lower_limit_pauses_at_once() -> None:
    """What lies in its buffer already counts, and its protocol goes on when it is sent."""

    async def lower_the_limit() -> None:
        server, client = socket.socketpair()
        with client:
            client.settimeout(0)
            writer = Writer()
            transport = PlainTransport(server, writer)
            transport.open()
            while not transport.get_write_buffer_size():
                transport.write(PIECE)
            assert writer.heard == []
            transport.set_write_buffer_limits(high=1, low=0)
            assert writer.heard == ["pause"]
            transport.write_eof()
            while await asyncio.get_running_loop().sock_recv(client, 1 << 16):
                pass
            assert writer.heard == ["pause", "resume"]
            transport.abort()

    asyncio.run(lower_the_limit())
