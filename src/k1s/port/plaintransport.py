"""A connected socket without encryption, as a transport: made for clients that come and go.

Nearly every client sends one line and reads one. asyncio's own transport spends
a task, a future and five turns of the event loop on that. This one looks for
the line as soon as the client has been accepted, because it is usually there by
then, sends the answer at once, and closes at once: nothing is registered with
the event loop unless somebody has to wait. It keeps the promises of
`asyncio.Transport` that a `Connection` relies on, but for one: what follows from
a call may happen within the call, `connection_lost` among it.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any, Final

# For twice as much the C library would map memory anew for each read, and unmap it again.
_READ_BYTES: Final = 1 << 16
_HIGH_WATER_BYTES: Final = 1 << 16
_AT_ONCE: Final = socket.MSG_DONTWAIT

_log = logging.getLogger(__name__)


class PlainTransport(asyncio.Transport):
    """Bytes between one socket, which it owns from now on, and one protocol."""

    __slots__ = (
        "_buffer",
        "_high",
        "_is_closing",
        "_is_deaf",
        "_is_full",
        "_is_reading",
        "_is_writing",
        "_loop",
        "_low",
        "_protocol",
        "_sends_eof",
        "_socket",
    )

    def __init__(self, client: socket.socket, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._socket = client
        self._protocol: asyncio.Protocol | None = protocol
        self._buffer = bytearray()
        self._is_closing = self._is_full = self._sends_eof = False
        self._is_deaf = self._is_reading = self._is_writing = False
        self.set_write_buffer_limits()

    def open(self) -> None:
        """Begin, with what is there already."""
        assert self._protocol is not None
        self._protocol.connection_made(self)
        if not self._is_closing:
            self._read()
        if not (self._is_closing or self._is_deaf):
            self._is_reading = True
            self._loop.add_reader(self._socket, self._read)

    def write(self, data: Any) -> None:
        """Send, at once as far as the kernel takes it."""
        if self._protocol is None:
            return
        if not self._buffer:
            data = data[self._send(data) :]
        if data and self._protocol is not None:
            self._buffer += data
            self._write_later()

    def write_eof(self) -> None:
        """Close our half once all has been sent."""
        self._sends_eof = True
        if not self._buffer and self._protocol is not None:
            self._shut()

    def can_write_eof(self) -> bool:
        """A plain socket has two halves."""
        return True

    def close(self) -> None:
        """Read no more, and close once all has been sent."""
        if self._is_closing:
            return
        self._is_closing = True
        self._read_no_more()
        if not self._buffer:
            self._lose(None)

    def abort(self) -> None:
        """Close now; what has not been sent is thrown away."""
        self._lose(None)

    def is_closing(self) -> bool:
        """Whether it is closed, or will be."""
        return self._is_closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`peername`, or the `socket`."""
        match name:
            case "peername":
                with suppress(OSError):
                    return self._socket.getpeername()
            case "socket":
                return self._socket
        return default

    def get_write_buffer_size(self) -> int:
        """How many bytes the kernel has not taken yet."""
        return len(self._buffer)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Beyond `high` bytes unsent the protocol is asked to pause, from `low` on to go on.

        What is unsent already counts at once, as with any transport of asyncio.
        """
        self._high = _HIGH_WATER_BYTES if high is None else high
        self._low = self._high // 4 if low is None else low
        self._pause_if_full()

    def _read(self) -> None:
        try:
            self._take_in()
        except Exception:  # a mistake of ours ends one connection, and no other
            _log.exception("a connection failed")
            self._lose(None)

    def _take_in(self) -> None:
        assert self._protocol is not None
        try:
            data = self._socket.recv(_READ_BYTES, _AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._protocol.data_received(data)
        elif self._protocol.eof_received():  # it gets its answer all the same
            self._is_deaf = True
            self._read_no_more()
        else:
            self.close()

    def _read_no_more(self) -> None:
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._socket)

    def _shut(self) -> None:
        with suppress(OSError):  # the client has broken the connection off
            self._socket.shutdown(socket.SHUT_WR)

    def _send(self, data: Any) -> int:
        try:
            return self._socket.send(data, _AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._lose(error)
            return 0

    def _write_later(self) -> None:
        if not self._is_writing:
            self._is_writing = True
            self._loop.add_writer(self._socket, self._write_on)
        self._pause_if_full()

    def _pause_if_full(self) -> None:
        if len(self._buffer) > self._high and not self._is_full:
            self._is_full = True
            assert self._protocol is not None
            self._protocol.pause_writing()

    def _write_on(self) -> None:
        del self._buffer[: self._send(self._buffer)]
        if self._protocol is None:
            return
        if not self._buffer:
            self._is_writing = False
            self._loop.remove_writer(self._socket)
            if self._is_closing:
                self._lose(None)
                return
            if self._sends_eof:
                self._shut()
        if self._is_full and len(self._buffer) <= self._low:
            self._is_full = False
            self._protocol.resume_writing()

    def _lose(self, error: OSError | None) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is None:
            return
        self._is_closing = True
        self._buffer.clear()
        self._read_no_more()
        if self._is_writing:
            self._loop.remove_writer(self._socket)
        self._socket.close()
        protocol.connection_lost(error)
