"""The client of the measures: blocking, a connection for each request, and nothing to spare."""

import json
import socket
from collections import deque
from collections.abc import Iterable, Sequence
from time import perf_counter

Address = tuple[str, int]

_TIMEOUT_S = 60
_PART_BYTES = 1 << 16


def line(message: object) -> bytes:
    """A request as it goes over the wire."""
    return json.dumps(message).encode() + b"\n"


def exchange(address: Address, request: bytes) -> bytes:
    """Send one line and read until the server closes."""
    return _read(_ask(address, request))


def seconds_for(address: Address, requests: Sequence[bytes], at_once: int = 1) -> float:
    """How long these requests take (s), so many under way at once; each must find a job running."""
    begin = perf_counter()
    replies = _exchange_all(address, requests, at_once)
    elapsed = perf_counter() - begin
    assert len(replies) == len(requests)
    wrong = [reply for reply in replies if b'"state":"running"' not in reply]
    assert not wrong, f"the server says {wrong[0]!r}"
    return elapsed


def _exchange_all(address: Address, requests: Iterable[bytes], at_once: int) -> list[bytes]:
    """The replies; the oldest request is read first, then the next one is sent."""
    asked: deque[socket.socket] = deque()
    replies = []
    for request in requests:
        if len(asked) == at_once:
            replies.append(_read(asked.popleft()))
        asked.append(_ask(address, request))
    return replies + [_read(connection) for connection in asked]


def _ask(address: Address, request: bytes) -> socket.socket:
    connection = socket.create_connection(address, _TIMEOUT_S)
    connection.sendall(request)
    return connection


def _read(connection: socket.socket) -> bytes:
    with connection:
        reply = connection.recv(_PART_BYTES)
        while part := connection.recv(_PART_BYTES):
            reply += part
    return reply


def create_job(job_id: str, executable: str, *arguments: str, **more: object) -> bytes:
    """The request for a continuous job."""
    job = {"id": job_id, "type": "continuous", "executable": executable, "arguments": arguments}
    return line({"command": "create-job", "job": {**job, **more}})


def create_sleepers(begin: int, end: int) -> list[bytes]:
    """The requests for jobs number `begin` to `end` that do nothing."""
    return [create_job(f"job-{number}", "sleep", "1000") for number in range(begin, end)]


def get_job(job_id: str) -> bytes:
    """The request for one job's state."""
    return line({"command": "get-job-by-id", "jobId": job_id})
