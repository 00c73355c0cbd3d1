"""Tokens: their files, how they are compared, and what a wrong one costs."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest
from served import (
    LIST,
    STRANGER,
    PortServer,
    as_root,
    ask,
    by_stranger,
    client_lists,
    connect,
    create,
    output_of,
    refusal,
    served,
)
from steps.server import K1S
from steps.waiting import until

from k1s.port import admission, tokens
from k1s.port.admission import TokenCheck
from k1s.port.tokens import TokenError

TOKEN = "a-token-of-exactly-32-characters"
# Between two requests of somebody who makes many.
BREATH_S = 0.01


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(TOKEN + "\n")
    return path


def _line(token: object, line: bytes = LIST) -> bytes:
    return json.dumps({**json.loads(line), "token": token}).encode() + b"\n"


# Files


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_a_new_token_can_be_read_by_its_owner_alone(tmp_path: Path, umask: int) -> None:
    """Whatever the umask is; and no two tokens are the same."""
    before = os.umask(umask)
    try:
        for name in "ab":
            tokens.make(str(tmp_path / name))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    first, second = (tokens.read(str(tmp_path / name)) for name in "ab")
    assert re.fullmatch(r"[\w-]{43}", first)
    assert first != second


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_a_token_is_never_written_over_anything(tmp_path: Path, kind: str) -> None:
    """What is there stays, and a link is not followed."""
    path, target = tmp_path / "it", tmp_path / "target"
    match kind:
        case "file":
            path.write_text("precious")
        case "folder":
            path.mkdir()
        case "link":
            target.write_text("precious")
            path.symlink_to(target)
        case _:
            path.symlink_to(target)
    before = os.lstat(path)
    with pytest.raises(TokenError, match="is there already"):
        tokens.make(str(path))
    assert os.lstat(path) == before
    assert not target.exists() or target.read_text() == "precious"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_token_that_others_can_use_is_refused(token_file: Path, mode: int) -> None:
    """One bit for anybody else is too much, and the mend is named."""
    token_file.chmod(mode)
    with pytest.raises(TokenError, match=re.escape(f"chmod 600 {token_file}")):
        tokens.read(str(token_file))
    token_file.chmod(0o400)
    assert tokens.read(str(token_file)) == TOKEN


@as_root
def test_a_token_of_somebody_else_is_refused(token_file: Path) -> None:
    """Its owner could read it and change it."""
    os.chown(token_file, STRANGER, STRANGER)
    with pytest.raises(TokenError, match="belongs to another user"):
        tokens.read(str(token_file))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "32 to 1024 characters"),
        (TOKEN.encode()[:-1], "32 to 1024 characters"),
        (b"x" * 1025, "32 to 1024 characters"),
        (b"x" * 1_000_000, "32 to 1024 characters"),
        (TOKEN.encode() + b"\nand more", "holds no token"),
        (TOKEN.encode() + b" x", "holds no token"),
        (TOKEN.encode() + b"\xff", "holds no token"),
        (TOKEN.encode() + b"\0", "holds no token"),
    ],
)
def test_what_is_no_token_is_refused_and_never_quoted(
    token_file: Path, content: bytes, text: str
) -> None:
    """Too short to be safe, too long, or something else altogether."""
    token_file.write_bytes(content)
    with pytest.raises(TokenError, match=text) as caught:
        tokens.read(str(token_file))
    assert TOKEN[:10] not in str(caught.value)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A FIFO does not hang whoever reads it."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    for name in ("fifo", "folder", "missing", "a\0b"):
        with _deadline(), pytest.raises(TokenError, match=r"no regular file|cannot read"):
            tokens.read(str(tmp_path / name))


@contextmanager
def _deadline() -> Iterator[None]:
    """A call that hangs fails instead."""

    def give_up(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_the_command_makes_a_token_once(tmp_path: Path) -> None:
    """`k1s token` writes k1s.token, unless it is told another file, and refuses a second time."""
    first = _make(tmp_path)
    assert (first.returncode, first.stdout, first.stderr) == (0, "k1s.token\n", "")
    made = (tmp_path / "k1s.token").read_bytes()
    again = _make(tmp_path)
    assert again.returncode == 1
    assert again.stderr.startswith("k1s: k1s.token is there already")
    assert (tmp_path / "k1s.token").read_bytes() == made


def _make(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [K1S, "token"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


# The comparison and its price


def test_only_the_token_itself_is_admitted() -> None:
    """Not a part of it, nor more than it, nor nothing."""
    check = TokenCheck(TOKEN)
    assert check.admits(TOKEN)
    wrong = [None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "\ud800", "x" * 1_000_000]
    assert not any(map(check.admits, wrong))
    assert TOKEN not in repr(check)


def test_each_failure_costs_more_up_to_a_bound() -> None:
    """Twice as much each time, by address, until some minutes of peace have passed."""
    now = 0.0
    check = TokenCheck(TOKEN, clock=lambda: now)
    assert [check.delay("192.0.2.1") for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]
    assert [check.delay("192.0.2.1") for _ in range(10_000)] == [5] * 10_000
    assert check.delay("192.0.2.2") == 0.1
    now = admission.FORGET_S
    assert check.delay("192.0.2.1") == 5
    now = 2 * admission.FORGET_S + 1
    assert check.delay("192.0.2.1") == 0.1


def test_an_ipv6_network_is_one_address() -> None:
    """Whoever has one address of it has them all; what is no address at all is one, too."""
    check = TokenCheck(TOKEN)
    assert check.delay("2001:db8::1") == 0.1
    assert check.delay("2001:db8::ffff:2%eth0") == 0.2
    assert check.delay("2001:db8:0:1::1") == 0.1
    assert check.delay("") == 0.1
    assert check.delay("?") == 0.2


def test_what_is_remembered_of_failures_is_bounded() -> None:
    """Ten thousand addresses cost no more than the last few thousand of them."""
    check = TokenCheck(TOKEN)
    for number in range(10_000):
        check.delay(f"10.0.{number >> 8}.{number & 255}")
    assert len(check._failures) == admission.ADDRESSES_MAX
    assert check.delay("10.0.39.15") == 0.2  # the last one is still known
    assert check.delay("10.0.0.0") == 0.1  # the first one is forgotten


# The server


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with the token of a server."""
    path = tmp_path_factory.mktemp("key") / "secret"
    path.touch(0o600)
    path.write_text(TOKEN)
    return path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Iterator[PortServer]:
    """One server with a token; whoever fails waits for longer each time, also in the next test."""
    config = f'[server]\nsocket = "k1s.sock"\ntoken_file = "{key}"\n'
    with served(tmp_path_factory.mktemp("guarded"), config) as server:
        yield server


def _config(token_file: Path, more: str = "") -> str:
    return f'[server]\ntoken_file = "{token_file}"\n{more}'


def test_the_unix_socket_needs_no_token(guarded: PortServer) -> None:
    """There the kernel knows who it is."""
    assert ask(guarded.socket_path, LIST) == []


def test_the_client_sends_the_token_that_the_environment_names(
    tmp_path: Path, token_file: Path, guarded: PortServer
) -> None:
    """With it the client is served, without it the server says what is missing."""
    port = guarded.address[1]
    assert client_lists(tmp_path, "-p", str(port), K1S_TOKEN_FILE=str(token_file)).stdout == "[]\n"
    without = client_lists(tmp_path, "-p", str(port))
    assert (without.returncode, "K1S_TOKEN_FILE" in without.stderr) == (1, True)
    token_file.chmod(0o644)
    careless = client_lists(tmp_path, "-p", str(port), K1S_TOKEN_FILE=str(token_file))
    assert (careless.returncode, "chmod 600" in careless.stderr) == (2, True)


def test_who_sets_a_token_gets_nobody_in_without_it(guarded: PortServer) -> None:
    """On loopback as well; what is wrong is not executed, whatever else is right."""
    for line in [create("a"), *(_line(token, create("a")) for token in (TOKEN[:-1], None))]:
        reply = ask(guarded.address, line)
        assert reply["code"] == "not-allowed"
        assert "K1S_TOKEN_FILE" in reply["error"]
    assert ask(guarded.address, _line(5))["code"] == "invalid-request"
    assert ask(guarded.address, _line(None, b'{"command": "nonsense"}'))["code"] == "not-allowed"
    assert ask(guarded.address, _line(TOKEN)) == []
    assert ask(guarded.address, _line(TOKEN, create("b")))["id"] == "b"
    delete = b'{"command": "delete-job", "jobId": "b"}'
    assert ask(guarded.address, _line(TOKEN, delete)) == {"message": "Job deleted"}
    assert ask(guarded.address, _line(TOKEN, b'{"command": "?"}'))["code"] == "unknown-command"
    assert TOKEN not in guarded.complained + guarded.said


def test_a_client_that_leaves_while_it_is_kept_waiting_is_no_event(guarded: PortServer) -> None:
    """Its timer goes with it."""
    for _ in range(50):
        client = connect(guarded.address)
        client.sendall(_line("wrong"))
        client.close()
    assert ask(guarded.address, _line(TOKEN)) == []
    assert "Traceback" not in guarded.complained


def test_wrong_tokens_are_answered_late_and_keep_nobody_else_waiting(
    tmp_path: Path, token_file: Path
) -> None:
    """Each failure takes longer; meanwhile the right token is served at once."""
    with served(tmp_path, _config(token_file)) as server, ThreadPoolExecutor(1) as thread:
        address = server.address
        began = time.monotonic()
        meanwhile = [_served_while_one_fails(address, thread) for _ in range(4)]
        assert time.monotonic() - began >= 0.1 + 0.2 + 0.4 + 0.8
        while max(meanwhile) <= 10 and len(meanwhile) < 10:  # the machine has other things to do
            meanwhile.append(_served_while_one_fails(address, thread))
        assert max(meanwhile) > 10, meanwhile


def _served_while_one_fails(address: tuple[str, int], thread: ThreadPoolExecutor) -> int:
    """How often the right token is served until a wrong one is refused."""
    failing, served_meanwhile = thread.submit(ask, address, _line("wrong")), 0
    while wait([failing], BREATH_S).not_done:
        assert ask(address, _line(TOKEN)) == []
        served_meanwhile += 1
    assert failing.result()["code"] == "not-allowed"
    return served_meanwhile


def test_a_token_that_nobody_asked_for_does_no_harm(server: PortServer) -> None:
    """A client may always send it; but it has to be text."""
    assert ask(server.address, _line("whatever")) == []
    assert ask(server.address, _line(None)) == []
    assert ask(server.address, _line(["secret"])) == {
        "error": "token wants text, got something else",
        "code": "invalid-request",
    }


@as_root
def test_the_token_does_not_replace_the_look_at_the_user(
    tmp_path: Path, token_file: Path, guarded: PortServer
) -> None:
    """A stranger is refused before he can try one; with `auth = "none"` the token decides."""

    def is_told_of() -> bool:
        assert output_of(by_stranger(guarded.address, "2", "wait")) == {"not-allowed": 2}
        return "refused a client of user" in guarded.complained

    until("the server to tell of one that it has refused", is_told_of)
    with served(tmp_path, _config(token_file, 'auth = "none"\n')) as server:
        assert server.complained == ""
        assert output_of(by_stranger(server.address, "2", "wait")) == {"not-allowed": 2}
        assert ask(server.address, _line(TOKEN)) == []


def test_a_token_file_that_cannot_be_used_is_one_line(tmp_path: Path, token_file: Path) -> None:
    """A server that could not tell right from wrong does not start."""
    token_file.chmod(0o644)
    code, complaint = refusal(_config(token_file))
    assert (code, f"server.token_file: {token_file} can be used" in complaint) == (2, True)
    code, complaint = refusal(_config(tmp_path / "missing"))
    assert (code, "no such file or directory" in complaint) == (2, True), complaint
