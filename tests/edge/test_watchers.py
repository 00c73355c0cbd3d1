"""Crowds of those who watch, wait and follow, some of them rude: what they cost, and whom.

They come by a Unix socket, for which the kernel keeps little: what they leave
unread soon lies in the server. The moves that they are told of are those of
jobs that cannot be started, so that hardly anything else is done.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import define, field
from pace import Stopwatch
from served import LIST, PortServer, ask, connect, create, read_all, served
from steps import processes
from steps.waiting import until
from steps.wire import break_off

from k1s.port.connection import Connection
from k1s.port.terms import Terms
from k1s.protocol import Request
from k1s.streams import READ_BYTES

JOBS: Final = 200
# No file can have such a name, so that none is looked for.
MISSING: Final = "/nowhere/" + "x" * 800
UNSENT_BYTES: Final = 2_000_000
THOUSAND: Final = 1000
WAIT_S: Final = 60
# What a connection costs besides what it has not read, and what the server needs now and then.
CONNECTION_KB: Final = 16
# One that is told of what happens, and of nothing before.
WATCHER_KB: Final = 4
ROOM_KB: Final = 6_000
WATCH_ALL: Final = b'{"command": "watch-jobs", "from": 0}\n'
CONFIG: Final = f'[server]\nsocket = "k1s.sock"\n[limits]\nunsent_bytes = {UNSENT_BYTES}\n'


@pytest.fixture(scope="module")
def teller(
    tmp_path_factory: pytest.TempPathFactory,
    descriptors: None,  # noqa: ARG001
) -> Iterator[PortServer]:
    """One server that has a long story to tell, and little room for those who do not listen."""
    with served(tmp_path_factory.mktemp("teller"), CONFIG) as server:
        jobs = [
            {"id": f"job-{number}", "type": "one-time", "executable": MISSING}
            for number in range(JOBS)
        ]
        line = json.dumps({"command": "create-jobs", "jobs": jobs}).encode() + b"\n"
        assert len(ask(server.address, line)) == JOBS
        yield server


@pytest.fixture
def server(teller: PortServer) -> Iterator[PortServer]:
    """The server with the jobs of its story, and with no other ones afterwards."""
    yield teller
    for job_id in teller.jobs():
        if not job_id.startswith("job-"):
            assert "error" not in ask(teller.address, _request("delete-job", jobId=job_id))


def _request(command: str, **keys: object) -> bytes:
    return json.dumps({"command": command, **keys}).encode() + b"\n"


def _client(all_: ExitStack, server: PortServer, line: bytes) -> socket.socket:
    client = all_.enter_context(connect(server.socket_path))
    client.sendall(line)
    return client


def _read_moves(client: socket.socket, last: int) -> list[dict[str, Any]]:
    """All that a watcher is told up to a move of this number."""
    data = b""
    while not data.endswith(b"\n") or json.loads(data[:-1].rpartition(b"\n")[2])["sequence"] < last:
        piece = client.recv(1 << 20)
        assert piece, "the server has ended the stream"
        data += piece
    return [json.loads(line) for line in data.splitlines()]


def _last_move(server: PortServer) -> int:
    """The number of the latest one."""
    last: int = ask(server.address, _request("get-server-info"))["sequence"]
    return last


def _peak_kb(server: PortServer) -> int:
    return processes.kilobytes(server.pid, "VmHWM")


def _dirty_kb(server: PortServer) -> int:
    """The memory that the server has for itself."""
    lines = Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))


def _descriptors(server: PortServer) -> int:
    return len(os.listdir(f"/proc/{server.pid}/fd"))


@pytest.mark.fault("C15")
def test_watchers_who_read_nothing_cost_what_may_be_unsent(server: PortServer) -> None:
    """Hundreds who want a long story and read none of it: one who listens is told all of it."""
    crowd_size = 200
    with ExitStack() as all_:
        listener, last = _client(all_, server, WATCH_ALL), _last_move(server)
        assert len(_read_moves(listener, last)) == last
        before_kb = processes.forget_peak(server.pid)
        crowd = [_client(all_, server, WATCH_ALL) for _ in range(crowd_size)]
        assert "error" not in ask(server.address, create("late", executable=MISSING))
        told = [move["sequence"] for move in _read_moves(listener, last + 3)]
        assert told == [last + 1, last + 2, last + 3]
        assert len(ask(server.address, LIST)) == JOBS + 1
        allowed_kb = UNSENT_BYTES // 1000 + CONNECTION_KB * crowd_size + ROOM_KB
        assert _peak_kb(server) - before_kb < allowed_kb
        assert _tells_all(crowd[-1], last + 3), (
            "the newest is not dropped for those who were there before"
        )
        assert not _tells_all(crowd[0], last + 3), "the oldest still has his"


def test_a_thousand_watchers_cost_little(server: PortServer) -> None:
    """All who listen are told of each move, beside one who reads nothing of a long story."""
    with ExitStack() as all_:
        before_kb, last = processes.forget_peak(server.pid), _last_move(server)
        deaf = _client(all_, server, WATCH_ALL)
        # Where it begins is said: what comes by another door may be done before the last is met.
        watch_new = _request("watch-jobs", **{"from": last})
        crowd = [_client(all_, server, watch_new) for _ in range(THOUSAND)]
        assert len(ask(server.address, LIST)) == JOBS
        assert "error" not in ask(server.address, create("late", executable=MISSING))
        for client in crowd:
            told = [move["sequence"] for move in _read_moves(client, last + 3)]
            assert told == [last + 1, last + 2, last + 3]
        allowed_kb = WATCHER_KB * THOUSAND + ROOM_KB
        assert _peak_kb(server) - before_kb < allowed_kb
        assert _tells_all(deaf, last + 3)


def _tells_all(client: socket.socket, last: int) -> bool:
    """Whether a watcher who begins to read at last is told of everything up to this move."""
    try:
        moves = _read_moves(client, last)
    except (AssertionError, ConnectionResetError):
        return False
    return [move["sequence"] for move in moves] == [*range(1, last + 1)]


@pytest.mark.fault("C15")
def test_followers_of_logs_who_read_nothing_cost_what_may_be_unsent(server: PortServer) -> None:
    """A large log is not kept in memory for each of those who do not read it."""
    crowd_size = 200
    script = "head -c 3000000 /dev/zero | tr '\\0' x"
    job = create("talks", executable="/bin/sh", arguments=["-c", script])
    assert "error" not in ask(server.address, job)
    assert "error" not in ask(server.address, _request("wait-job", jobId="talks"))
    follow = _request("get-logs", jobIds=["talks"], follow=True)
    with ExitStack() as all_:
        before_kb = processes.forget_peak(server.pid)
        crowd = [_client(all_, server, follow) for _ in range(crowd_size)]
        assert len(ask(server.address, LIST)) == JOBS + 1
        allowed_kb = UNSENT_BYTES // 1000 + CONNECTION_KB * crowd_size + ROOM_KB
        assert _peak_kb(server) - before_kb < allowed_kb
        reader = _client(all_, server, _request("get-logs", jobIds=["talks"]))
        text = "".join(json.loads(line)["text"] for line in read_all(reader).splitlines())
        assert text == "x" * 3_000_000
        assert crowd


@pytest.mark.fault("C11")
@pytest.mark.fault("C12")
def test_a_rude_crowd_of_watchers_leaves_nothing_behind(server: PortServer) -> None:
    """Hang up in the middle of a story, half-close, wait for what never comes: all is given back.

    What the first rounds need is kept for those that follow, and they need no more.
    """
    assert "error" not in ask(server.address, create("stays", executable="/bin/cat"))
    assert "error" not in ask(server.address, _request("wait-job", jobId="stays"))
    before = _descriptors(server)
    _be_rude(server, before)
    settled_kb = _dirty_kb(server)
    for _ in range(2):
        _be_rude(server, before)
    assert _dirty_kb(server) - settled_kb < ROOM_KB // 2
    assert server.complained == ""
    assert _tells_all_of(server)


def _be_rude(server: PortServer, descriptors: int) -> None:
    """Hundreds come, each with a wish of a kind, and each goes in a way of his own."""
    wishes = [
        WATCH_ALL,
        b'{"command": "watch-jobs"}\n',
        _request("wait-job", jobId="job-1", timeoutSeconds=1000) + b"more",
        _request("watch-jobs", jobIds=["nobody"]),
        _request("get-logs", jobIds=["stays"], streams=["stdout", "stderr", "error"], follow=True),
    ]
    waits = _request("wait-job", jobId="sleeps", timeoutSeconds=1000)
    sleeps = create("sleeps", executable="/bin/sleep", arguments=["1000"])
    assert "error" not in ask(server.address, sleeps)
    with ExitStack() as all_:
        for number in range(210):
            wish = waits if number % 2 else wishes[number // 2 % 5]
            client = _client(all_, server, wish)
            match number % 7:
                case 0 | 1:
                    break_off(client)
                case 2 | 3:
                    client.shutdown(socket.SHUT_WR)
                case 4 if wish is WATCH_ALL:
                    assert client.recv(100)
                    client.close()
        watch = Stopwatch(server.pid)
        assert "error" not in ask(server.address, _request("get-job-by-id", jobId="sleeps"))
        assert watch.read() < 10
        assert "error" not in ask(server.address, _request("delete-job", jobId="sleeps"))
    until("the descriptors to be back", lambda: _descriptors(server), lambda n: n <= descriptors)


def _tells_all_of(server: PortServer) -> bool:
    """Whether the story is told as if nobody had been there."""
    last = _last_move(server)
    with connect(server.socket_path) as client:
        client.sendall(WATCH_ALL)
        return [move["sequence"] for move in _read_moves(client, last)] == [*range(1, last + 1)]


@define(eq=False)
class Story:
    """A source of so many lines, each as long as what is read at once."""

    left: int
    wake: Callable[[], None] = field(init=False)
    follows: bool = False
    closed: asyncio.Event = field(factory=asyncio.Event)

    def open(self, wake: Callable[[], None]) -> None:
        self.wake = wake

    def read(self) -> bytes:
        if not self.left:
            return b""
        self.left -= 1
        return b"x" * (READ_BYTES - 1) + b"\n"

    @property
    def is_over(self) -> bool:
        return not self.left

    def finish(self) -> None:
        raise AssertionError("it does not go on")

    def close(self) -> None:
        assert not self.closed.is_set()
        self.closed.set()


async def _tell(story: Story) -> tuple[bytes, list[object]]:
    """What a slow reader gets of a story, and what the event loop complains of."""

    def handle(_: Request, connection: Connection) -> None:
        connection.stream(story)

    loop, complaints = asyncio.get_running_loop(), list[object]()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    ours, theirs = socket.socketpair()
    theirs.settimeout(0)
    crowd: set[Connection] = set()
    connection = Connection(Terms(handle), crowd)
    crowd.add(connection)
    told = b""
    with theirs:
        await loop.connect_accepted_socket(lambda: connection, ours)
        await loop.sock_sendall(theirs, LIST)
        while piece := await loop.sock_recv(theirs, 10_000):
            told += piece
    await asyncio.wait_for(story.closed.wait(), WAIT_S)
    assert not crowd
    return told, complaints


def test_a_stream_that_ends_as_a_slow_reader_catches_up_ends_once() -> None:
    """It is told whole, the connection is closed, and nothing is left of it nor complained of."""
    story = Story(20)
    told, complaints = asyncio.run(_tell(story))
    assert (len(told), complaints) == (20 * READ_BYTES, [])


def test_a_stream_that_fails_as_it_begins_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The client is told that the mistake is ours, and not a piece of the story behind it."""

    class Torn(Story):
        def open(self, wake: Callable[[], None]) -> None:
            wake()
            raise RuntimeError("a defect")

    story = Torn(20)
    told, complaints = asyncio.run(_tell(story))
    assert json.loads(told)["code"] == "internal-error"
    assert (story.left, complaints) == (20, [])
    assert caplog.text.count("a request failed") == 1
