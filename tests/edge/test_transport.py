"""The blocking transport, against servers that answer in every way."""

import errno
import json
import select
import selectors
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme
from answering import WAIT_S, answering

from k1s.client.transport import AT_ONCE, ServerGoneError, request, request_each, stream
from k1s.destination import Destination


def echo(connection: socket.socket, line: bytes) -> None:
    """Answer with the question."""
    connection.sendall(line)


def test_a_request_gets_its_reply() -> None:
    """One value out, one value in."""
    with answering(echo) as where:
        assert request(where, {"a": "ä"}) == {"a": "ä"}


def test_many_requests_get_their_replies() -> None:
    """Each reply comes with the number of its request, whatever their order and number."""
    count = AT_ONCE + 50
    with answering(echo) as where:
        replies = list(request_each(where, ({"n": n} for n in range(count))))
    assert sorted(replies, key=lambda reply: reply[0]) == [(n, {"n": n}) for n in range(count)]


def test_a_fast_reply_does_not_wait_for_a_slow_one() -> None:
    """Replies are told as they come."""
    released = threading.Event()

    def answer(connection: socket.socket, line: bytes) -> None:
        if json.loads(line)["n"] == 0:
            assert released.wait(WAIT_S)
        connection.sendall(line)

    with answering(answer) as where:
        replies = request_each(where, [{"n": 0}, {"n": 1}])
        assert next(replies) == (1, {"n": 1})
        released.set()
        assert list(replies) == [(0, {"n": 0})]


def test_what_fails_while_nobody_answers_is_not_blamed_on_the_server() -> None:
    """A terminal may go away while a countdown is drawn on it."""
    released = threading.Event()

    def answer(_: socket.socket, __: bytes) -> None:
        assert released.wait(WAIT_S)

    def draw() -> None:
        released.set()
        raise OSError(errno.EIO, "Input/output error")

    with answering(answer) as where, pytest.raises(OSError, match="Input/output"):
        list(request_each(where, [{}], draw))


def test_a_stream_gives_value_after_value() -> None:
    """Lines may come in pieces or together; the end is the end."""

    def answer(connection: socket.socket, _: bytes) -> None:
        for piece in (b'{"n"', b": 1}\n[2]\n3", b"\n"):
            connection.sendall(piece)

    with answering(answer) as where, stream(where, {}) as values:
        assert list(values) == [{"n": 1}, [2], 3]
        assert values.arrived() is None


def test_what_has_arrived_is_had_at_once() -> None:
    """A selector says when a stream has something, and then all of it is there."""
    with (
        answering(lambda connection, _: connection.sendall(b"1\n2\n3\n")) as where,
        stream(where, {}) as values,
        selectors.DefaultSelector() as selector,
    ):
        selector.register(values, selectors.EVENT_READ)
        seen: list[int] = []
        while selector.select(WAIT_S) and (arrived := values.arrived()) is not None:
            seen += arrived
    assert seen == [1, 2, 3]


def test_half_a_value_is_not_waited_for() -> None:
    """Who waits for other things, too, is not kept from them by the rest of a line."""
    released = threading.Event()

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"[1")
        assert released.wait(WAIT_S)
        connection.sendall(b", 2]\n")

    with answering(answer) as where, stream(where, {}) as values:
        assert select.select([values], [], [], WAIT_S)[0]
        assert values.arrived() == []
        released.set()
        assert list(values) == [[1, 2]]


def test_what_tls_sends_for_itself_is_no_value(tmp_path: Path) -> None:
    """A selector says that there is something, and there is nothing yet for anybody."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 2
    authority.issue_cert("127.0.0.1").configure_cert(context)
    released = threading.Event()

    def answer(connection: socket.socket, _: bytes) -> None:
        assert released.wait(WAIT_S)
        connection.sendall(b"1\n")

    with (
        answering(answer, context) as where,
        stream(where._replace(tls_ca=str(tmp_path / "ca.pem")), {}) as values,
    ):
        assert select.select([values], [], [], WAIT_S)[0]
        assert values.arrived() == []
        released.set()
        assert list(values) == [1]
        assert values.arrived() is None


def test_a_stream_can_be_asked_for_its_end() -> None:
    """The server sees that no more is wanted than what there is."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"1\n")
        assert connection.recv(1) == b""
        connection.sendall(b"2\n")

    with answering(answer) as where, stream(where, {}) as values:
        assert next(values) == 1
        assert values.finish()
        assert list(values) == [2]


def test_a_stream_that_breaks_in_a_line_is_no_end() -> None:
    """Half a value is told as a broken connection."""
    with (
        answering(lambda connection, _: connection.sendall(b"1\n[2")) as where,
        stream(where, {}) as values,
    ):
        assert next(values) == 1
        with pytest.raises(ServerGoneError, match="broke"):
            next(values)


def test_nobody_there_is_told() -> None:
    """Every way to ask says that there is no server."""
    where = Destination(socket="/nonexistent/k1s.sock")
    for ask in (request, stream):
        with pytest.raises(ServerGoneError, match="start one"):
            ask(where, {})
    with pytest.raises(ServerGoneError, match="start one"):
        list(request_each(where, [{}]))
