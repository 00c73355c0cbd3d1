"""Who may command the server over loopback."""

import os
import pwd
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import (
    LIST,
    STRANGER,
    PortServer,
    as_root,
    ask,
    by_stranger,
    connect,
    create,
    output_of,
    read_all,
    refusal,
    served,
    stranger,
)
from steps.waiting import until

from k1s.errors import Code, ConfigError
from k1s.port.peers import PeerCheck, anonymous_users, resolve_users
from k1s.protocol import Refusal

ATTEMPTS = int(os.environ.get("K1S_INTRUDER_ATTEMPTS", "420"))
TRAP_MS = [0, 1, 10, 50, 200, 1000]


def _code(user: int | None, allowed: set[int], anonymous: set[int] = frozenset()) -> Code | None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        check = PeerCheck(lambda _: user, frozenset(allowed), frozenset(anonymous))
        refusal = check.refusal(ours)
    return None if refusal is None else refusal.code


def test_users_are_judged_by_number() -> None:
    """Those who are allowed come in, all others and those whom nobody knows do not."""
    assert _code(1000, {0, 1000}) is None
    assert _code(0, {0, 1000}) is None
    assert _code(1001, {0, 1000}) is Code.NOT_ALLOWED
    assert _code(None, {0, 1000}) is Code.NOT_ALLOWED


def test_the_user_who_stands_for_anybody_is_nobody() -> None:
    """In a user namespace all strangers look like one user: not even a server of his obeys him."""
    assert _code(65534, {0, 65534}, {65534}) is Code.NOT_ALLOWED
    assert _code(65534, {0, 65534}) is None


def test_outside_of_a_namespace_nobody_is_anonymous() -> None:
    """Where all users exist, each number means one of them."""
    everybody = Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]
    assert anonymous_users() == (frozenset() if everybody else frozenset({65534}))


def test_inside_of_a_namespace_strangers_are_anonymous() -> None:
    """A process that has a user namespace of its own sees the overflow user for all others."""
    program = "from k1s.port.peers import anonymous_users as a; print(*a())"
    done = subprocess.run(
        ["unshare", "-U", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip("this machine does not allow a user namespace of one's own")
    assert done.stdout.strip() == Path("/proc/sys/kernel/overflowuid").read_text().strip()


def test_names_and_numbers_are_resolved() -> None:
    """The server's own user and root are always among those whom it obeys."""
    ours = {os.geteuid(), 0}
    assert resolve_users(()) == ours
    name = pwd.getpwuid(0).pw_name
    assert resolve_users((name, 1001)) == ours | {1001}


@pytest.mark.parametrize("name", ["no-such-user", "", "a\0b"])
def test_a_name_that_is_unknown_is_a_mistake(name: str) -> None:
    """Nobody is allowed by a slip of the pen."""
    with pytest.raises(ConfigError, match="allow_users names"):
        resolve_users((name,))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('allow_users = ["no-such-user"]', "server.allow_users names 'no-such-user'"),
        ("allow_users = [-1]", "k1s.toml: server.allow_users[0] wants a user's number from 0"),
        ("allow_users = [true]", "k1s.toml: server.allow_users[0] wants a user's name or number"),
        ('allow_users = "alice"', "k1s.toml: server.allow_users wants a list of users"),
        ('auth = "off"', 'k1s.toml: server.auth wants "user" or "none", got \'off\''),
        ("auth = false", 'k1s.toml: server.auth wants "user" or "none", got false'),
    ],
)
def test_a_server_with_a_mistake_does_not_start(line: str, text: str) -> None:
    """The mistake is one line that names the file, the key and what is wanted."""
    code, complaint = refusal(f"[server]\n{line}\n")
    assert (code, text in complaint) == (2, True), complaint


def test_the_servers_own_user_is_obeyed_without_a_setting(server: PortServer) -> None:
    """Over IPv4 and over IPv6 that means it, and nothing is said about it."""
    assert ask(server.address, LIST) == []
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", server.address[1]))
        client.sendall(LIST)
        assert read_all(client) == b"[]\n"
    assert server.complained == ""


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortServer]:
    """One server for all who are not to get in: it never has a job."""
    with served(tmp_path_factory.mktemp("besieged")) as server:
        yield server


@as_root
def test_a_stranger_is_told_what_to_do(besieged: PortServer) -> None:
    """One line with his number and the setting, before any byte of his is looked at."""
    address = besieged.address

    def told() -> str:
        with stranger():
            client = connect(address)
        with client:  # he has not said a word
            return read_all(client).decode()

    reply = told()
    assert f"You are user {STRANGER}" in reply
    assert f"add {STRANGER} to allow_users" in reply
    assert reply.count("\n") == 1
    assert besieged.jobs() == []
    said = f"refused a client of user {STRANGER}"
    until("the server to tell of one", lambda: told() and said in besieged.complained)


@as_root
def test_a_stranger_executes_nothing_however_often_he_tries(besieged: PortServer) -> None:
    """Waiting, closing, resetting, byte by byte, in floods: no job is ever made."""
    seen = output_of(by_stranger(besieged.address, str(ATTEMPTS), "all"))
    assert sum(seen.values()) == ATTEMPTS
    assert set(seen) <= {"not-allowed", "hung up", "reset"}, seen
    assert seen["not-allowed"] >= ATTEMPTS // 7
    assert besieged.jobs() == []
    assert not list(besieged.folder.glob("*.log"))


@as_root
def test_a_crowd_of_strangers_does_not_keep_the_owner_out(besieged: PortServer) -> None:
    """Those who are refused take none of the places of those who are not."""
    with stranger():
        clients = [connect(besieged.address) for _ in range(300)]
    assert besieged.jobs() == []
    descriptors = len(os.listdir(f"/proc/{besieged.pid}/fd"))
    assert descriptors < 80, descriptors
    assert all(b'"not-allowed"' in read_all(client) for client in clients)
    for client in clients:
        client.close()


def _close(client: socket.socket) -> None:
    client.close()


def _close_halves(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)
    client.close()


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.fault("C11")
def test_a_closed_socket_is_not_taken_for_root(besieged: PortServer) -> None:
    """A client that is gone when the server looks is refused, however long that took.

    The kernel shows such a socket as root's, and root may command every
    server; that the client was ours makes no difference, for nobody knows.
    """
    address = besieged.address
    for delay_ms in TRAP_MS:
        for close in (_close, _close_halves, _reset):
            with besieged.stopped():
                client = connect(address)
                client.sendall(create(f"gone-{delay_ms}"))
                close(client)
                time.sleep(delay_ms / 1000)
            assert besieged.jobs() == [], (delay_ms, close)
    assert "was not carried out" in besieged.complained


@as_root
def test_a_stranger_does_not_become_root_by_closing(besieged: PortServer) -> None:
    """The same for another user, in all the ways that he knows."""
    address = besieged.address
    for delay_ms in TRAP_MS:
        with besieged.stopped():
            seen = output_of(by_stranger(address, "30", "close,close_halves,reset"))
            assert seen == {"hung up": 30}
            time.sleep(delay_ms / 1000)
        assert besieged.jobs() == [], delay_ms


def test_a_client_that_waits_for_its_reply_is_served_however_late(server: PortServer) -> None:
    """A half-closed connection is still somebody's."""
    address = server.address
    for delay_ms in TRAP_MS:
        with server.stopped():
            client = connect(address)
            client.sendall(create(f"patient-{delay_ms}"))
            client.shutdown(socket.SHUT_WR)
            time.sleep(delay_ms / 1000)
        with client:
            assert b'"id":"patient' in read_all(client), delay_ms
    assert len(server.jobs()) == len(TRAP_MS)


def test_looking_at_the_port_is_no_event(server: PortServer) -> None:
    """A port scan is refused without a word in the log."""
    address = server.address
    with server.stopped():
        for close in (_close, _close_halves, _reset) * 5:
            close(connect(address))
    assert server.jobs() == []
    assert server.complained == ""


def test_refusals_do_not_flood_the_log() -> None:
    """Of a thousand strangers the log tells once a second."""
    said: list[str] = []
    check = PeerCheck(lambda _: 5, frozenset({0}), frozenset())
    check._warnings.log = _Recorder(said.append)  # type: ignore[assignment]
    check._warnings.clock = iter([0.0] * 1000 + [1.0]).__next__
    ours, theirs = socket.socketpair()
    with ours, theirs:
        refusals = [check.refusal(ours) for _ in range(1001)]
    assert all(isinstance(refusal, Refusal) for refusal in refusals)
    assert len(said) == 2
    assert said[1].endswith("(999 more like it before)")


class _Recorder:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def warning(self, text: str, *values: object) -> None:
        self._say(text % values)
