"""The blocking transport: JSON values over one connection each, all of it bounded.

It imports next to nothing, because a command line is used in loops and prompts.
"""

import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import ENOTCONN
from itertools import islice
from struct import pack
from time import monotonic
from typing import Any, Final, Self

from k1s.client.conversation import (
    CONNECT_S,
    PIECE_BYTES,
    Lines,
    broken,
    demand_secrecy,
    gone,
    lost,
    request_line,
    tls_context,
    value,
)
from k1s.client.conversation import (
    ServerGoneError as ServerGoneError,  # noqa: PLC0414 (it is offered here, too)
)
from k1s.destination import Destination

# Each holds a descriptor here and in the server; the usual limit is 1024.
AT_ONCE: Final = 200
IDLE_S: Final = 1.0


def request(where: Destination, message: dict[str, Any]) -> Any:
    """Send one request and return the reply, as JSON values.

    Connecting has a deadline of `CONNECT_S`; the reply has none, because a
    deletion takes as long as the program takes to end. Raises
    `ServerGoneError`, and `DestinationError` when a token or a certificate
    cannot be used.
    """
    with _blaming(where):
        connection = _open(where, message)
    asked_at = monotonic()
    with _blaming(where, lost), connection:
        line = _read_all(connection)
    return value(where, line, monotonic() - asked_at)


def request_each(
    where: Destination,
    messages: Iterable[dict[str, Any]],
    when_idle: Callable[[], None] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Send many requests in their order, `AT_ONCE` of them at a time.

    Yields the number of a request, from 0, and its reply, as the replies come;
    `when_idle` is called each time that none has come for `IDLE_S`. Raises as
    `request` does.
    """
    waiting = enumerate(messages)
    with selectors.DefaultSelector() as selector:
        try:
            with _blaming(where):
                _send_more(where, selector, waiting, AT_ONCE)
            while selector.get_map():
                ready = selector.select(None if when_idle is None else IDLE_S)
                if when_idle is not None and not ready:
                    when_idle()
                for key, _ in ready:
                    selector.unregister(key.fileobj)
                    connection, number, asked_at = key.data
                    with _blaming(where, lost), connection:
                        line = _read_all(connection)
                    yield number, value(where, line, monotonic() - asked_at)
                with _blaming(where):
                    _send_more(where, selector, waiting, AT_ONCE - len(selector.get_map()))
        finally:
            for key in list(selector.get_map().values()):
                key.data[0].close()


def stream(where: Destination, message: dict[str, Any]) -> "Stream":
    """Send a request that is answered with any number of lines; raises as `request` does."""
    with _blaming(where):
        return Stream(where, _open(where, message))


class Stream:
    """The JSON values that come on a connection, one a line, until either side closes it.

    Iterate over it, and close it (or use it as a context) when that was enough.
    Raises `ServerGoneError` when the connection breaks in the middle of a line.
    """

    def __init__(self, where: Destination, connection: socket.socket) -> None:
        self._where = where
        self._connection = connection
        self._lines: deque[bytes] = deque()
        self._splitter = Lines(where)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        while not self._lines:
            piece = self._receive()
            self._lines.extend(self._splitter.feed(piece))
            if not piece:
                raise StopIteration
        return value(self._where, self._lines.popleft())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arrived(self) -> list[Any] | None:
        """What has come, nothing if that is no whole value yet; None once the stream is over.

        It never waits for more: TLS also sends things of its own, such as session
        tickets, and a selector cannot tell them from a value.
        """
        while not self._lines or self._is_pending():
            piece = self._receive_at_once()
            if piece is None:
                break
            self._lines.extend(self._splitter.feed(piece))
            if not piece:
                if not self._lines:
                    return None
                break
        return [value(self._where, self._lines.popleft()) for _ in range(len(self._lines))]

    def fileno(self) -> int:
        """For a selector, which says when it is time to see what has `arrived`."""
        return self._connection.fileno()

    def finish(self) -> bool:
        """Ask for what there is already, and no more; False with TLS, which knows no such thing."""
        if self._where.has_tls:
            return False
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        return True

    def close(self) -> None:
        """End the stream, on the side of the server too."""
        self._connection.close()

    def _is_pending(self) -> bool:
        """What TLS has decrypted already is hidden from a selector."""
        pending = getattr(self._connection, "pending", None)
        return pending is not None and pending() > 0

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(PIECE_BYTES)
        except OSError as error:
            raise ServerGoneError(broken(self._where, error)) from None

    def _receive_at_once(self) -> bytes | None:
        """A piece if there is one; None if it would have to be waited for."""
        self._connection.setblocking(False)  # noqa: FBT003 (its own words)
        try:
            return self._connection.recv(PIECE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            if _is_unfinished(error):
                return None
            raise ServerGoneError(broken(self._where, error)) from None
        finally:
            self._connection.setblocking(True)  # noqa: FBT003


@contextmanager
def _blaming(
    where: Destination, words: Callable[[Destination, Exception], str] = gone
) -> Iterator[None]:
    """What goes wrong in here is the server's fault."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        raise ServerGoneError(words(where, error)) from None


def _send_more(
    where: Destination,
    selector: selectors.BaseSelector,
    messages: Iterator[tuple[int, dict[str, Any]]],
    count: int,
) -> None:
    for number, message in islice(messages, count):
        connection = _open(where, message)
        selector.register(connection, selectors.EVENT_READ, (connection, number, monotonic()))


def _open(where: Destination, message: dict[str, Any]) -> socket.socket:
    """A connection on which the request has been sent."""
    line = request_line(where, message)
    connection = _connect(where)
    try:
        demand_secrecy(where, connection.getpeername)
        connection.settimeout(None)
        # A server that refuses a client may be gone before it has read the line.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(line)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(where: Destination) -> socket.socket:
    if where.socket is not None:
        return _connect_unix(where.socket)
    address = _spelled(where.host), where.port
    connection = socket.create_connection(address, timeout=CONNECT_S)  # type: ignore[arg-type]
    try:
        if context := tls_context(where):
            return context.wrap_socket(connection, server_hostname=where.host)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_unix(path: str) -> socket.socket:
    """Wait for a place in the server's queue, but not for ever.

    The deadline is the kernel's own: a socket with one of Python's does not
    block, and is sent away at once when the queue of a Unix socket is full.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        _connect_by(connection, path, monotonic() + CONNECT_S)
        _limit_sending(connection, 0)
    except BaseException as error:
        connection.close()
        if isinstance(error, BlockingIOError):
            raise TimeoutError("timed out") from None
        raise
    return connection


def _connect_by(connection: socket.socket, path: str, ends_at: float) -> None:
    """Try again after each signal that interrupts it: Python takes that for a connection."""
    while not _is_connected(connection):
        left_s = ends_at - monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        _limit_sending(connection, left_s)
        connection.connect(path)


def _is_connected(connection: socket.socket) -> bool:
    try:
        connection.getpeername()
    except OSError as error:
        if error.errno != ENOTCONN:
            raise
        return False
    return True


def _limit_sending(connection: socket.socket, limit_s: float) -> None:
    """With 0 there is no limit; any other is a microsecond or more."""
    microseconds = max(int(limit_s * 1_000_000), int(limit_s > 0))
    limit = pack("@ll", *divmod(microseconds, 1_000_000))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _spelled(host: str) -> str | bytes:
    """Bytes where they will do: for text, Python loads its tables of international names first."""
    return host.encode() if host.isascii() else host


def _is_unfinished(error: OSError) -> bool:
    """Whether TLS has no byte for us yet; its module is not loaded for those who do not use it."""
    return type(error).__name__ == "SSLWantReadError"


def _read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes; it closes after one line."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(PIECE_BYTES):
            parts.append(part)
    except ConnectionResetError:
        if not parts:
            raise
    return b"".join(parts)
