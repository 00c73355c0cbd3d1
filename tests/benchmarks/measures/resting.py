"""(d) What a server needs while its jobs run and nobody asks: memory, CPU, threads, descriptors.

Memory is Private_Dirty of /proc/PID/smaps_rollup: the pages that a process has
written and shares with nobody, of all processes that a side needs for itself.
Other readings (Rss, Pss) also count the interpreter and its libraries, and
change with who else has them mapped.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from apparatus import proc, wire
from apparatus.announcements import Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import helper, k1s_server
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Peer, PeerJob

NAME = "resting"
AIM_EMPTY = Aim(30_000, of="value")
AIM_JOB = Aim(4, of="value")
AIM_CPU = Aim(0.3, of="value")
AIM_GROWTH = Aim(1.2)


@frozen
class Plan:
    """How many jobs, one number after the other; the peers have the first number."""

    counts: tuple[int, ...]
    settle_s: float
    watch_s: float


@frozen
class Reading:
    """One side at rest with so many jobs."""

    jobs: int
    memory_kb: float
    cpu_ms: float
    wake_ups: float
    threads: int = 0
    descriptors: int = 0


PLANS: dict[Size, Plan] = {
    "small": Plan((15, 30), 0.1, 0.3),
    "full": Plan((1000, 5000, 10_000), 3, 15),
}


def measure(setting: Setting) -> list[Figure]:
    """Kilobytes for each job, and CPU milliseconds in a second."""
    plan = PLANS[setting.size]
    ours = _of_k1s(setting, plan)
    loop = _of_the_loop(setting, plan)
    peers = {peer.name: _of_peer(setting, plan, peer) for peer in setting.peers}
    empty = {name: [readings[0].memory_kb] for name, readings in peers.items()}
    figures = [
        Figure(
            NAME,
            "memory of an empty server, beside Python with a loop of `Popen`",
            "kB",
            [ours[0].memory_kb],
            [loop[0].memory_kb],
            AIM_EMPTY,
            peers=empty,
            picture="memory of an empty server",
        )
    ]
    for index, reading in enumerate(ours[1:], start=1):
        known = peers if index == 1 else {}
        figures.append(_memory(reading, ours, loop, index, known))
    first, last = _each_kb(ours, 1), _each_kb(ours, len(ours) - 1)
    what = f"memory for each of {ours[-1].jobs:,} jobs beside each of {ours[1].jobs:,}"
    figures.append(Figure(NAME, what, "kB", [last], [first], AIM_GROWTH))
    figures += [_cpu(reading, plan, peers) for reading in ours]
    return [*figures, *_constant(ours, "threads"), *_constant(ours, "descriptors")]


def _memory(
    reading: Reading,
    ours: Sequence[Reading],
    loop: Sequence[Reading],
    index: int,
    peers: dict[str, list[Reading]],
) -> Figure:
    what = f"memory for each of {reading.jobs:,} jobs"
    known = {name: [_each_kb(readings, 1)] for name, readings in peers.items()}
    ours_kb, loop_kb = [_each_kb(ours, index)], [_each_kb(loop, index)]
    picture = what if known else ""
    return Figure(NAME, what, "kB", ours_kb, loop_kb, AIM_JOB, peers=known, picture=picture)


def _cpu(reading: Reading, plan: Plan, peers: dict[str, list[Reading]]) -> Figure:
    what = f"CPU with {reading.jobs:,} idle jobs, in a second of {plan.watch_s:g}"
    known = {
        name: [other.cpu_ms]
        for name, readings in peers.items()
        for other in readings
        if other.jobs == reading.jobs
    }
    return Figure(NAME, what, "ms", [reading.cpu_ms], aim=AIM_CPU, may_be_zero=True, peers=known)


def _constant(ours: Sequence[Reading], what: str) -> list[Figure]:
    empty, full = getattr(ours[0], what), getattr(ours[-1], what)
    text = f"{what} with {ours[-1].jobs:,} jobs ({empty} when empty)"
    return [Figure(NAME, text, "", [full], aim=Aim(empty, of="value"))]


def _each_kb(readings: Sequence[Reading], index: int) -> float:
    growth = readings[index].memory_kb - readings[0].memory_kb
    return max(growth, 1) / readings[index].jobs


def _of_k1s(setting: Setting, plan: Plan) -> list[Reading]:
    with _told(setting, "k1s") as told, k1s_server(setting.folder / "k1s") as server:
        wire.exchange(server.address, wire.get_job("none"))  # so that it has served once
        own = [server.pid, *proc.descendants(server.pid)]

        def add(begin: int, end: int) -> None:
            jobs = [
                wire.job(f"job-{n}", setting.programs.staying(told.path, n))
                for n in range(begin, end)
            ]
            wire.exchange_all(server.address, map(wire.create_job, jobs))

        return _readings(plan, own, told, add)


def _of_the_loop(setting: Setting, plan: Plan) -> list[Reading]:
    with _told(setting, "loop") as told:
        command = [*setting.programs.floor_in_python, "spawn", setting.programs.witness, told.path]
        with helper(command, setting.folder / "loop") as loop:
            loop.ask(0)
            return _readings(plan, [loop.pid], told, lambda begin, end: loop.ask(end - begin))


def _readings(
    plan: Plan, own: Sequence[int], told: Announcements, add: Callable[[int, int], object]
) -> list[Reading]:
    """One reading for each number of jobs, the first with none."""
    counts = [0, *map(proc.room_for_processes, plan.counts)]
    held = proc.descriptors(own[0])
    readings = [_read(plan, own, 0, held)]
    for begin, end in pairwise(counts):
        add(begin, end)
        told.take(end - begin)
        readings.append(_read(plan, own, end, held))
    return readings


def _of_peer(setting: Setting, plan: Plan, peer: Peer) -> list[Reading]:
    """Empty, and with the first number of jobs."""
    readings = []
    for count in (0, min(plan.counts[0], peer.jobs_max)):
        name = f"{peer.name}-{count}"
        with _told(setting, name) as told:
            jobs = [
                PeerJob(f"job-{n}", setting.programs.staying(told.path, n)) for n in range(count)
            ]
            with peer.running(setting.folder / name, jobs) as daemon:
                told.take(count)
                readings.append(_read(plan, daemon.pids(), count, 0))
    return readings


def _told(setting: Setting, name: str) -> Announcements:
    return Announcements(setting.folder / f"fifo-{name}")


def _read(plan: Plan, own: Sequence[int], jobs: int, held: int) -> Reading:
    descriptors = proc.descriptors_at_rest(own[0], held)
    time.sleep(plan.settle_s)
    before = _used(own)
    time.sleep(plan.watch_s)
    cpu_ms, wake_ups = (after - then for after, then in zip(_used(own), before, strict=True))
    return Reading(
        jobs,
        sum(map(proc.private_dirty_kb, own)),
        cpu_ms / plan.watch_s,
        wake_ups / plan.watch_s,
        proc.threads(own[0]),
        descriptors,
    )


def _used(own: Sequence[int]) -> tuple[float, int]:
    return sum(map(proc.cpu_exact_ms, own)), sum(map(proc.wake_ups, own))
