"""Takes the clients of a listening socket in, one after the other, and survives whatever comes.

asyncio's own way accepts a thousand clients before it looks at the first, and
when descriptors run out it logs each failed attempt. Here every client is
judged the moment it is accepted, because the kernel can say whose a socket is
only as long as it is open, and a shortage is said once a second.

Who is not let in is told why. A few of them are given the time to read it (see
`connection` for why a mere close may swallow it); the rest of a crowd gets the
line and is closed at once, so that strangers cannot use up what the server
needs for its own.
"""

import asyncio
import errno
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from attrs import define, field

from k1s.codec import encode
from k1s.errors import Code
from k1s.port.connection import LINGER_S, Connection
from k1s.port.doors import Door
from k1s.port.halfclosed import HalfClosed
from k1s.port.plaintransport import PlainTransport
from k1s.port.ratelimited import Seldom
from k1s.protocol import Refusal

ACCEPTED_AT_ONCE_MAX: Final = 128
TURNED_AWAY_MAX: Final = 32
SHORTAGE_PAUSE_S: Final = 0.1
# So long all who follow something can keep a server that is about to exit.
LAST_S: Final = 0.2
_THROWN_AWAY_BYTES_MAX: Final = 1 << 18
_OUT_OF_DESCRIPTORS: Final = (errno.EMFILE, errno.ENFILE)
_SHORTAGES: Final = (*_OUT_OF_DESCRIPTORS, errno.ENOBUFS, errno.ENOMEM)

_log = logging.getLogger(__name__)


@define(eq=False, repr=False)
class Crowd:
    """The clients of a server: those that were let in, at most `connections_max`, and others.

    Who of the first is among the `half_closed` gives way to one more.
    """

    connections_max: int
    half_closed: HalfClosed
    admitted: set[Connection] = field(factory=set, init=False)
    turned_away: set[Connection] = field(factory=set, init=False)

    def make_room(self) -> Refusal | None:
        """What to tell one more client if the server is full, and nobody gives way."""
        if len(self.admitted) < self.connections_max or self.half_closed.drop_oldest():
            return None
        text = f"The server has {self.connections_max} connections already: try again later"
        return Refusal(text, Code.TOO_MANY_CONNECTIONS)

    def tell_last(self) -> None:
        """Tell those who follow something the rest of it, as far as they and `LAST_S` allow it."""
        ends = time.monotonic() + LAST_S
        for connection in list(self.admitted):
            if time.monotonic() > ends:
                return
            connection.tell_last()

    def drop(self) -> None:
        """Part from everybody without a word."""
        for connection in [*self.admitted, *self.turned_away]:
            connection.drop()


@define(eq=False, repr=False)
class Acceptor:
    """Accepts at one door, from `open` to `close`.

    `welcome` makes the connection of a client, told the crowd to leave when it
    is lost, and the refusal if it gets nothing else. A TLS handshake has
    `handshake_s` seconds; nobody who is refused gets as far as that.
    """

    door: Door
    crowd: Crowd
    welcome: Callable[[set[Connection], Refusal | None], Connection]
    handshake_s: float
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)
    _spare: int | None = field(default=None, init=False)
    _warnings: Seldom = field(factory=lambda: Seldom(_log), init=False)

    @property
    def _listening(self) -> socket.socket:
        return self.door.listening

    def open(self) -> None:
        """Begin to accept, inside a running event loop."""
        self._listening.settimeout(0)
        self._keep_spare()
        self._watch()

    def close(self) -> None:
        """Accept nobody any more; those who are in stay."""
        self.door.vanish()
        if self._listening.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._give_spare()

    def _watch(self) -> None:
        if self._listening.fileno() >= 0:
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE_MAX):
            try:
                client, _ = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _SHORTAGES:
                    continue  # this client is gone again
                if not self._bear(error):
                    return
            else:
                self._take(client)
                if self._spare is None:  # there was a time when not even that was left
                    self._keep_spare()

    def _take(self, client: socket.socket) -> None:
        refusal = self.door.judge(client) or self.crowd.make_room()
        if refusal is None:
            self._connect(client, self.crowd.admitted, None)
        elif self.door.tls is None and len(self.crowd.turned_away) < TURNED_AWAY_MAX:
            self._connect(client, self.crowd.turned_away, refusal)
        else:
            turn_away(client, refusal)

    def _connect(
        self, client: socket.socket, crowd: set[Connection], refusal: Refusal | None
    ) -> None:
        connection = self.welcome(crowd, refusal)
        crowd.add(connection)
        if self.door.tls is None:
            PlainTransport(client, connection).open()
            return
        task = asyncio.get_running_loop().create_task(self._hand_over(client, connection, crowd))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_over(
        self, client: socket.socket, connection: Connection, crowd: set[Connection]
    ) -> None:
        tls = self.door.tls
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                client,
                ssl=tls,
                ssl_handshake_timeout=self.handshake_s if tls else None,
                ssl_shutdown_timeout=LINGER_S if tls else None,
            )
        except OSError as error:  # gone before it began, or no TLS
            crowd.discard(connection)
            client.close()
            if isinstance(error, ssl.SSLError):
                self._warnings.warn(f"a TLS handshake has failed: {error.reason or error}")

    def _bear(self, error: OSError) -> bool:
        """Live through a shortage: one gives way, or one is turned away, else all wait a little."""
        reason = (error.strerror or str(error)).lower()
        self._warnings.warn(f"cannot take clients in: {reason}; raise the limit with ulimit -n")
        if error.errno in _OUT_OF_DESCRIPTORS and (
            self.crowd.half_closed.drop_oldest() or self._turn_one_away()
        ):
            return True
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listening)
        loop.call_later(SHORTAGE_PAUSE_S, self._watch)
        return False

    def _turn_one_away(self) -> bool:
        """Use the spare descriptor to tell the next client that there are no others."""
        if not self._give_spare():
            return False
        try:
            client, _ = self._listening.accept()
        except OSError:
            return False
        else:
            text = "The server has no descriptor left for another connection: try again later"
            turn_away(client, Refusal(text, Code.TOO_MANY_CONNECTIONS))
            return True
        finally:
            self._keep_spare()

    def _keep_spare(self) -> None:
        with suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def _give_spare(self) -> bool:
        if self._spare is None:
            self._keep_spare()  # it could not be had again last time
        if self._spare is None:
            return False
        os.close(self._spare)
        self._spare = None
        return True


def turn_away(client: socket.socket, refusal: Refusal) -> None:
    """Say why, and close at once. What the client has sent is thrown away, unread bytes reset."""
    with client, suppress(OSError):
        client.settimeout(0)
        client.send(encode(refusal))
        client.shutdown(socket.SHUT_WR)
        client.recv(_THROWN_AWAY_BYTES_MAX)
