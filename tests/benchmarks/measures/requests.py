"""(g) How fast the server answers, beside the smallest servers on the same loop, and a peer.

Each round puts the same load on all sides, a connection for each request. Both
floors run on the loop that k1s runs on, asyncio's own; they answer with a fixed
line as long as the answer of k1s. The one made of streams is what the aim
names. The one made of an `asyncio.Protocol` is the least that this loop can do.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from apparatus import proc, wire
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import Server, helper, k1s_server, output_of, script
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Address, Peer, PeerJob

NAME = "requests"
AIM = Aim(0.8, at_least=True)
AIM_P99 = Aim(3000, of="value")
# More of them wait for each other, whoever serves them.
AIMED_CLIENTS_MAX = 16
AIM_ALL = Aim(150, of="value", at_least=True)
# A peer may take a second and more for each.
PEER_LISTS_MAX = 10
SLEEP = ["sleep", "1000"]
K1S, CROWDED, STREAMS, PROTOCOL = "k1s", "k1s with many jobs", "streams", "protocol"


@frozen
class Plan:
    """Numbers of clients at once; of jobs of the bigger server, and of those listed as a whole."""

    clients: Sequence[int]
    requests: int
    rounds: int
    many: int
    listed: int
    lists: int


PLANS: dict[Size, Plan] = {
    "small": Plan((16,), 48, 1, many=10, listed=5, lists=5),
    "full": Plan((1, 16, 64), 4000, 7, many=10_000, listed=1000, lists=100),
}


@frozen
class Sample:
    """One round of load on one server. The time of CPU is that of the server, for a request."""

    per_second: float
    p50_us: float
    p99_us: float
    cpu_us: float


@frozen
class Target:
    """A server under load, and what it is asked. No length is no check of the answer's."""

    pid: int
    address: Address
    request: bytes
    answer_bytes: int = 0


def measure(setting: Setting) -> list[Figure]:
    """Requests in a second, latencies in microseconds, the server's CPU time for each request."""
    plan = PLANS[setting.size]
    figures = []
    with ExitStack() as stack:
        targets = _targets(setting, plan, stack)
        for clients in plan.clients:
            load = partial(_load, setting.folder / "load", clients, plan.requests)
            sides = {name: partial(load, target) for name, target in targets.items()}
            figures += _figures(clients, plan, interleaved(plan.rounds, sides))
    return [*figures, _listing(setting, plan)]


def _targets(setting: Setting, plan: Plan, stack: ExitStack) -> dict[str, Target]:
    server = stack.enter_context(k1s_server(setting.folder / "k1s"))
    ours = _asking(server, wire.create_job(wire.job("job", SLEEP)), wire.get_job("job"))
    targets = {K1S: ours, CROWDED: _crowded(setting, plan, stack)}
    for kind in (STREAMS, PROTOCOL):
        command = script("fixed_line", kind, ours.answer_bytes)
        floor = stack.enter_context(helper(command, setting.folder / kind))
        address = ("127.0.0.1", int(floor.listen()))
        targets[kind] = Target(floor.pid, address, ours.request, ours.answer_bytes)
    for peer in _answering(setting):
        folder = setting.folder / peer.name
        daemon = stack.enter_context(peer.running(folder, [PeerJob("job", SLEEP)]))
        if asked := daemon.questions:
            wire.wait_until_it_listens(asked.address)
            targets[peer.name] = Target(daemon.pids()[0], asked.address, asked.one)
    return targets


def _answering(setting: Setting) -> list[Peer]:
    return [peer for peer in setting.peers if peer.answers]


def _asking(server: Server, create: bytes, request: bytes) -> Target:
    wire.exchange(server.address, create)
    length = len(wire.exchange(server.address, request))
    return Target(server.pid, server.address, request, length)


def _crowded(setting: Setting, plan: Plan, stack: ExitStack) -> Target:
    """A server with many jobs that are done: they need no process, and are looked up alike."""
    server = stack.enter_context(k1s_server(setting.folder / "crowded"))
    jobs = [wire.job(f"job-{n}", ["true"], type="one-time") for n in range(plan.many)]
    for line in wire.create_jobs(jobs):
        wire.exchange(server.address, line)
    wire.wait_all_done(server.address, jobs)
    return _asking(server, wire.create_job(wire.job("job", SLEEP)), wire.get_job("job"))


def _listing(setting: Setting, plan: Plan) -> Figure:
    """All jobs at once, asked by one client after the other."""
    folder = setting.within("listing").folder
    with ExitStack() as stack:
        server = stack.enter_context(k1s_server(folder / "k1s"))
        wire.exchange_all(server.address, map(wire.create_job, wire.sleepers(0, plan.listed)))
        targets = {K1S: Target(server.pid, server.address, wire.ALL_JOBS)}
        jobs = [PeerJob(f"job-{number}", SLEEP) for number in range(plan.listed)]
        for peer in _answering(setting):
            daemon = stack.enter_context(peer.running(folder / peer.name, jobs))
            if asked := daemon.questions:
                wire.wait_until_it_listens(asked.address)
                targets[peer.name] = Target(daemon.pids()[0], asked.address, asked.all)
        sides = {
            name: partial(_load, folder / "load", 1, _lists(name, plan), target)
            for name, target in targets.items()
        }
        samples = interleaved(1, sides)
    rates = {name: [s.per_second for s in side] for name, side in samples.items()}
    what = f"all of {plan.listed:,} jobs, 1 client"
    ours = rates.pop(K1S)
    return Figure(NAME, what, "/s", ours, aim=AIM_ALL, peers=rates, picture=f"status of {what}")


def _lists(name: str, plan: Plan) -> int:
    return plan.lists if name == K1S else min(plan.lists, PEER_LISTS_MAX)


def _load(folder: Path, clients: int, requests: int, target: Target) -> Sample:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request").write_bytes(target.request)
    before = proc.cpu_exact_ms(target.pid)
    port = target.address[1]
    command = script("load", port, clients, requests, target.answer_bytes, folder / "request")
    printed = output_of(command, folder)
    assert printed, (folder / "complaints").read_text()
    cpu_ms = proc.cpu_exact_ms(target.pid) - before
    return Sample(cpu_us=cpu_ms * 1000 / requests, **json.loads(printed))


def _figures(clients: int, plan: Plan, samples: Mapping[str, list[Sample]]) -> list[Figure]:
    who = "1 client" if clients == 1 else f"{clients} clients"
    rates = {name: [s.per_second for s in side] for name, side in samples.items()}
    known = {name: rates[name] for name in rates if name not in (K1S, CROWDED, STREAMS, PROTOCOL)}
    k1s, streams = rates[K1S], rates[STREAMS]
    crowded = f"one of {plan.many:,} jobs, {who}, beside asyncio streams"
    figures = [
        Figure(
            NAME,
            f"one job, {who}, beside asyncio streams",
            "/s",
            k1s,
            streams,
            AIM,
            peers=known,
            picture=f"status of one job, {who}",
        ),
        Figure(NAME, crowded, "/s", rates[CROWDED], streams, AIM),
        Figure(NAME, f"one job, {who}, beside an asyncio protocol", "/s", k1s, rates[PROTOCOL]),
    ]
    for what, key, aim in _LATENCIES:
        ours, floor = ([getattr(s, key) for s in samples[name]] for name in (K1S, STREAMS))
        text = f"one job, {who}: {what}, beside asyncio streams"
        judged = aim if clients <= AIMED_CLIENTS_MAX else None
        figures.append(Figure(NAME, text, "us", ours, floor, judged))
    return figures


_LATENCIES = (
    ("median latency", "p50_us", None),
    ("99th percentile", "p99_us", AIM_P99),
    ("CPU time of the server for each", "cpu_us", None),
)
