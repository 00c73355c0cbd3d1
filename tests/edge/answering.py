"""Servers that answer in every way, for tests of those who ask."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from k1s.client.transport import AT_ONCE
from k1s.destination import Destination

WAIT_S = 60


@contextmanager
def answering(
    answer: Callable[[socket.socket, bytes], None], tls: ssl.SSLContext | None = None
) -> Iterator[Destination]:
    """A server that gives each connection with its line to `answer`, each in a thread."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=AT_ONCE * 2)

    def serve(connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))
            stack.enter_context(connection).settimeout(WAIT_S)
            if tls is not None:
                connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
            answer(connection, connection.makefile("rb").readline())

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with contextlib.closing(listener):
        yield Destination("127.0.0.1", listener.getsockname()[1])
