"""The client of the measures: blocking, a connection for each request, and nothing to spare."""

import json
import socket
from collections.abc import Iterable, Sequence
from time import monotonic, sleep
from typing import Any

Address = tuple[str, int]
Job = dict[str, Any]

_TIMEOUT_S = 60
_PATIENCE_S = 120
_POLL_S = 0.002
_PART_BYTES = 1 << 16
_JOBS_A_LINE = 1000
_DONE = b'"state":"done"'


def line(message: object) -> bytes:
    """A request as it goes over the wire."""
    return json.dumps(message).encode() + b"\n"


ALL_JOBS = line({"command": "get-all-jobs"})


def exchange(address: Address, request: bytes) -> bytes:
    """Send one line and read until the server closes."""
    return _read(_ask(address, request))


def exchange_all(address: Address, requests: Iterable[bytes], state: str = "running") -> None:
    """Send requests, a connection each; every job in the replies must be in this state."""
    wanted = f'"state":"{state}"'.encode()
    for request in requests:
        reply = exchange(address, request)
        assert wanted in reply, f"the server says {reply!r}"


def wait_until_it_listens(address: Address) -> None:
    """Wait until somebody accepts connections there."""
    deadline = monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection(address, _TIMEOUT_S).close()
        except ConnectionRefusedError:
            assert monotonic() < deadline, f"nobody listens on {address}"
            sleep(_POLL_S)
        else:
            return


def wait_all_done(address: Address, jobs: Sequence[Job]) -> None:
    """Wait until the server has recorded the good end of all these jobs, and it has no others.

    The last one is asked for until it is done, and then all of them: that
    disturbs the server the least.
    """
    deadline = monotonic() + _PATIENCE_S
    while _DONE not in exchange(address, get_job(str(jobs[-1]["id"]))):
        assert monotonic() < deadline, "the last job is not done"
        sleep(_POLL_S)
    while (done := exchange(address, ALL_JOBS).count(_DONE)) < len(jobs):
        assert monotonic() < deadline, f"{done} of {len(jobs)} jobs are done"
        sleep(_POLL_S)


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


def job(job_id: str, command: Sequence[str], **more: object) -> Job:
    """A job that runs a program: continuous, unless `type` says otherwise."""
    executable, *arguments = command
    fixed = {"id": job_id, "executable": executable, "arguments": arguments}
    return {"type": "continuous", **fixed, **more}


def sleepers(begin: int, end: int) -> list[Job]:
    """Jobs number `begin` to `end` that do nothing."""
    return [job(f"job-{number}", ["sleep", "1000"]) for number in range(begin, end)]


def create_job(wanted: Job) -> bytes:
    """The request for one job."""
    return line({"command": "create-job", "job": wanted})


def create_jobs(wanted: Sequence[Job]) -> list[bytes]:
    """The requests for many jobs: as few lines as they fit into."""
    return [
        line({"command": "create-jobs", "jobs": wanted[begin : begin + _JOBS_A_LINE]})
        for begin in range(0, len(wanted), _JOBS_A_LINE)
    ]


def get_job(job_id: str) -> bytes:
    """The request for one job's state."""
    return line({"command": "get-job-by-id", "jobId": job_id})
