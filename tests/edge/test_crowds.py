"""Crowds, shortages and other protocols: the server bears them, and its log stays short."""

import errno
import os
import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import rude
from served import LIST, PortServer, ask, connect, create, read_all, served
from steps.waiting import until

PATIENT_S = 3.0
LIMITED = ["sh", "-c", 'ulimit -n "$0"; exec "$@"']


def _limited(descriptors: int) -> list[str]:
    """What starts a server with so few descriptors."""
    return [*LIMITED, str(descriptors)]


@pytest.mark.fault("C12")
def test_a_full_server_serves_those_who_came_first(tmp_path: Path) -> None:
    """The first ones keep their places, each further one is told, and a free place is taken."""
    with served(tmp_path, "[limits]\nconnections = 5\n") as server, ExitStack() as all_:
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


@pytest.mark.fault("C12")
def test_a_crowd_is_turned_away_in_order_and_leaves_nothing(tmp_path: Path) -> None:
    """Hundreds at once: exactly as many are in as may be, the rest is told, no descriptor stays."""
    with served(tmp_path, "[limits]\nconnections = 50\n") as server, ExitStack() as all_:
        assert server.jobs() == []
        before = _descriptors(server)
        with server.stopped():
            clients = [all_.enter_context(connect(server.address)) for _ in range(400)]
        for client in clients[50:]:
            assert b'"too-many-connections"' in read_all(client)
            client.close()
        for client in clients[:50]:
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
def test_a_shortage_is_told_to_clients_and_once_a_second_to_the_log(tmp_path: Path) -> None:
    """While nothing can be accepted each client hears why; afterwards all is as before."""
    with served(tmp_path) as server:
        assert server.jobs() == []
        began = time.monotonic()
        with _no_descriptor_left(server):
            heard = [ask(server.address, LIST) for _ in range(50)]
            assert {reply["code"] for reply in heard} == {"too-many-connections"}
            assert "no descriptor left" in heard[0]["error"]
        assert server.jobs() == []
        records = server.complained.splitlines()
        assert 1 <= len(records) <= 2 + time.monotonic() - began, records
        assert "too many open files" in records[0]
        assert ask(server.address, create("after"))["lastError"] is None


@pytest.mark.fault("R2")
def test_a_shortage_without_any_reserve_is_waited_out(tmp_path: Path) -> None:
    """Not even the spare descriptor is there: the server sleeps instead of spinning."""
    with served(tmp_path) as server:
        assert server.jobs() == []
        limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (0, limits[1]))
        began, cpu = time.monotonic(), _cpu_s(server)
        with connect(server.address) as client:
            client.sendall(LIST)
            client.settimeout(PATIENT_S)
            with pytest.raises(TimeoutError):
                client.recv(1)
            passed = time.monotonic() - began
            assert _cpu_s(server) - cpu < passed / 20  # even a busy machine lets it spin longer
            assert len(server.complained.splitlines()) <= 2 + passed
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
            client.settimeout(30)
            assert read_all(client) == b"[]\n"


def _cpu_s(server: PortServer) -> float:
    words = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.fault("C14")
def test_another_protocol_is_refused_and_said(tmp_path: Path) -> None:
    """One error line, nothing executed, and a warning with the address that it came from."""
    with served(tmp_path) as server:
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


@pytest.mark.fault("C14")
def test_many_requests_of_another_protocol_are_said_once_a_second(tmp_path: Path) -> None:
    """A browser that tries all day does not fill the disk."""
    with served(tmp_path) as server:
        began = time.monotonic()
        for _ in range(200):
            assert ask(server.address, b"GET / HTTP/1.1\r\n\r\n")["code"] == "invalid-json"
        assert server.jobs() == []
        assert len(server.complained.splitlines()) <= 2 + time.monotonic() - began


def test_a_good_request_is_not_suspected(tmp_path: Path) -> None:
    """Neither good nor broken JSON that begins with a brace is another protocol."""
    with served(tmp_path) as server:
        assert ask(server.address, LIST) == []
        assert ask(server.address, b"{oops}\n")["code"] == "invalid-json"
        assert server.complained == ""


def test_a_client_that_breaks_off_while_it_is_refused_is_no_event(tmp_path: Path) -> None:
    """The server finds nobody to talk to, and says nothing about it."""
    with served(tmp_path, "[limits]\nconnections = 1\n") as server:
        with connect(server.address):
            for number in range(100):
                client = connect(server.address)
                if number % 2:
                    linger = b"\1\0\0\0\0\0\0\0"
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.close()
        until("a place to be free", lambda: ask(server.address, LIST) == [])
        assert server.complained == ""


def test_the_shortages_are_what_the_kernel_calls_them() -> None:
    """The words that the tests look for belong to the error that they provoke."""
    assert os.strerror(errno.EMFILE).lower() == "too many open files"
