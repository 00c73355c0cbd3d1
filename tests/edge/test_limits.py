"""The bounds of a server, each at its bound, and what is shown of an environment."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import fields
from served import LIST, Lend, PortServer, ask, connect, create, read_all, refusal, served
from steps import processes
from steps.waiting import until
from steps.wire import break_off

from k1s.errors import ConfigError, RequestError
from k1s.jobsfile.parsing import parse
from k1s.limits import Limits
from k1s.port.held import UNFINISHED_BYTES_MAX, Unfinished, Unsent

SECRET = "hunter2-is-the-secret"
FIN_WAIT_1 = "04"  # closed, and something that was written before is still to be read
KEEPALIVE = "02"  # the kernel asks from time to time whether the other side is still there
# So little that each bound is near.
SMALL = """
[limits]
jobs = 2
line_bytes = 4096
arguments = 2
argument_bytes = 6
environment_variables = 2
environment_bytes = 100
"""
HURRIED = "[limits]\nreply_deadline_seconds = 0.1\nline_deadline_seconds = 0.5\n"
LONG_BYTES = 20_000_000
SHORT_BYTES = 60_000
STUBBORN = "trap '' INT; echo ready; while :; do sleep 1000; done"


def test_without_a_word_the_limits_are_what_they_were() -> None:
    """An empty configuration bears what the server has always borne."""
    limits = parse(b"", "k1s.toml").config.limits
    assert limits == Limits()
    assert (limits.connections, limits.jobs, limits.line_bytes) == (10_000, 20_000, 1024 * 1024)
    assert (limits.line_deadline_seconds, limits.reply_deadline_seconds) == (30, 30)


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_every_limit_has_a_range_and_says_it(name: str) -> None:
    """What is beyond either end is one line that names the key and both ends."""
    for bad in ("-1", "1e300" if "seconds" in name else "99999999999999"):
        with pytest.raises(ConfigError) as caught:
            parse(f"[limits]\n{name} = {bad}\n".encode(), "k1s.toml")
        found = re.fullmatch(
            rf"k1s.toml: limits.{name} wants a(?: whole)? number from (\S+) to (\S+), got .*",
            str(caught.value),
        )
        assert found, caught.value
        for end in found.groups():
            limits = parse(f"[limits]\n{name} = {end}\n".encode(), "k1s.toml").config.limits
            assert getattr(limits, name) == float(end)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("line_byte = 5", "limits has no key 'line_byte': did you mean line_bytes?"),
        ("jobs = 1.5", "limits.jobs wants a whole number, got 1.5"),
        ("jobs = true", "limits.jobs wants a whole number, got true"),
        ('line_deadline_seconds = "5"', "limits.line_deadline_seconds wants a number, got '5'"),
        ("line_deadline_seconds = nan", "limits.line_deadline_seconds wants a number from 0.1"),
    ],
)
def test_a_server_with_a_mistake_does_not_start(line: str, text: str) -> None:
    """One line, exit code 2."""
    code, complaint = refusal(f"[limits]\n{line}\n")
    assert (code, f"k1s.toml: {text}" in complaint) == (2, True), complaint


@pytest.fixture
def small(lend: Lend) -> Iterator[PortServer]:
    """A server that takes little."""
    with lend(SMALL) as server:
        yield server


@pytest.mark.parametrize(
    ("fits", "too_much", "text"),
    [
        (
            {"arguments": ["a", "b"]},
            {"arguments": ["a", "b", "c"]},
            "job.arguments has 3 items, and this server takes at most 2",
        ),
        (
            {"arguments": ["ä", "ab"]},
            {"arguments": ["ä", "abc"]},
            "job.arguments has 7 bytes, and this server takes at most 6",
        ),
        (
            {"environment": {"A": SECRET, "B": SECRET}},
            {"environment": {"A": SECRET, "B": SECRET, "C": SECRET}},
            "job.environment has 3 variables, and this server takes at most 2",
        ),
        (
            {"environment": {"A": "x" * 47, "B": "y" * 47}},
            {"environment": {"A": "x" * 47, "B": "y" * 48}},
            "job.environment has 101 bytes, and this server takes at most 100",
        ),
    ],
)
def test_the_size_of_a_job_is_bounded(
    small: PortServer, fits: dict[str, Any], too_much: dict[str, Any], text: str
) -> None:
    """What just fits is taken, and one more is refused in words that quote no value."""
    assert ask(small.address, create("fits", **fits))["id"] == "fits"
    refused = ask(small.address, create("more", **too_much))
    assert refused == {"error": text, "code": "invalid-request"}
    assert small.jobs() == ["fits"]


def test_the_number_of_jobs_is_bounded(small: PortServer) -> None:
    """The last job that fits is made, and one more is refused."""
    for job_id in ("a", "b"):
        assert ask(small.address, create(job_id))["id"] == job_id
    refused = ask(small.address, create("c"))
    assert refused["code"] == "too-many-jobs"
    assert "has 2 jobs already" in refused["error"]
    assert small.jobs() == ["a", "b"]


@pytest.mark.fault("C3")
def test_a_line_is_bounded(small: PortServer) -> None:
    """A line that just fits is served, and one more byte is refused, with or without its end."""
    fits = LIST.rstrip().ljust(4096) + b"\n"
    assert ask(small.address, fits) == []
    for too_long in (b" " + fits, fits[:-1] + b"  "):
        line = b"{" + too_long[1:]
        assert ask(small.address, line)["code"] == "line-too-long"


@pytest.mark.fault("C2")
def test_a_slow_line_has_a_deadline(lend: Lend) -> None:
    """Silent, half a line, drop by drop: each is told, and dropped on time; others are served."""
    with lend(HURRIED) as server, ExitStack() as all_:
        began = time.monotonic()
        silent, half, drops = (all_.enter_context(connect(server.address)) for _ in range(3))
        half.sendall(b'{"command": "get-a')
        drops.sendall(b"{")
        for _ in range(8):
            _try_to_send(drops, b" ")
            until("others to be served", lambda: _ask_in_time(server.address, LIST) == [])
        for client in (silent, half, drops):
            reply = json.loads(read_all(client))
            assert reply["code"] == "too-slow"
            assert "0.5 s" in reply["error"]
        assert time.monotonic() - began >= 0.5


def _try_to_send(client: socket.socket, data: bytes) -> None:
    try:
        client.send(data)
    except OSError:
        return


def _ask_in_time(address: tuple[str, int], line: bytes) -> Any:
    """The reply; None to a line that has come too late, for we may be kept from sending it."""
    with suppress(ConnectionError):
        reply = ask(address, line)
        if not (isinstance(reply, dict) and reply.get("code") == "too-slow"):
            return reply
    return None


def _begin_to_read(address: tuple[str, int], line: bytes) -> socket.socket | None:
    """A client to whom a stream has begun to come; None if its line has come too late."""
    client = connect(address)
    with suppress(ConnectionError):
        client.sendall(line)
        if b'"too-slow"' not in client.recv(1000, socket.MSG_PEEK):
            return client
    client.close()
    return None


@pytest.mark.fault("C15")
def test_a_reply_that_is_not_read_has_a_deadline(tmp_path: Path) -> None:
    """Who reads nothing is dropped on time, though the reply has not gone out."""
    with served(tmp_path, "[limits]\nreply_deadline_seconds = 0.5\n") as server:
        _make_big(server.address, 9)
        began = time.monotonic()
        with _deaf_client(server.address) as client:
            until("it to be dropped", lambda: _is_dropped(server.pid, client))
            assert time.monotonic() - began >= 0.5
        # All of them are more than is certain to be read within that time.
        info = ask(server.address, b'{"command": "get-server-info"}\n')
        assert sum(info["jobs"].values()) == 9


@pytest.mark.parametrize("how", ["follow", "to the end"])
def test_a_stream_has_no_deadline(lend: Lend, how: str) -> None:
    """Who reads a log late gets all of it, also if he wants what is there and no more."""
    text = "".join(f"{number}\n" for number in range(1_000_000))
    with lend(HURRIED) as server:
        made = create("job", executable="/bin/true")
        until("the job to be there", lambda: _ask_in_time(server.address, made))
        (server.folder / "stdout_job.log").write_text(text)
        read = {"command": "get-logs", "jobIds": ["job"], "follow": how == "follow"}
        line = json.dumps(read).encode() + b"\n"
        begun = until("the stream to begin", lambda: _begin_to_read(server.address, line))
        assert begun is not None
        with begun as late, connect(server.address) as silent:
            if how == "follow":
                late.shutdown(socket.SHUT_WR)
            assert json.loads(read_all(silent))["code"] == "too-slow"
            pieces = map(json.loads, read_all(late).splitlines())
            assert "".join(piece["text"] for piece in pieces) == text


def test_who_waits_is_looked_after_by_the_kernel(server: PortServer) -> None:
    """A machine that vanishes without a word keeps no place: nothing would ever be sent to it."""
    with ExitStack() as all_:
        stubborn = {"executable": "/bin/sh", "arguments": ["-c", STUBBORN]}
        for name in ("waits", "ends", "restarts"):
            ask(server.address, create(name, stopTimeoutSeconds=1000, **stubborn))
            log = server.folder / f"stdout_{name}.log"
            until("the program to ignore signals", log.read_text)
        wishes = [("wait-job", "waits"), ("delete-job", "ends"), ("restart-job", "restarts")]
        clients = [all_.enter_context(connect(server.address)) for _ in wishes]
        for client, (command, job_id) in zip(clients, wishes, strict=True):
            client.sendall(json.dumps({"command": command, "jobId": job_id}).encode() + b"\n")
        silent = all_.enter_context(connect(server.address))
        for client in clients:
            look = partial(_timer, server.pid, client)
            until("the kernel to look after it", look, lambda timer: timer == KEEPALIVE)
        assert _timer(server.pid, silent) != KEEPALIVE


@pytest.mark.fault("C15")
def test_replies_that_are_not_read_are_bounded_in_all(tmp_path: Path) -> None:
    """When they hold too much, the oldest are dropped; one who reads gets all of it."""
    with served(tmp_path, "[limits]\nunsent_bytes = 5_000_000\n") as server, ExitStack() as all_:
        _make_big(server.address, 6)
        before = processes.kilobytes(server.pid, "VmHWM")
        clients = [all_.enter_context(_deaf_client(server.address)) for _ in range(12)]
        whole = ask(server.address, LIST)
        assert len(whole) == 6
        cut_off = sum(not _is_connected(server.pid, client) for client in clients)
        assert cut_off >= 6, cut_off  # the kernel takes a part of each reply
        assert _is_connected(server.pid, clients[-1])
        assert processes.kilobytes(server.pid, "VmHWM") - before < 30_000


def _make_big(address: tuple[str, int], count: int) -> None:
    """So many jobs that a list has nearly a megabyte of each."""
    for number in range(count):
        reply = ask(address, create(f"big-{number}", arguments=["x" * 100_000] * 9))
        assert "error" not in reply


def _deaf_client(address: tuple[str, int]) -> socket.socket:
    """A client that has asked for much and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(address)
    client.sendall(LIST)
    return client


def _is_connected(pid: int, client: socket.socket) -> bool:
    """Whether the server still has its end of the connection, by the kernel's own list."""
    return any(words[9] != "0" for words in _ends(pid, client))


def _is_dropped(pid: int, client: socket.socket) -> bool:
    """Whether the server has closed its end; one that it has not taken in yet is nobody's, too."""
    return any(words[3] == FIN_WAIT_1 for words in _ends(pid, client))


def _ends(pid: int, client: socket.socket) -> list[list[str]]:
    """What the kernel lists of the server's end of a connection."""
    ours, theirs = client.getsockname(), client.getpeername()
    wanted = f"{_hex(theirs)} {_hex(ours)}"
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()
    return [line.split() for line in lines if wanted in line]


def _timer(pid: int, client: socket.socket) -> str:
    """What the kernel waits for at the server's end of a connection; nothing if there is none."""
    return "".join(words[5].partition(":")[0] for words in _ends(pid, client))


def _hex(name: tuple[str, int]) -> str:
    return f"{socket.inet_aton(name[0])[::-1].hex().upper()}:{name[1]:04X}"


class _Reader:
    def __init__(self, dropped: list[int], number: int) -> None:
        self._drop: Callable[[], None] = lambda: dropped.append(number)

    def drop(self) -> None:
        self._drop()


def test_the_oldest_reader_goes_first_and_the_newest_never() -> None:
    """Exactly so many are dropped as have to be."""
    dropped: list[int] = []
    unsent = Unsent(100)
    readers = [_Reader(dropped, number) for number in range(5)]
    for reader in readers[:4]:
        unsent.add(reader, 25)
    assert dropped == []
    unsent.remove(readers[1])
    unsent.remove(readers[1])
    unsent.add(readers[4], 30)
    assert dropped == [0]
    giant = _Reader(dropped, 9)
    unsent.add(giant, 1000)
    assert dropped == [0, 2, 3, 4]


def test_who_holds_more_than_before_is_counted_once() -> None:
    """A paused stream that fails, or a request that goes on, is as large as it is now."""
    dropped: list[int] = []
    unsent = Unsent(100)
    first, second = (_Reader(dropped, number) for number in range(2))
    unsent.add(second, 10)
    for size in (30, 60, 90):
        unsent.add(first, size)
    assert dropped == []
    unsent.remove(first)
    unsent.add(first, 90)
    assert dropped == []
    unsent.add(first, 91)
    assert dropped == [1]


def test_the_oldest_unfinished_request_goes_first() -> None:
    """It may be the one that grows; what is finished, refused or gone counts no more."""
    ended: list[str] = []

    class Writer:
        def __init__(self, name: str) -> None:
            self.name = name

        def hold_no_more(self) -> None:
            ended.append(self.name)

    unfinished = Unfinished(100)
    one, two = Writer("one"), Writer("two")
    unfinished.add(one, 40)
    unfinished.add(two, 40)
    unfinished.add(one, 70)
    assert ended == ["one"]
    unfinished.add(two, 1000)
    assert ended == ["one"]


def test_the_beginnings_of_short_requests_are_bounded_too(
    server: PortServer,
    descriptors: None,  # noqa: ARG001
) -> None:
    """However many begin one: what lies here of all of them together is bounded."""
    beginning = LIST.rstrip(b"}\n").ljust(SHORT_BYTES)
    ask(server.address, LIST)
    before_kb = processes.forget_peak(server.pid)
    with ExitStack() as stack:
        clients = []
        for _ in range(UNFINISHED_BYTES_MAX // SHORT_BYTES + 100):
            clients.append(stack.enter_context(connect(server.address)))
            clients[-1].sendall(beginning)
        assert json.loads(read_all(clients[0]))["code"] == "too-slow"
        clients[-1].sendall(b"}\n")
        assert json.loads(read_all(clients[-1])) == []
        grown_kb = processes.kilobytes(server.pid, "VmHWM") - before_kb
    assert grown_kb * 1024 < 1.5 * UNFINISHED_BYTES_MAX, grown_kb


def test_a_long_request_counts_no_longer_than_it_lies_here(tmp_path: Path) -> None:
    """However many were finished, refused or given up, one who is slow has all the room."""
    whole = LIST.rstrip(b"}\n").ljust(LONG_BYTES - 2) + b"}\n"
    with served(tmp_path, f"[limits]\nline_bytes = {LONG_BYTES}\n") as server:
        for end in (_finish, _go_too_far, _give_up):
            with connect(server.address) as slow:
                slow.sendall(whole[:-2])
                for _ in range(UNFINISHED_BYTES_MAX // LONG_BYTES + 1):
                    with connect(server.address) as client:
                        end(client, whole)
                slow.sendall(whole[-2:])
                assert json.loads(read_all(slow)) == [], end


def _finish(client: socket.socket, whole: bytes) -> None:
    client.sendall(whole)
    assert json.loads(read_all(client)) == []


def _go_too_far(client: socket.socket, whole: bytes) -> None:
    client.sendall(whole[:-2] + b" " * 2000)
    assert json.loads(read_all(client))["code"] == "line-too-long"


def _give_up(client: socket.socket, whole: bytes) -> None:
    client.sendall(whole[:-2])
    break_off(client)


def test_a_job_at_the_default_limits_is_taken() -> None:
    """Nothing that fits into a line is refused by default for its bytes alone."""
    with pytest.raises(RequestError, match="100001 items"):
        _check(arguments=("",) * 100_001)
    _check(arguments=("",) * 100_000)
    _check(arguments=("x" * (1024 * 1024 - 1),))


def _check(**more: Any) -> None:
    from k1s.job import JobSpec, JobType

    Limits().check_job(JobSpec("a", JobType.ONE_TIME, "/bin/true", **more), "job")


# The environment


def _with_environment(job_id: str, environment: object) -> bytes:
    return create(job_id, environment=environment)


WRONG_ENVIRONMENTS: list[object] = [
    SECRET,
    f"A={SECRET}",
    [SECRET],
    {"A": [SECRET]},
    {"A": {"B": SECRET}},
    {"A": SECRET + "\0"},
    {"A": SECRET + "\ud800"},
    {f"A={SECRET}": "x"},
    {"": SECRET},
    {"A\0": SECRET},
    {"A": SECRET, "B": 5},
    {"A": SECRET * 100},
]


def test_a_value_of_an_environment_is_shown_to_its_owner_and_nowhere_else(
    small: PortServer,
) -> None:
    """Replies have it; the logs of a run that cannot be started do not."""
    variables = {"TOKEN": SECRET, "PATH": f"/{SECRET}"}
    line = create("a", executable="no-such-program", environment=variables)
    reply = ask(small.address, line)
    assert reply["environment"] == variables
    assert ask(small.address, LIST)[0]["environment"] == variables
    assert "not found on the PATH" in reply["lastError"]
    assert "hunter2" not in reply["lastError"]
    written = "".join(path.read_text() for path in small.folder.glob("*.log"))
    assert "not found on the PATH" in written
    assert "hunter2" not in written + small.complained + small.said


def test_a_value_of_an_environment_is_in_no_error_and_no_log(small: PortServer) -> None:
    """However wrong it is: the reply, the server's own talk and the error log keep it secret."""
    for environment in WRONG_ENVIRONMENTS:
        line = _with_environment("bad", environment)
        reply = ask(small.address, line)
        assert "error" in reply
        assert "hunter2" not in json.dumps(reply)
        for broken in (line[:-4] + b"\n", line.replace(b'"id"', b'"id": "x", "id"'), line[1:]):
            assert "hunter2" not in json.dumps(ask(small.address, broken))
    assert small.jobs() == []
    assert "hunter2" not in small.complained + small.said
