"""One client of the server: a line in, a line out.

A connection reads until it has a line, waits while the runner works on it,
sends the answer and parts. Each phase has a deadline and a bound, so that a
client that is slow, silent, rude or gone harms nobody but itself.

Parting has a trap. A socket that is closed while something the client sent
lies unread is reset by the kernel, and the reset can overtake the answer. So
where more may come (a line that is too long, several lines at once, another
protocol), only our half is closed, and what comes is thrown away until the
client closes too or its time is up.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Final

from k1s.codec import decode, encode
from k1s.errors import Code, RequestError
from k1s.protocol import Refusal, Reply, Request
from k1s.strictjson import begins_like_an_object

LINE_BYTES_MAX: Final = 1024 * 1024
LINE_DEADLINE_S: Final = 30
REPLY_DEADLINE_S: Final = 30
LINGER_S: Final = 5

_log = logging.getLogger(__name__)


class _Phase(Enum):
    READING = auto()
    WAITING = auto()
    PARTING = auto()


class Connection(asyncio.Protocol):
    """A client from its first byte to its last.

    `handle` takes its request, and somebody calls `answer` now or later.
    `crowd` are the connections that it belongs to until it is lost. One that
    comes with a `refusal` gets that and nothing else: not a byte of it is
    looked at.
    """

    __slots__ = (
        "_crowd",
        "_deadline",
        "_handle",
        "_line",
        "_more",
        "_phase",
        "_refusal",
        "_transport",
    )

    def __init__(
        self,
        handle: Callable[[Request, "Connection"], None],
        crowd: set["Connection"],
        refusal: Refusal | None = None,
    ) -> None:
        self._handle = handle
        self._crowd = crowd
        self._refusal = refusal
        self._phase = _Phase.READING
        self._line = bytearray()
        self._more = False
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read, unless the client was refused at the door."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._deadline = _after(LINE_DEADLINE_S, self._give_up)
        if self._refusal is not None:
            self._refuse(self._refusal)

    def data_received(self, data: bytes) -> None:
        """Collect the line; what comes after it was not asked for and is not kept."""
        if self._phase is not _Phase.READING:
            self._more = True
            return
        self._line += data
        end = self._line.find(b"\n", -len(data))
        if max(end, 0) > LINE_BYTES_MAX or (end < 0 and len(self._line) > LINE_BYTES_MAX):
            text = f"A request has at most {LINE_BYTES_MAX} bytes"
            self._refuse(Refusal(text, Code.LINE_TOO_LONG))
        elif end >= 0:
            self._more = len(self._line) > end + 1
            self._take(bytes(self._line[: end + 1]))
        elif not begins_like_an_object(self._line):
            self._more = True
            self._take(bytes(self._line))

    def eof_received(self) -> bool:
        """A client that closes its half has sent its line; True keeps ours open for the answer."""
        if self._phase is _Phase.READING and self._line:
            self._take(bytes(self._line))
        return self._phase is _Phase.WAITING

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the client, whoever ended it."""
        self._phase = _Phase.PARTING
        self._deadline.cancel()
        self._crowd.discard(self)

    def answer(self, reply: Reply) -> None:
        """Send the answer and part; a client that has gone meanwhile gets none."""
        if self._phase is _Phase.PARTING:
            return
        self._phase = _Phase.PARTING
        self._deadline.cancel()
        assert self._transport is not None, "nobody answers before there is a request"
        self._transport.write(encode(reply))
        if self._more:
            with suppress(OSError):  # the client has broken the connection off
                self._transport.write_eof()
            self._deadline = _after(LINGER_S, self.drop)
        else:
            self._transport.close()
            self._deadline = _after(REPLY_DEADLINE_S, self.drop)

    def drop(self) -> None:
        """Part without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, line: bytes) -> None:
        """Hand the request over; a line with more behind it is served as if it were alone."""
        self._line = bytearray()
        try:
            request = decode(line)
        except RequestError as error:
            self.answer(Refusal(error.message, error.code))
            return
        self._phase = _Phase.WAITING
        self._deadline.cancel()
        try:
            self._handle(request, self)
        except Exception:  # one request fails, and no other
            _log.exception("a request failed")
            text = "The server made a mistake: its log says which"
            self._refuse(Refusal(text, Code.INTERNAL_ERROR))

    def _give_up(self) -> None:
        text = f"No complete line has come within {LINE_DEADLINE_S} s"
        self._refuse(Refusal(text, Code.TOO_SLOW))

    def _refuse(self, refusal: Refusal) -> None:
        self._more = True
        self.answer(refusal)


def _after(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)
