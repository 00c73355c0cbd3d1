"""Whose a socket is: the kernel's answers, byte by byte and from real sockets."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.port.sockdiag import Endpoint, SocketDiagnosis, is_answer, owner, question

NEAR = Endpoint.of(("127.0.0.1", 40000))
FAR = Endpoint.of(("127.0.0.1", 4567))
ERROR = 2
ANSWER = 20


def _answer(  # noqa: PLR0913 (each field of an answer that matters)
    *,
    kind: int = ANSWER,
    family: int = socket.AF_INET,
    near: tuple[str, int] = ("127.0.0.1", 40000),
    far: tuple[str, int] = ("127.0.0.1", 4567),
    user: int = 1000,
    inode: int = 77,
) -> bytes:
    """What the kernel sends, put together by hand."""

    def packed(host: str) -> bytes:
        return socket.inet_pton(family, host).ljust(16, b"\0")

    ports = struct.pack(">HH", near[1], far[1])
    body = struct.pack("=BBBB", family, 1, 0, 0) + ports + packed(near[0]) + packed(far[0])
    body += struct.pack("=III", 0, 0x1234, 0) + struct.pack("=IIIII", 0, 0, 0, user, inode)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 9, 4321) + body


def test_an_answer_names_the_user() -> None:
    """The user is read from where the kernel puts it, whatever attributes follow."""
    assert owner(_answer(), NEAR, FAR) == 1000
    assert owner(_answer(user=0), NEAR, FAR) == 0
    assert owner(_answer(user=2**32 - 2) + b"attributes", NEAR, FAR) == 2**32 - 2


def test_a_closed_socket_is_no_answer() -> None:
    """Without an inode the socket is nobody's, and what reads as root is not root."""
    assert owner(_answer(user=0, inode=0), NEAR, FAR) is None
    assert owner(_answer(user=1000, inode=0), NEAR, FAR) is None


@pytest.mark.parametrize(
    "other",
    [
        {"near": ("127.0.0.1", 40001)},
        {"near": ("127.0.0.2", 40000)},
        {"far": ("127.0.0.1", 4568)},
        {"far": ("127.0.0.2", 4567)},
        {"far": ("0.0.0.0", 0)},  # a socket that listens on the port of the client
    ],
)
def test_an_answer_about_another_socket_is_no_answer(other: dict[str, tuple[str, int]]) -> None:
    """Both addresses have to be those of the question."""
    assert owner(_answer(**other), NEAR, FAR) is None


def test_an_error_and_a_stump_are_no_answer() -> None:
    """The kernel's "no such socket", and any piece of an answer, name nobody."""
    assert owner(_answer(kind=ERROR), NEAR, FAR) is None
    whole = _answer()
    assert all(owner(whole[:size], NEAR, FAR) is None for size in range(len(whole)))


def test_a_mapped_address_is_the_address_that_it_means() -> None:
    """A client that speaks IPv6 to an IPv4 address is found under the latter."""
    mapped = _answer(
        family=socket.AF_INET6,
        near=("::ffff:127.0.0.1", 40000),
        far=("::ffff:127.0.0.1", 4567),
    )
    assert owner(mapped, NEAR, FAR) == 1000
    assert Endpoint.of(("::ffff:127.0.0.1", 40000, 0, 0)) == NEAR
    assert Endpoint.of(("::1%lo", 5, 0, 1)) == Endpoint.of(("::1", 5, 0, 0))


def test_the_question_asks_for_exactly_one_socket() -> None:
    """No dump, any state, both addresses, ports in the order of the network."""
    asked = question(9, NEAR, FAR)
    assert struct.unpack_from("=IHHII", asked) == (len(asked), ANSWER, 1, 9, 0)
    assert asked[16:24] == struct.pack("=BBBBI", socket.AF_INET, 6, 0, 0, 0xFFFFFFFF)
    assert asked[24:28] == struct.pack(">HH", 40000, 4567)
    assert asked[28:60] == (bytes([127, 0, 0, 1]) + bytes(12)) * 2
    assert asked[60:] == struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
    assert question(9, Endpoint.of(("::1", 1)), Endpoint.of(("::1", 2)))[16] == socket.AF_INET6


def test_answers_are_matched_by_their_number() -> None:
    """What answers an earlier question is not taken for this one's answer."""
    assert is_answer(_answer(), 9)
    assert not is_answer(_answer(), 8)
    assert not is_answer(b"short", 9)


@given(st.binary(max_size=200))
def test_any_bytes(datagram: bytes) -> None:
    """Whatever comes, nobody is let in by it and nothing breaks."""
    assert owner(datagram, NEAR, FAR) is None or len(datagram) >= 88


@pytest.fixture
def diagnosis() -> Iterator[SocketDiagnosis]:
    with closing(SocketDiagnosis()) as one:
        yield one


LOOPBACKS = [
    (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
    (socket.AF_INET, "127.8.9.10", "127.8.9.10"),
    (socket.AF_INET6, "::1", "::1"),
    (socket.AF_INET6, "::ffff:127.0.0.1", "127.0.0.1"),
]


def _pair(
    family: int = socket.AF_INET, target: str = "127.0.0.1", host: str = "127.0.0.1"
) -> tuple[socket.socket, socket.socket, socket.socket]:
    """A listening socket, a client of it and the accepted end."""
    listening = socket.create_server(
        (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
    )
    client = socket.socket(family)
    client.connect((target, listening.getsockname()[1]))
    return listening, client, listening.accept()[0]


@pytest.mark.parametrize(("family", "target", "host"), LOOPBACKS)
def test_an_open_client_is_known(
    diagnosis: SocketDiagnosis, family: int, target: str, host: str
) -> None:
    """Over IPv4, IPv6 and IPv4 in the clothes of IPv6, the client is ours; half-closed, too."""
    listening, client, accepted = _pair(family, target, host)
    with listening, client, accepted:
        assert diagnosis.can_tell(listening)
        assert diagnosis.peer(accepted) == os.geteuid()
        client.shutdown(socket.SHUT_WR)
        assert accepted.recv(1) == b""
        assert diagnosis.peer(accepted) == os.geteuid()


@pytest.mark.parametrize(("family", "target", "host"), LOOPBACKS)
def test_a_closed_client_is_unknown(
    diagnosis: SocketDiagnosis, family: int, target: str, host: str
) -> None:
    """A client that has closed is nobody's, even where the kernel would still say root."""
    listening, client, accepted = _pair(family, target, host)
    with listening, accepted:
        client.sendall(b"x")
        client.close()
        assert accepted.recv(9) == b"x"
        assert diagnosis.peer(accepted) is None
        near, far = Endpoint.of(accepted.getpeername()), Endpoint.of(accepted.getsockname())
        accepted.close()  # what is left is in TIME_WAIT, where all sockets are root's
        assert diagnosis.owner(near, far) is None


def test_who_listens_on_the_port_of_a_client_is_not_the_client(
    diagnosis: SocketDiagnosis,
) -> None:
    """When the client is gone, the kernel looks for a listener there; that is somebody else."""
    for _ in range(20):
        listening, client, accepted = _pair()
        with listening, accepted:
            name = client.getsockname()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            try:
                other = socket.create_server(name)
            except OSError:
                continue  # another process of this machine has got the port meanwhile
            with other:
                near = Endpoint.of(name)
                assert diagnosis.can_tell(other)
                assert diagnosis.owner(near, Endpoint.of(listening.getsockname())) is None
                assert diagnosis.peer(accepted) is None
                return
    pytest.fail("the port was never to be had again")


def test_a_connection_that_was_reset_is_unknown(diagnosis: SocketDiagnosis) -> None:
    """No address is left to ask for, and that is no error."""
    listening, client, accepted = _pair()
    with listening, accepted:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert diagnosis.peer(accepted) is None


def test_an_answer_that_was_never_read_confuses_nobody(diagnosis: SocketDiagnosis) -> None:
    """The next question is answered by its own answer."""
    listening, client, accepted = _pair()
    with listening, client, accepted:
        nowhere = Endpoint.of(("127.0.0.1", 1))
        for _ in range(3):
            diagnosis._netlink.send(question(0, nowhere, nowhere))
        assert diagnosis.peer(accepted) == os.geteuid()


def test_a_look_takes_microseconds(diagnosis: SocketDiagnosis) -> None:
    """Ten thousand looks use no descriptor and leave none behind."""
    listening, client, accepted = _pair()
    with listening, client, accepted:
        before = set(os.listdir("/proc/self/fd"))
        assert {diagnosis.peer(accepted) for _ in range(10_000)} == {os.geteuid()}
        # Fewer are no fault: what other tests have left may be closed meanwhile.
        assert set(os.listdir("/proc/self/fd")) <= before
