"""One client of the server: a line in, and a line out or a stream of them.

A connection reads until it has a line, waits while the runner works on it,
sends the answer and parts. Each phase has a deadline and a bound, so that a
client that is slow, silent, rude or gone harms nobody but itself.

A stream is an answer that goes on (see `pump`). A client that closes its half
has gone, for all that anybody can tell: it gets what is there already, and the
stream ends. The same goes for one that waits for a state of a job, which may
never come. Otherwise connections of the dead would be kept for as long as
nothing happens. Any other request is answered all the same, but a client that
is certainly there may take its place (see `halfclosed`).

Parting has a trap. A socket that is closed while something the client sent
lies unread is reset by the kernel, and the reset can overtake the answer. So
where more may come (a line that is too long, several lines at once, another
protocol), only our half is closed, and what comes is thrown away until the
client closes too or its time is up.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from k1s.codec import encode, interpret, take_token
from k1s.errors import Code, RequestError
from k1s.port.listening import shown
from k1s.port.pump import Pump
from k1s.port.terms import Terms
from k1s.protocol import Refusal, Reply, WaitJob, jobs_to_make
from k1s.streams import Source
from k1s.strictjson import begins_like_an_object, read_object

LINGER_S: Final = 5
_HALF_CLOSED: Final = Refusal(
    "You closed your half of the connection while you waited: keep it open until the answer comes",
    Code.HALF_CLOSED,
)

_log = logging.getLogger(__name__)


class _Phase(Enum):
    READING = auto()
    WAITING = auto()
    STREAMING = auto()
    PARTING = auto()


class Connection(asyncio.Protocol):
    """A client from its first byte to its last.

    The `terms` say who takes its request, and somebody calls `answer` or `stream` now or later.
    `crowd` are the connections that it belongs to until it is lost. One that
    comes with a `refusal` gets that and nothing else: not a byte of it is
    looked at.
    """

    __slots__ = (
        "_crowd",
        "_deadline",
        "_is_patient",
        "_line",
        "_more",
        "_phase",
        "_pump",
        "_refusal",
        "_terms",
        "_transport",
    )

    def __init__(
        self,
        terms: Terms,
        crowd: set["Connection"],
        refusal: Refusal | None = None,
    ) -> None:
        self._terms = terms
        self._crowd = crowd
        self._refusal = refusal
        self._phase = _Phase.READING
        self._line = bytearray()
        self._more = False
        self._is_patient = False
        self._pump: Pump | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read, unless the client was refused at the door."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._deadline = _after(self._terms.limits.line_deadline_seconds, self._give_up)
        if self._refusal is not None:
            self._refuse(self._refusal)

    def data_received(self, data: bytes) -> None:
        """Collect the line; what comes after it was not asked for and is not kept."""
        if self._phase is not _Phase.READING:
            self._more = True
            return
        self._line += data
        end = self._line.find(b"\n", -len(data))
        most = self._terms.limits.line_bytes
        if max(end, 0) > most or (end < 0 and len(self._line) > most):
            text = f"A request has at most {most} bytes"
            self._refuse(Refusal(text, Code.LINE_TOO_LONG))
        elif end >= 0:
            self._more = len(self._line) > end + 1
            self._take(bytes(self._line[: end + 1]))
        elif not begins_like_an_object(self._line):
            self._more = True
            self._take(bytes(self._line))
        else:
            self._terms.unfinished.add(self, len(self._line))

    def eof_received(self) -> bool:
        """A client that closes its half has sent its line; True keeps ours open for the answer."""
        if self._phase is _Phase.READING and self._line:
            self._take(bytes(self._line))
        if self._phase is _Phase.WAITING and self._is_patient:
            self._give_up_waiting(_HALF_CLOSED)
        if self._pump is not None:
            self._pump.finish()
        # Encrypted connections have no halves: the answer is lost if it is not there yet.
        goes_on = self._phase in {_Phase.WAITING, _Phase.STREAMING} and self._has_halves
        if goes_on and self._phase is _Phase.WAITING:
            self._terms.half_closed.add(self)
        return goes_on

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the client, whoever ended it."""
        if self._phase is _Phase.WAITING:
            self._terms.forget(self)
        self._phase = _Phase.PARTING
        self._deadline.cancel()
        self._let_go_of_line()
        self._crowd.discard(self)
        self._terms.half_closed.remove(self)
        self._terms.unsent.remove(self)
        if self._pump is not None:
            self._pump.close()
            self._pump = None  # they hold each other, and what is unsent: nobody has to find that

    def pause_writing(self) -> None:
        """The client does not keep up: what it has not read yet counts as a reply unread."""
        if self._pump is not None and self._phase is _Phase.STREAMING:
            self._pump.pause()
            self._terms.unsent.add(self, self._pump.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._pump is not None and self._phase is _Phase.STREAMING:
            self._terms.unsent.remove(self)
            self._pump.resume()

    def answer(self, reply: Reply) -> None:
        """Send the answer and part; a client that has gone meanwhile gets none."""
        if self._phase is _Phase.PARTING:
            return
        self._phase = _Phase.PARTING
        self._deadline.cancel()
        self._terms.half_closed.remove(self)
        if self._pump is not None:  # a stream that has failed as it began
            self._pump.stop()
        assert self._transport is not None, "nobody answers before there is a request"
        self._transport.write(encode(reply))
        if unsent := self._transport.get_write_buffer_size():
            self._terms.unsent.add(self, unsent)
        is_lost = self._transport.is_closing()  # the client has broken the connection off
        if self._more and self._has_halves and not is_lost:
            self._deadline = _after(LINGER_S, self.drop)
            with suppress(OSError):  # the client has broken the connection off
                self._transport.write_eof()
        else:
            self._part()

    def stream(self, source: Source) -> None:
        """Answer with all that comes from a source, as it comes."""
        if self._phase is _Phase.PARTING:
            return
        assert self._transport is not None, "nobody answers before there is a request"
        self._phase = _Phase.STREAMING
        self._deadline.cancel()
        self._look_after()
        self._pump = Pump(source, self._transport, self._terms.turns, self._part)
        self._pump.open()

    def tell_last(self) -> None:
        """Send what there is of a stream now, as far as the client takes it at once."""
        if self._pump is None or self._phase is not _Phase.STREAMING:
            return
        try:
            self._pump.tell_last()
        except Exception:  # one stream fails, and no other
            _log.exception("a stream failed")

    def drop(self) -> None:
        """Part without a word."""
        if self._transport is not None:
            self._transport.abort()

    def hold_no_more(self) -> None:
        """Refuse a request that is unfinished: all of those are too much together."""
        text = "Too many requests are unfinished, and this one has been for longest"
        self._refuse(Refusal(text, Code.TOO_SLOW))

    @property
    def _has_halves(self) -> bool:
        return self._transport is not None and self._transport.can_write_eof()

    @property
    def _peer(self) -> tuple[Any, ...] | None:
        """The address of a TCP client."""
        assert self._transport is not None, "nobody asks before it is connected"
        peer = self._transport.get_extra_info("peername")
        return peer if isinstance(peer, tuple) else None

    @property
    def _host(self) -> str:
        return str(self._peer[0]) if self._peer else ""

    def _take(self, line: bytes) -> None:
        """Hand the request over; a line with more behind it is served as if it were alone."""
        self._let_go_of_line()
        if not begins_like_an_object(line):
            self._warn_of_another_protocol()
        try:
            message = read_object(line)
            if not self._has_token(message):
                self._keep_waiting()
                return
            request = interpret(message)
            for name, job in jobs_to_make(request):
                self._terms.limits.check_job(job, name)
        except RequestError as error:
            self.answer(Refusal(error.message, error.code))
            return
        self._phase = _Phase.WAITING
        self._deadline.cancel()
        try:
            self._terms.handle(request, self)
        except Exception:  # one request fails, and no other
            _log.exception("a request failed")
            text = "The server made a mistake: its log says which"
            self._refuse(Refusal(text, Code.INTERNAL_ERROR))

        if isinstance(request, WaitJob):
            self._wait_for(request)
        if self._phase is _Phase.WAITING:
            self._look_after()

    def _look_after(self) -> None:
        """Have the kernel ask now and then: another machine may vanish without a word."""
        if self._peer is not None:
            assert self._transport is not None
            peer: socket.socket = self._transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def _wait_for(self, request: WaitJob) -> None:
        self._is_patient = True
        if self._phase is _Phase.WAITING and request.timeout_seconds is not None:
            text = f"It has not come within {request.timeout_seconds:g} s"
            refusal = Refusal(text, Code.TIMED_OUT)
            give_up = partial(self._give_up_waiting, refusal)
            self._deadline = _after(request.timeout_seconds, give_up)

    def _give_up_waiting(self, refusal: Refusal) -> None:
        self._terms.forget(self)
        self.answer(refusal)

    def _part(self) -> None:
        """Close once all has been read, or time is up. A plain client has often read it by now."""
        assert self._transport is not None
        self._phase = _Phase.PARTING
        self._deadline.cancel()
        if self._transport.get_write_buffer_size() or not self._has_halves:
            self._deadline = _after(self._terms.limits.reply_deadline_seconds, self.drop)
        self._transport.close()

    def _has_token(self, message: dict[str, Any]) -> bool:
        token = take_token(message)
        return self._terms.token is None or self._terms.token.admits(token)

    def _keep_waiting(self) -> None:
        """Refuse later, with the loop free for others meanwhile."""
        assert self._terms.token is not None, "otherwise nobody asks for one"
        text = "The token is missing or wrong: name the file that holds it in K1S_TOKEN_FILE"
        refusal = Refusal(text, Code.NOT_ALLOWED)
        self._phase = _Phase.WAITING
        self._deadline.cancel()
        delay = self._terms.token.delay(self._host)
        self._deadline = _after(delay, partial(self.answer, refusal))

    def _warn_of_another_protocol(self) -> None:
        """A web page can make a browser send anything to a port of this machine."""
        peer = self._peer
        where = f" from {shown(peer)}" if peer else ""
        self._terms.foreign.warn(
            f"possible cross-protocol request{where}: it does not begin with an opening brace"
        )

    def _give_up(self) -> None:
        text = f"No complete line has come within {self._terms.limits.line_deadline_seconds:g} s"
        self._refuse(Refusal(text, Code.TOO_SLOW))

    def _let_go_of_line(self) -> None:
        self._terms.unfinished.remove(self)
        self._line = bytearray()

    def _refuse(self, refusal: Refusal) -> None:
        self._more = True
        self._let_go_of_line()
        self.answer(refusal)


def _after(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)
