"""Both clients of the library behind one face, so that one suite holds for both; and bad servers.

`AsyncClient` runs in an event loop that stands still between two calls, as it
does in a program that does other things meanwhile.
"""

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from k1s import AsyncClient, AsyncStream, Client

DEADLINE_S = 30.0
Script = Callable[[socket.socket], object]


class Awaited:
    """An `AsyncClient` whose methods need no await."""

    def __init__(self, runner: asyncio.Runner, *where: Any, **how: Any) -> None:
        self._runner = runner
        self._client = AsyncClient(*where, **how)

    def __repr__(self) -> str:
        return repr(self._client).removeprefix("Async")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*values: Any, **keys: Any) -> Any:
            result = method(*values, **keys)
            if inspect.isawaitable(result):
                return self._runner.run(asyncio.wait_for(result, DEADLINE_S))
            return AwaitedStream(self._runner, result)

        return call


class AwaitedStream:
    """An `AsyncStream` that is iterated over without async."""

    def __init__(self, runner: asyncio.Runner, stream: AsyncStream[Any]) -> None:
        self._runner = runner
        self._stream = stream

    def __enter__(self) -> Self:
        self._runner.run(asyncio.wait_for(self._stream.__aenter__(), DEADLINE_S))
        return self

    def __exit__(self, *why: object) -> None:
        self._runner.run(self._stream.__aexit__(*why))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            return self._runner.run(asyncio.wait_for(anext(self._stream), DEADLINE_S))
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        self._runner.run(self._stream.aclose())


Speaker = Callable[..., Client]


@contextmanager
def speaking(kind: str) -> Iterator[Speaker]:
    """What makes clients of this kind."""
    if kind == "Client":
        yield Client
        return
    with asyncio.Runner() as runner:
        yield lambda *where, **how: Awaited(runner, *where, **how)  # type: ignore[return-value]


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, int]]:
    """Something on a port that reads a line from each client, and then does this with it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, script), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            # Closing alone wakes nobody who waits in accept.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(DEADLINE_S)
            assert not thread.is_alive()


def _serve(listener: socket.socket, script: Script) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, suppress(OSError):  # it may hang up before it has read all
            client.settimeout(DEADLINE_S)
            read_line(client)
            script(client)


def read_line(client: socket.socket) -> bytes:
    """A client's request."""
    line = b""
    while not line.endswith(b"\n") and (byte := client.recv(1)):
        line += byte
    return line
