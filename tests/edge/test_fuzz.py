"""Whatever bytes come: each is answered by whole lines, quickly, and nothing is left of it."""

import asyncio
import gc
import json
import os
import random
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import rude
from pace import is_quick
from served import LIST, connect, read_all, served
from steps import processes

from k1s.errors import Code
from k1s.events import (
    Answer,
    Effect,
    Ended,
    Publish,
    ReadLogs,
    SendSignal,
    Start,
    Started,
    Ticket,
    Watch,
)
from k1s.job import Exit, Moment
from k1s.journal import Journal
from k1s.limits import Limits
from k1s.port.connection import Connection
from k1s.port.terms import Terms
from k1s.protocol import JobsReply, Reply, Request
from k1s.registry import Registry
from k1s.streams import Feed

COUNT = int(os.environ.get("K1S_FUZZ", "100000"))
SEED = int(os.environ.get("K1S_FUZZ_SEED", "1"))
# So many workers can share the inputs.
PARTS = 4
SOCKET_COUNT = max(300, COUNT // 300)
# What has taken so long is tried again, beside the floor: it may have been the machine.
SUSPICIOUS_S = 0.05
# So many times the floor are 0.1 s on a machine of today.
STALL = 5
# A line that is as long as may be takes no more than so many times what reading JSON takes.
STRICTNESS = 8
GROWTH_KB_MAX = 8_000
LINE_BYTES = 4096
CODES = {str(code) for code in Code}


# Nobody is at its other end; a connection sets options on it.
SOCKET = socket.socket()
STREAMS = {"watch-jobs", "get-logs"}
# Who asks for one of these may have to wait for the end of a program, and goes before it comes.
PATIENT = (b"delete", b"restart")
MOVES_KEPT = 20


class Wire(asyncio.Transport):
    """The other side of a connection: keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "socket": SOCKET})
        self.written = b""
        self.has_ended = False

    def write(self, data: bytes) -> None:
        assert not self.has_ended, "written after the end"
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_closing(self) -> bool:
        return self.has_ended

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def close(self) -> None:
        self.has_ended = True

    abort = close


class Jobs:
    """A real registry whose programs start in no time; every second signal ends one.

    Nobody writes to their logs.
    """

    def __init__(self) -> None:
        self.journal = Journal(MOVES_KEPT)
        self._registry = Registry("/logs", 5, self.journal)
        self._feed = Feed(self.journal, asyncio.get_running_loop().call_soon)
        self._signals = 0
        self.requests = 0
        self.streams = 0
        self.forget = self._registry.forget

    def handle(self, request: Request, connection: Connection) -> None:
        """Carry the request out at once."""
        self.requests += 1
        now = Moment(float(self.requests), 0.0)
        pending: list[Any] = self._registry.handle(request, connection, now)
        while pending:
            pending = self._carry_out(pending.pop(0), now) + pending

    def _carry_out(self, effect: Effect, now: Moment) -> list[Effect]:
        match effect:
            case Start():
                return self._registry.tell(effect.run, Started(1), now)
            case SendSignal():
                self._signals += 1
                if self._signals % 2:
                    exit = Exit(signal=effect.signal)
                    return self._registry.tell(effect.run, Ended(exit), now)
            case Answer():
                _answer(effect.ticket, effect.reply)
            case Publish():
                self._feed.publish()
            case Watch():
                self._stream(effect.ticket, effect.known, effect.job_ids)
            case ReadLogs():
                self._stream(effect.ticket, self.journal.latest, frozenset())
        return []

    def _stream(self, ticket: Ticket, known: int, job_ids: frozenset[str] | None) -> None:
        assert isinstance(ticket, Connection)
        self.streams += 1
        ticket.stream(self._feed.watch(known, job_ids))


def _answer(ticket: Ticket, reply: Reply) -> None:
    assert isinstance(ticket, Connection)
    ticket.answer(reply)


def _serve(terms: Terms, chance: random.Random, data: bytes) -> bytes:
    """The whole life of a connection on which these bytes come; what it answers."""
    crowd: set[Connection] = set()
    connection, wire = Connection(terms, crowd), Wire()
    crowd.add(connection)
    connection.connection_made(wire)
    for piece in rude.pieces(chance, data):
        connection.data_received(piece)
    connection.eof_received()
    connection.connection_lost(None)
    assert not crowd
    return wire.written


def _check(data: bytes, reply: bytes) -> None:
    """One line of JSON that is an answer or an error, or a stream of any number of lines.

    There is nothing, too, where somebody has gone before a program ended.
    """
    assert not reply or reply.endswith(b"\n"), data
    values = [json.loads(line) for line in reply.splitlines()]
    if len(values) == 1 and "code" in values[0]:
        assert values[0]["code"] in CODES - {"internal-error"}, data
        assert values[0]["error"], data
        return
    line = json.loads(data.partition(b"\n")[0])  # what was obeyed was JSON, by any reader
    assert isinstance(line["command"], str), data
    is_patient = any(word in data for word in PATIENT)
    assert len(values) == 1 or line["command"] in STREAMS or (is_patient and not values), data


def _seconds(act: Callable[[], None]) -> float:
    """On the wall: to ask the kernel what a thread has computed takes as long as some inputs do."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _resident_kb() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.fault("C1")
@pytest.mark.fault("C3")
@pytest.mark.fault("C4")
@pytest.mark.fault("C5")
@pytest.mark.fault("C6")
@pytest.mark.fault("C7")
@pytest.mark.fault("C8")
@pytest.mark.fault("C9")
@pytest.mark.fault("C10")
@pytest.mark.fault("C13")
@pytest.mark.fault("C14")
@pytest.mark.fault("S5")
@pytest.mark.parametrize("part", range(PARTS))
def test_any_bytes_are_answered_in_process(part: int) -> None:
    """A hundred thousand inputs in all: no exception, no stall, no growth."""
    count, seed = COUNT // PARTS, SEED * PARTS + part

    async def run() -> tuple[int, int, int]:
        jobs = Jobs()
        terms = Terms(jobs.handle, Limits(line_bytes=LINE_BYTES), forget=jobs.forget)
        terms.foreign.clock = lambda: 0.0
        chance, settled_kb = random.Random(seed), 0
        for number, data in enumerate(rude.inputs(count, seed)):
            if number == count // 5:
                settled_kb = _resident_kb()

            def serve(data: bytes = data) -> None:
                _check(data, _serve(terms, chance, data))

            assert _seconds(serve) < SUSPICIOUS_S or is_quick(serve, STALL), data
            if number % 100 == 0:
                await asyncio.sleep(0)
        return jobs.requests, jobs.streams, _resident_kb() - settled_kb

    obeyed, streams, grown_kb = asyncio.run(run())
    assert obeyed > count // 50, "the inputs are all too broken to show anything"
    assert streams > count // 500, "hardly anybody watches"
    assert grown_kb < GROWTH_KB_MAX


@pytest.mark.fault("S5")
def test_the_worst_lines_of_full_length_do_not_stall() -> None:
    """At the default limits, whatever fills a line takes little more than reading such JSON."""
    size = Limits().line_bytes - 100
    worst = {
        "brackets": b'{"command": ' + b"[" * size,
        "objects": b'{"a":' * (size // 5),
        "digits": b'{"command": ' + b"9" * size + b"}",
        "real": b'{"command": 0.' + b"9" * size + b"}",
        "exponent": b'{"command": 1e' + b"9" * size + b"}",
        "text": b'{"command": "' + b"x" * size + b'"}',
        "escapes": b'{"command": "' + b"\\u00e9" * (size // 6) + b'"}',
        "equal keys": b"{" + b'"a":1,' * (size // 6) + b'"command": 1}',
        "other keys": b"{" + b",".join(b'"%06x":1' % n for n in range(size // 12)) + b"}",
        "blanks": b'{"command":' + b" " * size + b"}",
        "a token": b'{"command": "get-all-jobs", "token": "' + b"x" * (size - 50) + b'"}',
        "streams": b'{"command": "get-logs", "jobIds": ["a"], "streams": ['
        + b",".join([b'"stdout"'] * (size // 10))
        + b"]}",
        "jobs": b'{"command": "create-jobs", "jobs": ['
        + b",".join([b'{"id":"a","type":"one-time","executable":"x"}'] * (size // 50))
        + b"]}",
    }
    assert max(map(len, worst.values())) <= Limits().line_bytes

    def serve(line: bytes) -> None:
        terms = Terms(Jobs().handle)
        assert json.loads(_serve(terms, random.Random(0), line + b"\n")) is not None

    def read() -> None:
        json.loads(worst["other keys"])

    async def slow() -> list[str]:
        return [
            name
            for name, line in worst.items()
            if not is_quick(lambda line=line: serve(line), STRICTNESS, read)
        ]

    assert asyncio.run(slow()) == []


@pytest.mark.fault("C14")
@pytest.mark.parametrize("data", rude.CORPUS["C14"])
def test_every_other_protocol_is_suspected(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """The warning names the address."""

    async def run() -> bytes:
        return _serve(Terms(Jobs().handle), random.Random(0), data)

    assert "error" in json.loads(asyncio.run(run()))
    assert caplog.text.count("possible cross-protocol request from 127.0.0.1:1") == 1


@pytest.mark.fault("S4")
def test_an_exception_in_one_request_is_that_requests_alone() -> None:
    """The client is told that the mistake is ours, the log has it once, the next one is served."""

    def handle(request: Request, connection: Connection) -> None:
        if len(seen) == 0:
            seen.append(request)
            raise RuntimeError("a defect")
        connection.answer(JobsReply(()))

    async def run() -> list[bytes]:
        terms, chance = Terms(handle), random.Random(0)
        return [_serve(terms, chance, LIST) for _ in range(2)]

    seen: list[Request] = []
    first, second = asyncio.run(run())
    assert json.loads(first)["code"] == "internal-error"
    assert "a defect" not in first.decode()
    assert second == b"[]\n"


@pytest.mark.fault("C3")
def test_a_hundred_megabytes_on_one_line_are_not_kept(tmp_path: Path) -> None:
    """The line is refused at its bound, the rest is thrown away, and memory stays flat."""
    with served(tmp_path) as server:
        assert server.jobs() == []
        before = _server_kb(server.pid)
        with connect(server.address) as client:
            reply = _pour(client, b"{" + b" " * ((1 << 20) - 1), 100)
            assert json.loads(reply)["code"] == "line-too-long"
        assert server.jobs() == []
        assert _server_kb(server.pid, "VmHWM") - before < 20_000


def _pour(client: socket.socket, part: bytes, times: int) -> bytes:
    """Send as long as the server takes it, and listen all the while."""
    reply, left = b"", part * times
    client.settimeout(0)
    while True:
        readable, writable, _ = select.select([client], [client] if left else [], [], 30)
        assert readable or writable, "the server neither takes nor says anything"
        try:
            if readable:
                heard = client.recv(4096)
                reply += heard
                if not heard:
                    return reply
            elif writable:
                left = left[client.send(left[: 1 << 20]) :]
        except (BrokenPipeError, ConnectionResetError):
            return reply


def _server_kb(pid: int, what: str = "VmRSS") -> int:
    return int(processes.status(pid, what).split()[0])


@pytest.mark.fault("C2")
@pytest.mark.fault("S5")
def test_any_bytes_are_answered_through_the_socket(tmp_path: Path) -> None:
    """Some hundreds: each gets its line, none costs the server 0.1 s, memory and log stay flat."""
    config = f"[limits]\nline_bytes = {LINE_BYTES}\njobs = 5\n"
    with served(tmp_path, config) as server:
        for data in rude.inputs(100, SEED):
            _exchange(server.address, data)
        before_kb = _server_kb(server.pid)
        for data in rude.inputs(SOCKET_COUNT, SEED + 1):

            def exchange(data: bytes = data) -> None:
                _check(data, _exchange(server.address, data))

            def cost(act: Callable[[], object]) -> float:
                began = _cpu_s(server.pid)
                act()
                return _cpu_s(server.pid) - began

            assert cost(exchange) < SUSPICIOUS_S or is_quick(exchange, STALL, cost=cost), data
        assert _server_kb(server.pid) - before_kb < GROWTH_KB_MAX
        assert "Traceback" not in server.complained
        assert len(server.jobs()) <= 5


def _exchange(address: tuple[str, int], data: bytes) -> bytes:
    with connect(address) as client:
        with suppress(OSError):
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        return read_all(client)


def _cpu_s(pid: int) -> float:
    """What the server has computed, to the nanosecond; its children are not counted."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
