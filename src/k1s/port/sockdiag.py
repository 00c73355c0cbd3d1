"""Whose is the socket at the other end of a loopback connection? The kernel is asked.

TCP carries no credentials. But both ends of a connection to a loopback address
are sockets of this machine, and the kernel tells of any socket, by its pair of
addresses, which user made it: NETLINK_SOCK_DIAG, with `inet_diag_req_v2` as
the question and `inet_diag_msg` as the answer. It needs no privilege, it takes
some microseconds, and it happens inside the call that sends the question, so
that the answer lies ready at once or never comes.

The answer has traps, and each of them would let strangers in as root:

* A socket whose owner has closed it may live on in the kernel until the last
  byte is through. It belongs to nobody then, and nobody reads as user 0. What
  tells it apart is that its inode is 0.
* The kernel looks for a connection first and for a listening socket after
  that. When the client is gone, whoever listens on its port now would be taken
  for it, so an answer must repeat both addresses of the question.
* A client that speaks IPv6 to a mapped IPv4 address is an IPv6 socket with an
  IPv4 connection. Addresses are compared as what they mean.
* Users that do not exist in the user namespace of the server are all shown as
  one and the same, the overflow user: see `peers`.
"""

import socket
import struct
from typing import Any, Final, NamedTuple, Self

from attrs import define, field

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_NLM_F_REQUEST: Final = 1
_ANY_STATE: Final = 0xFFFFFFFF
_NO_COOKIE: Final = 0xFFFFFFFF
_ANSWER_BYTES_MAX: Final = 4096
# An answer to an earlier question may still lie there if reading it failed.
_STALE_ANSWERS_MAX: Final = 8

# nlmsghdr: length, type, flags, sequence, port
_HEADER: Final = struct.Struct("=IHHII")
# inet_diag_sockid: the two ports and the two addresses as they go over the wire; then the
# interface and a cookie
_PAIR: Final = struct.Struct("2s2s16s16s")
_REST: Final = struct.Struct("=III")
# inet_diag_req_v2: family, protocol, extensions, padding, states, sockid
_QUESTION: Final = struct.Struct("=BBBBI")
# inet_diag_msg: family, state, timer, retransmits, sockid, expires, two queues, user, inode
_FACTS: Final = struct.Struct("=BBBB")
_OWNER: Final = struct.Struct("=IIIII")
_PAIR_AT: Final = _HEADER.size + _FACTS.size
_PAIR_END: Final = _PAIR_AT + _PAIR.size
_OWNER_AT: Final = _PAIR_END + _REST.size
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Endpoint(NamedTuple):
    """An address in the bytes of the wire (a mapped IPv4 address as the IPv4 one) and a port."""

    address: bytes
    port: bytes

    @classmethod
    def of(cls, name: tuple[Any, ...]) -> Self:
        """From what `getsockname` and `getpeername` return for IPv4 and IPv6."""
        host, port = name[:2]
        return cls(_packed(host), port.to_bytes(2, "big"))

    @property
    def nowhere(self) -> Self:
        """What a listening socket of this family is connected to."""
        return type(self)(bytes(len(self.address)), bytes(2))

    @property
    def mapped(self) -> Self:
        """The same in the clothes of IPv6."""
        return self if len(self.address) == 16 else self._replace(address=_MAPPED + self.address)


def _packed(host: str) -> bytes:
    if ":" not in host:
        return socket.inet_pton(socket.AF_INET, host)
    address = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return address.removeprefix(_MAPPED)


def question(sequence: int, near: Endpoint, far: Endpoint) -> bytes:
    """The datagram that asks for the socket at `near` that is connected to `far`."""
    family = socket.AF_INET if len(near.address) == 4 else socket.AF_INET6
    body = (
        _QUESTION.pack(family, socket.IPPROTO_TCP, 0, 0, _ANY_STATE)
        + _pair(near, far)
        + _REST.pack(0, _NO_COOKIE, _NO_COOKIE)
    )
    size = _HEADER.size + len(body)
    return _HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, sequence, 0) + body


def _pair(near: Endpoint, far: Endpoint) -> bytes:
    return _PAIR.pack(near.port, far.port, near.address, far.address)


def is_answer(datagram: bytes, sequence: int) -> bool:
    """Whether this is what the kernel says to the question of that number, be it an error."""
    if len(datagram) < _HEADER.size:
        return False
    _, _, _, number, _ = _HEADER.unpack_from(datagram)
    return bool(number == sequence)


def owner(datagram: bytes, near: Endpoint, far: Endpoint) -> int | None:
    """The user who has the socket at `near` open, from an answer; None when it does not say."""
    if len(datagram) < _OWNER_AT + _OWNER.size:
        return None
    _, kind, _, _, _ = _HEADER.unpack_from(datagram)
    if kind != _SOCK_DIAG_BY_FAMILY:
        return None  # an error: there is no such socket
    _, _, _, user, inode = _OWNER.unpack_from(datagram, _OWNER_AT)
    if inode == 0 or not _is_about(datagram, near, far):
        return None
    return int(user)


def _is_about(datagram: bytes, near: Endpoint, far: Endpoint) -> bool:
    told = datagram[_PAIR_AT:_PAIR_END]
    if datagram[_HEADER.size] == socket.AF_INET:
        return len(near.address) == 4 and told == _pair(near, far)
    return told == _pair(near.mapped, far.mapped)


def _connect_to_kernel() -> socket.socket:
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG)
    netlink.settimeout(0)
    netlink.connect((0, 0))  # from now on, nobody but the kernel can answer
    return netlink


@define(eq=False, repr=False)
class SocketDiagnosis:
    """One netlink socket, kept open. Making it raises `OSError` where the kernel has none."""

    _netlink: socket.socket = field(factory=_connect_to_kernel, init=False)
    _sequence: int = field(default=0, init=False)

    def close(self) -> None:
        """Give the descriptor back."""
        self._netlink.close()

    def peer(self, client: socket.socket) -> int | None:
        """The user at the other end of an accepted connection; None when nobody can tell."""
        try:
            return self.owner(Endpoint.of(client.getpeername()), Endpoint.of(client.getsockname()))
        except OSError:  # already reset
            return None

    def can_tell(self, listening: socket.socket) -> bool:
        """Whether this kernel answers at all, by the example of a socket of our own."""
        near = Endpoint.of(listening.getsockname())
        return self.owner(near, near.nowhere) is not None

    def owner(self, near: Endpoint, far: Endpoint) -> int | None:
        """The user who has the socket at `near` open that is connected to `far`."""
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        try:
            self._netlink.send(question(self._sequence, near, far))
            for _ in range(_STALE_ANSWERS_MAX):
                datagram = self._netlink.recv(_ANSWER_BYTES_MAX)
                if is_answer(datagram, self._sequence):
                    return owner(datagram, near, far)
        except OSError:  # no answer is an answer, too
            return None
        return None
