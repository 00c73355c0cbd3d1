"""The server: where it listens, the signals that end it, and the composition of all parts."""

import asyncio
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Final

from k1s.acceptor import Acceptor, Crowd
from k1s.config import Auth, Config, ServerConfig
from k1s.connection import Connection
from k1s.errors import ConfigError
from k1s.events import Ticket
from k1s.listening import listen, shown
from k1s.peers import PeerCheck, resolve_users
from k1s.protocol import Refusal, Reply
from k1s.registry import Registry
from k1s.runner import Runner
from k1s.sockdiag import SocketDiagnosis

CONNECTIONS_MAX: Final = 10_000
# Kept free for starting programs and writing logs, however many clients there are.
RESERVED_DESCRIPTORS: Final = 64
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_log = logging.getLogger(__name__)


def serve(config: Config, announce: Callable[[str], None]) -> None:
    """Serve until a signal says stop and the last process is gone.

    `announce` is given the address, such as `127.0.0.1:4567`, once the server
    listens there. Raises `ConfigError` or `ListenError` before that.
    """
    with (
        listen(config.server.host, config.server.port) as listening,
        _door(config.server, listening) as judge,
    ):
        asyncio.run(_serve(listening, judge, announce))


async def _serve(
    listening: socket.socket,
    judge: Callable[[socket.socket], Refusal | None],
    announce: Callable[[str], None],
) -> None:
    runner = Runner(Registry(os.getcwd()), _answer)
    crowd = Crowd(_connections_max())
    acceptor = Acceptor(listening, crowd, judge, partial(Connection, runner.handle))
    acceptor.open()
    runner.open()
    _take_signals(lambda: _stop(acceptor, runner))
    announce(shown(listening.getsockname()))
    await runner.wait_stopped()
    # The loop gives the signals back when it closes; one more must not end us otherwise than well.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    crowd.drop()


@contextmanager
def _door(
    config: ServerConfig, listening: socket.socket
) -> Iterator[Callable[[socket.socket], Refusal | None]]:
    """What tells the clients of a loopback address apart."""
    allowed = resolve_users(config.allow_users)
    if config.auth is Auth.NONE:
        _log.warning(
            'with auth = "none" every user of this machine can run programs as this one: '
            "use allow_users to name some"
        )
        yield lambda _: None
        return
    with _diagnosis(listening) as diagnosis:
        yield PeerCheck(diagnosis.peer, allowed).refusal


def _diagnosis(listening: socket.socket) -> "closing[SocketDiagnosis]":
    with suppress(OSError):
        diagnosis = SocketDiagnosis()
        if diagnosis.can_tell(listening):
            return closing(diagnosis)
        diagnosis.close()
    raise ConfigError(
        'server.auth cannot be "user" here: this kernel does not tell whose a connection is '
        '(sock_diag); set it to "none" if every user of this machine may command the server'
    )


def _answer(ticket: Ticket, reply: Reply) -> None:
    """Tickets are the connections that the requests came on."""
    assert isinstance(ticket, Connection)
    ticket.answer(reply)


def _stop(acceptor: Acceptor, runner: Runner) -> None:
    acceptor.close()
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


def _connections_max() -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(min(CONNECTIONS_MAX, descriptors - RESERVED_DESCRIPTORS), 1)
