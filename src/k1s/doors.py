"""The doors of the server: where it can be reached, and who may come in by each of them.

* A TCP address of this machine alone: the user at the other end is asked for.
* A Unix socket: the same, and the mode of the file keeps others away already.
"""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from attrs import frozen

from k1s import listening, unixsocket
from k1s.config import Auth, ServerConfig
from k1s.errors import ConfigError
from k1s.peers import PeerCheck, resolve_users, unix_peer
from k1s.protocol import Refusal
from k1s.sockdiag import SocketDiagnosis

Judge = Callable[[socket.socket], Refusal | None]

_log = logging.getLogger(__name__)


@frozen
class Door:
    """A listening socket, its address for people, and what tells its clients apart.

    `vanish` takes away what can be seen of it from outside.
    """

    listening: socket.socket
    shown: str
    judge: Judge
    vanish: Callable[[], None] = lambda: None


@contextmanager
def open_doors(config: ServerConfig) -> Iterator[list[Door]]:
    """All doors that are configured, shut in the end. Raises `ConfigError` and `ListenError`."""
    allowed = resolve_users(config.allow_users)
    with ExitStack() as stack:
        tcp = stack.enter_context(listening.listen(config.host, config.port))
        judge = _loopback_judge(config.auth, allowed, tcp, stack)
        doors = [Door(tcp, listening.shown(tcp.getsockname()), judge)]
        if config.socket is not None:
            doors.append(_unix_door(config.socket, allowed, stack))
        yield doors


def _unix_door(path: str, allowed: frozenset[int], stack: ExitStack) -> Door:
    unix = unixsocket.listen(path)
    stack.enter_context(unix.listening)
    stack.callback(unix.remove)
    return Door(unix.listening, unix.path, PeerCheck(unix_peer, allowed).refusal, unix.remove)


def _loopback_judge(
    auth: Auth, allowed: frozenset[int], tcp: socket.socket, stack: ExitStack
) -> Judge:
    if auth is Auth.USER:
        diagnosis = stack.enter_context(closing(_diagnosis(tcp)))
        return PeerCheck(diagnosis.peer, allowed).refusal
    _log.warning(
        'with auth = "none" every user of this machine can run programs as this one: '
        "use allow_users to name some"
    )
    return lambda _: None


def _diagnosis(tcp: socket.socket) -> SocketDiagnosis:
    with suppress(OSError):
        diagnosis = SocketDiagnosis()
        if diagnosis.can_tell(tcp):
            return diagnosis
        diagnosis.close()
    raise ConfigError(
        'server.auth cannot be "user" here: this kernel does not tell whose a connection is '
        '(sock_diag); set it to "none" if every user of this machine may command the server'
    )
