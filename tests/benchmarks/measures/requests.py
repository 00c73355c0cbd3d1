"""(g) How fast the server answers, beside the smallest servers on the same loop, and a peer.

Each round puts the same load on all sides, a connection for each request. Both
floors run on the loop that k1s runs on, asyncio's own; they answer with a fixed
line as long as the answer of k1s. The one made of streams is what the aim
names. The one made of an `asyncio.Protocol` is the least that this loop can do.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from apparatus import proc, wire
from apparatus.announcements import Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.guests import Guests
from apparatus.processes import Server, helper, k1s_server, output_of, script
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Address, Peer, PeerJob, standing

NAME = "requests"
AIM = Aim(0.8, at_least=True)
AIM_P99 = Aim(3000, of="value")
# More of them wait for each other, whoever serves them.
AIMED_CLIENTS_MAX = 16
AIM_ALL = Aim(150, of="value", at_least=True)
# A peer may take seconds for each.
PEER_LISTS_MAX = 5
SLEEP = ["sleep", "1000"]
K1S, CROWDED, STREAMS, PROTOCOL = "k1s", "k1s with many jobs", "streams", "protocol"


@frozen
class Plan:
    """Numbers of clients at once; of jobs of the bigger server, and of those listed as a whole."""

    clients: Sequence[int]
    requests: int
    rounds: int
    peer_rounds: int
    many: int
    listed: int
    lists: int


PLANS: dict[Size, Plan] = {
    "small": Plan((16,), 16, 1, 1, many=3, listed=3, lists=3),
    "full": Plan((1, 16, 64), 3000, 5, 2, many=10_000, listed=1000, lists=100),
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


def measure(setting: Setting) -> Iterator[Figure]:
    """Requests in a second, latencies in microseconds, the server's CPU time for each request."""
    plan = PLANS[setting.size]
    with ExitStack() as stack:
        setting.progress.step(f"the servers, one with {plan.many:,} jobs")
        targets = _targets(setting, plan, stack)
        peers = _peers(setting, stack, 1)
        for clients in plan.clients:
            setting.progress.step(_who(clients))
            load = partial(_load, setting.folder / "load", clients, plan.requests)
            samples = interleaved(
                setting.progress,
                plan.rounds,
                {name: partial(load, target) for name, target in targets.items()},
                {name: partial(load, target) for name, (target, _) in peers.items()},
                plan.peer_rounds,
            )
            yield from _figures(setting, clients, plan, samples)
    setting.progress.step(f"all of {plan.listed:,} jobs")
    yield _listing(setting, plan)


def _targets(setting: Setting, plan: Plan, stack: ExitStack) -> dict[str, Target]:
    server = stack.enter_context(k1s_server(setting.folder / "k1s"))
    ours = _asking(server, wire.create_job(wire.job("job", SLEEP)), wire.get_job("job"))
    targets = {K1S: ours, CROWDED: _crowded(setting, plan, stack)}
    for kind in (STREAMS, PROTOCOL):
        command = script("fixed_line", kind, ours.answer_bytes)
        floor = stack.enter_context(helper(command, setting.folder / kind))
        address = ("127.0.0.1", int(floor.listen()))
        targets[kind] = Target(floor.pid, address, ours.request, ours.answer_bytes)
    return targets


def _answering(setting: Setting) -> list[str]:
    return [peer.name for peer in setting.peers if peer.answers]


def _peers(setting: Setting, stack: ExitStack, jobs: int) -> dict[str, tuple[Target, Target]]:
    """The peers that answer, each with so many jobs that run: asked for one of them, and for all.

    One that does not come to that is not among them.
    """
    guests = Guests(setting.progress)
    found = {}
    for peer in setting.peers:
        if peer.answers:
            start = partial(_start, setting.within(peer.name), stack, peer, jobs)
            if asked := guests.host(peer.name, start):
                found[peer.name] = asked
    return found


def _start(setting: Setting, stack: ExitStack, peer: Peer, jobs: int) -> tuple[Target, Target]:
    told = stack.enter_context(Announcements(setting.folder / "fifo"))
    wanted = [PeerJob(f"job-{n}", setting.programs.staying(told.path, n)) for n in range(jobs)]
    daemon = stack.enter_context(standing(peer, setting.folder / "daemon", wanted))
    told.take(jobs)
    assert daemon.questions, f"{peer.name} cannot be asked"
    wire.wait_until_it_listens(daemon.questions.address)
    pid, address = daemon.pids()[0], daemon.questions.address
    return Target(pid, address, daemon.questions.one), Target(pid, address, daemon.questions.all)


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
    inner = setting.within("listing")
    load = partial(_load, inner.folder / "load", 1)
    with ExitStack() as stack:
        server = stack.enter_context(k1s_server(inner.folder / "k1s"))
        wire.exchange_all(server.address, map(wire.create_job, wire.sleepers(0, plan.listed)))
        ours = Target(server.pid, server.address, wire.ALL_JOBS)
        few = min(plan.lists, PEER_LISTS_MAX)
        samples = interleaved(
            setting.progress,
            1,
            {K1S: partial(load, plan.lists, ours)},
            {
                name: partial(load, few, target)
                for name, (_, target) in _peers(inner, stack, plan.listed).items()
            },
        )
    rates = {name: [s.per_second for s in side] for name, side in samples.items()}
    what = f"all of {plan.listed:,} jobs, 1 client"
    return Figure(
        NAME,
        what,
        "/s",
        rates[K1S],
        aims=[AIM_ALL],
        peers={name: rates.get(name, []) for name in _answering(setting)},
        picture=f"status of {what}",
        is_main=True,
    )


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


def _who(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"


def _figures(
    setting: Setting, clients: int, plan: Plan, samples: Mapping[str, list[Sample]]
) -> list[Figure]:
    who = _who(clients)
    rates = {name: [s.per_second for s in side] for name, side in samples.items()}
    known = {name: rates.get(name, []) for name in _answering(setting)}
    k1s, streams = rates[K1S], rates[STREAMS]
    crowded = f"one of {plan.many:,} jobs, {who}, beside asyncio streams"
    figures = [
        Figure(
            NAME,
            f"one job, {who}, beside asyncio streams",
            "/s",
            k1s,
            streams,
            [AIM],
            peers=known,
            picture=f"status of one job, {who}",
            is_main=True,
        ),
        Figure(
            NAME,
            crowded,
            "/s",
            rates[CROWDED],
            streams,
            [AIM],
            is_main=clients == AIMED_CLIENTS_MAX,
        ),
        Figure(NAME, f"one job, {who}, beside an asyncio protocol", "/s", k1s, rates[PROTOCOL]),
    ]
    for what, key, aim in _LATENCIES:
        ours, floor = ([getattr(s, key) for s in samples[name]] for name in (K1S, STREAMS))
        text = f"one job, {who}: {what}, beside asyncio streams"
        aims = [aim] if aim and clients <= AIMED_CLIENTS_MAX else []
        figures.append(Figure(NAME, text, "us", ours, floor, aims, is_main=bool(aims)))
    return figures


_LATENCIES = (
    ("median latency", "p50_us", None),
    ("99th percentile", "p99_us", AIM_P99),
    ("CPU time of the server for each", "cpu_us", None),
)
