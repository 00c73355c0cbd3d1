"""The server: where it listens, the signals that end it, and the composition of all parts."""

import asyncio
import errno
import ipaddress
import os
import resource
import signal
import socket
from collections.abc import Callable
from typing import Final

from k1s.config import Config
from k1s.connection import Connection
from k1s.errors import ConfigError, K1sError
from k1s.events import Ticket
from k1s.protocol import Reply
from k1s.registry import Registry
from k1s.runner import Runner

CONNECTIONS_MAX: Final = 10_000
# Kept free for starting programs and writing logs, however many clients there are.
RESERVED_DESCRIPTORS: Final = 64
BACKLOG: Final = 1024
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ListenError(K1sError):
    """The server cannot listen where it was told to; the text says why."""


def serve(config: Config, announce: Callable[[str], None]) -> None:
    """Serve until a signal says stop and the last process is gone.

    `announce` is given the address, such as `127.0.0.1:4567`, once the server
    listens there. Raises `ConfigError` or `ListenError` before that.
    """
    with _listen(config.server.host, config.server.port) as listening:
        asyncio.run(_serve(listening, announce))


async def _serve(listening: socket.socket, announce: Callable[[str], None]) -> None:
    runner = Runner(Registry(os.getcwd()), _answer)
    connections: set[Connection] = set()
    connections_max = _connections_max()
    listener = await asyncio.get_running_loop().create_server(
        lambda: Connection(runner.handle, connections, connections_max),
        sock=listening,
        backlog=BACKLOG,
    )
    runner.open()
    _take_signals(lambda: _stop(listener, runner))
    announce(_shown(listening.getsockname()))
    await runner.wait_stopped()
    # The loop gives the signals back when it closes; one more must not end us otherwise than well.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    for connection in list(connections):
        connection.drop()


def _answer(ticket: Ticket, reply: Reply) -> None:
    """Tickets are the connections that the requests came on."""
    assert isinstance(ticket, Connection)
    ticket.answer(reply)


def _stop(listener: asyncio.Server, runner: Runner) -> None:
    listener.close()
    runner.stop()


def _take_signals(stop: Callable[[], None]) -> None:
    """Stop on the usual signals, and see to it that jobs find every signal as usual.

    A program inherits which signals are ignored, and a server that a script
    started with `&` has SIGINT ignored: its jobs could not be interrupted. A
    signal that has a handler, even an empty one, is back to its default in
    the child.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    loop = asyncio.get_running_loop()
    for number in signal.valid_signals():
        if number in (signal.SIGPIPE, signal.SIGXFSZ):
            continue  # Python ignores these itself, and restores them for its children
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            loop.add_signal_handler(number, _ignore)  # nohup: stay when the terminal goes
        elif number in _STOP_SIGNALS:
            loop.add_signal_handler(number, stop)
        elif signal.getsignal(number) is signal.SIG_IGN:
            loop.add_signal_handler(number, _ignore)


def _ignore() -> None:
    """Take a signal and do nothing."""


def _listen(host: str, port: int) -> socket.socket:
    family, address = _resolve(host, port)
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListenError(
                f"{_shown(address)} is in use: stop what listens there or choose another with -p"
            ) from None
        reason = (error.strerror or str(error)).lower()
        raise ListenError(f"cannot listen on {_shown(address)}: {reason}") from None


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConfigError(f"host {host!r} is unknown on this machine: use 127.0.0.1") from None
    family, _, _, _, (name, *_) = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    if not ipaddress.ip_address(str(name)).is_loopback:
        raise ConfigError(
            f"host {host!r} can be reached from other machines, and whoever reaches the server can "
            "run programs: use 127.0.0.1"
        )
    return family, (str(name), port)


def _connections_max() -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(min(CONNECTIONS_MAX, descriptors - RESERVED_DESCRIPTORS), 1)


def _shown(address: tuple[str, int]) -> str:
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
