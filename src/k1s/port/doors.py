"""The doors of the server: where it can be reached, and who may come in by each of them.

* A TCP address of this machine alone: the user at the other end is asked for.
* A TCP address that others can reach: nobody knows the users of other machines,
  so that there has to be TLS, and a token or certificates for the clients.
* A Unix socket: the user is asked for, and the mode of the file keeps others
  away already.

What is configured holds for every TCP address, the loopback as well: who has
set a token or demands certificates gets nobody in without them, not even by
forgetting something else. The Unix socket needs neither, so that the machine's
own administrator can do without.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

from attrs import frozen

from k1s.config import Auth, ServerConfig
from k1s.errors import ConfigError
from k1s.port import listening, tokens, unixsocket
from k1s.port.admission import TokenCheck
from k1s.port.peers import PeerCheck, resolve_users, unix_peer
from k1s.port.sockdiag import SocketDiagnosis
from k1s.port.tls import server_context
from k1s.protocol import Refusal

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
    token: TokenCheck | None = None
    tls: ssl.SSLContext | None = None
    vanish: Callable[[], None] = lambda: None


@contextmanager
def open_doors(config: ServerConfig) -> Iterator[list[Door]]:
    """All doors that are configured, shut in the end. Raises `ConfigError` and `ListenError`."""
    allowed = resolve_users(config.allow_users)
    if not config.tcp and config.socket is None:
        raise ConfigError(
            "server.tcp is false, and nobody could reach the server: name a socket, too",
            field="tcp",
        )
    with ExitStack() as stack:
        doors = [_tcp_door(config, allowed, stack)] if config.tcp else []
        if config.socket is not None:
            doors.append(_unix_door(config.socket, allowed, stack))
        yield doors


def _tcp_door(config: ServerConfig, allowed: frozenset[int], stack: ExitStack) -> Door:
    token = None if config.token_file is None else TokenCheck(_token(config.token_file))
    tls = None if config.tls is None else server_context(config.tls)
    tcp = listening.listen(config.host, config.port, is_guarded=config.is_guarded)
    stack.enter_context(tcp)
    name = tcp.getsockname()
    if listening.is_loopback(name[0]):
        judge = _loopback_judge(config, allowed, tcp, stack)
    else:
        judge = _let_in
    return Door(tcp, listening.shown(name), judge, token, tls)


def _unix_door(path: str, allowed: frozenset[int], stack: ExitStack) -> Door:
    unix = unixsocket.listen(path)
    stack.enter_context(unix.listening)
    stack.callback(unix.remove)
    judge = PeerCheck(unix_peer, allowed).refusal
    return Door(unix.listening, unix.path, judge, vanish=unix.remove)


def _loopback_judge(
    config: ServerConfig, allowed: frozenset[int], tcp: socket.socket, stack: ExitStack
) -> Judge:
    if config.auth is Auth.USER:
        diagnosis = stack.enter_context(closing(_diagnosis(tcp)))
        return PeerCheck(diagnosis.peer, allowed).refusal
    if config.token_file is None and (config.tls is None or config.tls.client_ca is None):
        _log.warning(
            'with auth = "none" every user of this machine can run programs as this one: '
            "use allow_users to name some, or set a token_file"
        )
    return _let_in


def _let_in(_: socket.socket) -> None:
    """The door itself asks for nothing: the token or the certificate will tell."""


def _token(path: str) -> str:
    try:
        return tokens.read(path)
    except tokens.TokenError as error:
        raise ConfigError(f"server.token_file: {error}", field="token_file") from None


def _diagnosis(tcp: socket.socket) -> SocketDiagnosis:
    with suppress(OSError):
        diagnosis = SocketDiagnosis()
        if diagnosis.can_tell(tcp):
            return diagnosis
        diagnosis.close()
    raise ConfigError(
        'server.auth cannot be "user" here: this kernel does not tell whose a connection is '
        '(sock_diag); set it to "none" if every user of this machine may command the server',
        field="auth",
    )
