"""Crowds, shortages and other protocols: the server bears them, and its log stays short."""

import asyncio
import errno
import gc
import os
import resource
import select
import socket
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import rude
from served import LIST, Lend, PortServer, ask, connect, create, read_all, served
from steps.waiting import until
from steps.wire import break_off

from k1s.errors import Code
from k1s.port.connection import Connection
from k1s.port.halfclosed import HalfClosed
from k1s.port.plaintransport import PlainTransport
from k1s.port.terms import Terms
from k1s.protocol import Refusal

PATIENT_S = 3.0
FIVE = "[limits]\nconnections = 5\n"
LIMITED = ["sh", "-c", 'ulimit -n "$0"; exec "$@"']


def _limited(descriptors: int) -> list[str]:
    """What starts a server with so few descriptors."""
    return [*LIMITED, str(descriptors)]


@pytest.mark.fault("C12")
def test_a_full_server_serves_those_who_came_first(lend: Lend) -> None:
    """The first ones keep their places, each further one is told, and a free place is taken."""
    with lend(FIVE) as server, ExitStack() as all_:
        first = [all_.enter_context(connect(server.address)) for _ in range(5)]
        for _ in range(100):
            reply = ask(server.address, LIST)
            assert reply["code"] == "too-many-connections"
            assert "has 5 connections already" in reply["error"]
        for client in first[:-1]:
            client.sendall(LIST)
            assert read_all(client) == b"[]\n"
        until("a place to be free", lambda: ask(server.address, LIST) == [])
        first[-1].sendall(LIST)
        assert read_all(first[-1]) == b"[]\n"


DELETE = b'{"command": "delete-job", "jobId": "stuck"}\n'
DELETE_NOW = b'{"command": "delete-job", "jobId": "stuck", "signal": "SIGKILL"}\n'
DELETE_AFTER = b'{"command": "delete-job", "jobId": "after"}\n'
DELETED = b'{"message":"Job deleted"}\n'


def _make_stuck(server: PortServer) -> None:
    """A job is there that SIGINT does not end, nor anything else for a long time."""
    script = "trap '' INT; echo ready; exec sleep 600"
    job = create("stuck", executable="/bin/sh", arguments=["-c", script], stopTimeoutSeconds=600)
    assert ask(server.address, job)["state"] == "running"
    out = server.folder / "stdout_stuck.log"
    until("the program to be deaf", lambda: out.exists() and out.read_text() == "ready\n")


def _ask_and_close_half(server: PortServer) -> socket.socket:
    """Who waits for the deletion, and has nothing more to say."""
    client = connect(server.address)
    client.sendall(DELETE)
    client.shutdown(socket.SHUT_WR)
    return client


@pytest.mark.fault("C11")
@pytest.mark.fault("C12")
def test_who_waits_with_a_closed_half_gives_way_in_a_full_server(lend: Lend) -> None:
    """It is dropped for one more only, and has its answer if there is room; others have theirs."""
    with lend(FIVE) as server, ExitStack() as all_:
        _make_stuck(server)
        first = all_.enter_context(_ask_and_close_half(server))
        waiting = [all_.enter_context(connect(server.address)) for _ in range(3)]
        for client in waiting:
            client.sendall(DELETE)
        idle = all_.enter_context(connect(server.address))
        until("room", lambda: ask(server.address, LIST), lambda reply: isinstance(reply, list))
        assert read_all(first) == b""
        second = all_.enter_context(_ask_and_close_half(server))
        idle.sendall(LIST)
        assert read_all(idle).startswith(b"[")
        assert ask(server.address, DELETE_NOW) == {"message": "Job deleted"}
        assert [read_all(client) for client in [*waiting, second]] == [DELETED] * 4


@pytest.fixture(scope="module")
def starved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortServer]:
    """One server for all shortages: it complains of each."""
    with served(tmp_path_factory.mktemp("starved")) as server:
        yield server


@pytest.mark.fault("C11")
@pytest.mark.fault("R2")
def test_who_waits_with_a_closed_half_gives_way_where_descriptors_run_out(
    starved: PortServer,
) -> None:
    """A deletion that does not come to its end does not keep out who would hasten it."""
    _make_stuck(starved)
    with _ask_and_close_half(starved) as client:
        until("the deletion", lambda: ask(starved.address, LIST)[0]["killRequested"])
        with _no_descriptor_left(starved):
            until("room", lambda: ask(starved.address, LIST), lambda r: isinstance(r, list))
        assert read_all(client) == b""
    assert ask(starved.address, DELETE_NOW) == {"message": "Job deleted"}


class _Waiter:
    def __init__(self, name: str, dropped: list[str]) -> None:
        self.name, self.dropped = name, dropped

    def drop(self) -> None:
        self.dropped.append(self.name)


def test_who_has_closed_its_half_first_goes_first() -> None:
    """Each goes once, but not who has his answer, and nobody if there is none."""
    half_closed, dropped = HalfClosed(), list[str]()
    waiters = [_Waiter(name, dropped) for name in "abc"]
    for waiter in waiters:
        half_closed.add(waiter)
    half_closed.remove(waiters[1])
    half_closed.remove(waiters[1])
    assert [half_closed.drop_oldest() for _ in range(3)] == [True, True, False]
    assert dropped == ["a", "c"]


@pytest.mark.fault("C12")
def test_a_crowd_is_turned_away_in_order_and_leaves_nothing(lend: Lend) -> None:
    """Hundreds at once: exactly as many are in as may be, the rest is told, no descriptor stays."""
    with lend(FIVE) as server, ExitStack() as all_:
        assert server.jobs() == []
        before = _descriptors(server)
        with server.stopped():
            clients = [all_.enter_context(connect(server.address)) for _ in range(400)]
        for client in clients[5:]:
            assert b'"too-many-connections"' in read_all(client)
            client.close()
        for client in clients[:5]:
            client.sendall(LIST)
            assert read_all(client) == b"[]\n"
        until("the descriptors to be back", lambda: _descriptors(server), lambda n: n <= before)


def _descriptors(server: PortServer) -> int:
    return len(os.listdir(f"/proc/{server.pid}/fd"))


@pytest.mark.fault("R1")
def test_with_few_descriptors_programs_still_start_and_logs_are_written(tmp_path: Path) -> None:
    """Clients fill what is theirs; the reserve starts programs, and the rest is told."""
    with served(tmp_path, wrapper=_limited(100)) as server, ExitStack() as all_:
        address = server.address
        early = all_.enter_context(connect(address))
        others = [all_.enter_context(connect(address)) for _ in range(200)]
        told = until("most to be told", lambda: _readable(others), lambda seen: len(seen) >= 150)
        assert all(b'"too-many-connections"' in client.recv(4096) for client in told)
        early.sendall(create("job", executable="/bin/echo", arguments=["hello"]))
        assert b'"lastError":null' in read_all(early)
        out = server.folder / "stdout_job.log"
        until("the program to write", lambda: out.exists() and out.read_text() == "hello\n")


def _readable(clients: list[socket.socket]) -> list[socket.socket]:
    """Those to whom the server has said something."""
    return select.select(clients, [], [], 0)[0]


@contextmanager
def _no_descriptor_left(server: PortServer) -> Iterator[None]:
    """The server can open nothing more meanwhile."""
    limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (_lowest_free(server), limits[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)


def _lowest_free(server: PortServer) -> int:
    used = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
    return min(set(range(len(used) + 1)) - used)


@pytest.mark.fault("R2")
def test_a_shortage_is_told_to_clients_and_once_a_second_to_the_log(starved: PortServer) -> None:
    """While nothing can be accepted each client hears why; afterwards all is as before."""
    before, began = len(starved.complained), time.monotonic()
    with _no_descriptor_left(starved):
        heard = [ask(starved.address, LIST) for _ in range(20)]
        assert {reply["code"] for reply in heard} == {"too-many-connections"}
        assert "no descriptor left" in heard[0]["error"]
        until("it to be said", lambda: ask(starved.address, LIST) and starved.complained[before:])
    assert starved.jobs() == []
    records = starved.complained[before:].splitlines()
    assert 1 <= len(records) <= 2 + time.monotonic() - began, records
    assert "too many open files" in records[0]
    assert ask(starved.address, create("after"))["lastError"] is None
    assert ask(starved.address, DELETE_AFTER) == {"message": "Job deleted"}


@pytest.mark.fault("R2")
def test_a_shortage_without_any_reserve_is_waited_out(starved: PortServer) -> None:
    """Not even the spare descriptor is there: the server sleeps instead of spinning.

    Afterwards it has one again.
    """
    before = len(starved.complained)
    assert starved.jobs() == []
    limits = resource.prlimit(starved.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(starved.pid, resource.RLIMIT_NOFILE, (0, limits[1]))
    began, cpu = time.monotonic(), _cpu_s(starved)
    with connect(starved.address) as client:
        client.sendall(LIST)
        client.settimeout(PATIENT_S)
        with pytest.raises(TimeoutError):
            client.recv(1)
        passed = time.monotonic() - began
        assert _cpu_s(starved) - cpu < passed / 20  # even a busy machine lets it spin longer
        assert len(starved.complained[before:].splitlines()) <= 2 + passed
        resource.prlimit(starved.pid, resource.RLIMIT_NOFILE, limits)
        client.settimeout(30)
        assert read_all(client) == b"[]\n"
    with _no_descriptor_left(starved):
        told = until("to be told", lambda: ask(starved.address, LIST), lambda r: r != [])
        assert told["code"] == "too-many-connections", "the reserve is there again"


def _cpu_s(server: PortServer) -> float:
    words = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.fault("C14")
def test_another_protocol_is_refused_and_said(server: PortServer) -> None:
    """One error line, nothing executed, and a warning with the address that it came from.

    A browser that tries all day does not fill the disk.
    """
    began = time.monotonic()
    for data in rude.CORPUS["C14"]:
        with connect(server.address) as client:
            name = client.getsockname()
            client.sendall(data)
            assert b'"code":"invalid-' in read_all(client)
        assert server.jobs() == []
        if data == rude.CORPUS["C14"][0]:
            where = f"{name[0]}:{name[1]}"
            assert f"possible cross-protocol request from {where}" in server.complained
            assert server.complained.count("\n") == 1
    for _ in range(200):
        assert ask(server.address, b"GET / HTTP/1.1\r\n\r\n")["code"] == "invalid-json"
    assert server.jobs() == []
    assert len(server.complained.splitlines()) <= 2 + time.monotonic() - began


def test_a_good_request_is_not_suspected(server: PortServer) -> None:
    """Neither good nor broken JSON that begins with a brace is another protocol."""
    assert ask(server.address, LIST) == []
    assert ask(server.address, b"{oops}\n")["code"] == "invalid-json"
    assert server.complained == ""


def test_a_client_that_breaks_off_while_it_is_refused_is_no_event(lend: Lend) -> None:
    """The server finds nobody to talk to, and says nothing about it."""
    with lend(FIVE) as server:
        with ExitStack() as all_:
            for _ in range(5):
                all_.enter_context(connect(server.address))
            for number in range(100):
                client = connect(server.address)
                if number % 2:
                    linger = b"\1\0\0\0\0\0\0\0"
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.close()
        until("a place to be free", lambda: ask(server.address, LIST) == [])
        assert server.complained == ""


@pytest.mark.fault("C11")
def test_who_has_broken_off_before_he_is_refused_leaves_nothing() -> None:
    """There is nothing that lingers, and nothing for the garbage collection to find."""

    async def refuse() -> weakref.ref[Terms]:
        terms, crowd = Terms(lambda _, __: None), set[Connection]()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            client = connect(listening.getsockname())
            server, _ = listening.accept()
        break_off(client)
        assert select.select([server], [], [], PATIENT_S)[0]
        connection = Connection(terms, crowd, Refusal("no", Code.NOT_ALLOWED))
        crowd.add(connection)
        PlainTransport(server, connection).open()
        assert crowd == set()
        return weakref.ref(terms)

    gc.disable()
    try:
        assert asyncio.run(refuse())() is None
    finally:
        gc.enable()


def test_the_shortages_are_what_the_kernel_calls_them() -> None:
    """The words that the tests look for belong to the error that they provoke."""
    assert os.strerror(errno.EMFILE).lower() == "too many open files"
