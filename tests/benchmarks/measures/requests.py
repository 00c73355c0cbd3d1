"""How fast the server answers, beside the smallest asyncio servers that answer a fixed line.

Each round puts the same load on k1s and on two floors: a server of asyncio
streams and one with an `asyncio.Protocol`. The fixed line is as long as the
answer of k1s.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from apparatus import proc, wire
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import helper, k1s_server, output_of
from apparatus.rounds import interleaved
from attrs import frozen

NAME = "requests"
AIM = Aim(0.5, at_least=True)
CLIENTS = (1, 16)


@frozen
class Plan:
    requests: int
    rounds: int


PLANS: dict[Size, Plan] = {"small": Plan(64, 1), "full": Plan(4000, 9)}


@frozen
class Sample:
    """One round of load on one server."""

    per_second: float
    p50_us: float
    p99_us: float
    cpu_us: float


@frozen
class Target:
    """A server under load."""

    pid: int
    port: int
    answer_bytes: int


def measure(size: Size, folder: Path) -> list[Figure]:
    """Requests in a second, latencies in microseconds, the server's CPU time for each request."""
    with k1s_server(folder / "k1s") as server:
        wire.exchange(server.address, wire.create_job("job", "sleep", "1000"))
        length = len(wire.exchange(server.address, wire.get_job("job")))
        with (
            helper("fixed_line", folder / "streams", "streams", length) as streams,
            helper("fixed_line", folder / "protocol", "protocol", length) as protocol,
        ):
            targets = (
                Target(server.pid, server.address[1], length),
                Target(streams.pid, int(streams.listen()), length),
                Target(protocol.pid, int(protocol.listen()), length),
            )
            samples = {n: _load_all(PLANS[size], targets, n, folder) for n in CLIENTS}
    return [figure for n in CLIENTS for figure in _figures(n, *samples[n])]


def _load_all(
    plan: Plan, targets: Sequence[Target], clients: int, folder: Path
) -> list[list[Sample]]:
    def side(target: Target) -> Callable[[], Sample]:
        return partial(_load, target, clients, plan.requests, folder / "load")

    return interleaved(plan.rounds, *map(side, targets))


def _load(target: Target, clients: int, requests: int, folder: Path) -> Sample:
    request = wire.get_job("job").decode().strip()
    before = proc.cpu_exact_ms(target.pid)
    printed = output_of(
        "load", folder, target.port, clients, requests, target.answer_bytes, request
    )
    assert printed, (folder / "complaints").read_text()
    cpu_ms = proc.cpu_exact_ms(target.pid) - before
    return Sample(cpu_us=cpu_ms * 1000 / requests, **json.loads(printed))


def _figures(
    clients: int, k1s: list[Sample], streams: list[Sample], protocol: list[Sample]
) -> list[Figure]:
    who = "1 client" if clients == 1 else f"{clients} clients at once"
    rate, rate_s, rate_p = ([s.per_second for s in side] for side in (k1s, streams, protocol))
    figures = [
        Figure(NAME, f"{who}, beside asyncio streams", "/s", rate, rate_s, AIM),
        Figure(NAME, f"{who}, beside an asyncio protocol", "/s", rate, rate_p),
    ]
    for what, key in _LATENCIES:
        ours, floor = ([getattr(s, key) for s in side] for side in (k1s, streams))
        figures.append(Figure(NAME, f"{who}: {what}, beside asyncio streams", "us", ours, floor))
    return figures


_LATENCIES = (
    ("median latency", "p50_us"),
    ("99th percentile", "p99_us"),
    ("CPU time of the server for each", "cpu_us"),
)
