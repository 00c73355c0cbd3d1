"""(d) What a server needs while its jobs run and nobody asks: memory, CPU, threads, descriptors.

Memory is Private_Dirty of /proc/PID/smaps_rollup: the pages that a process has
written and shares with nobody, of all processes that a side needs for itself.
Other readings (Rss, Pss) also count the interpreter and its libraries, and
change with who else has them mapped. The peers rest side by side: neither memory
nor CPU time of a process depends much on who else rests.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise

from apparatus import proc, wire
from apparatus.announcements import Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.guests import Guests
from apparatus.processes import helper, k1s_server
from apparatus.setting import Setting
from attrs import evolve, frozen
from peers.peer import Peer, PeerJob, standing

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
    threads: int = 0
    descriptors: int = 0


PLANS: dict[Size, Plan] = {
    "small": Plan((2, 4), 0.1, 0.3),
    "full": Plan((1000, 5000, 10_000), 3, 8),
}


def measure(setting: Setting) -> list[Figure]:
    """Kilobytes for each job, and CPU milliseconds in a second."""
    plan = PLANS[setting.size]
    turn, step = setting.progress.turn, setting.progress.step
    step("k1s")
    with turn("k1s"):
        ours = _of_k1s(setting, plan)
    step("the floor")
    with turn("floor"):
        loop = _of_the_loop(setting, plan)
    peers = _of_peers(setting, plan)
    empty = {name: [reading.memory_kb for reading in all_[:1]] for name, all_ in peers.items()}
    figures = [
        Figure(
            NAME,
            "memory of an empty server, beside Python with a loop of `Popen`",
            "kB",
            [ours[0].memory_kb],
            [loop[0].memory_kb],
            [AIM_EMPTY],
            peers=empty,
            picture="memory of an empty server",
            is_main=True,
        )
    ]
    for index, reading in enumerate(ours[1:], start=1):
        known = peers if index == 1 else {}
        figures.append(_memory(reading, ours, loop, index, known))
    first, last = _each_kb(ours, 1), _each_kb(ours, len(ours) - 1)
    what = f"memory for each of {ours[-1].jobs:,} jobs beside each of {ours[1].jobs:,}"
    figures.append(Figure(NAME, what, "kB", [last], [first], [AIM_GROWTH]))
    figures += [_cpu(ours, index, plan, peers) for index in range(len(ours))]
    return [*figures, *_constant(ours, "threads"), *_constant(ours, "descriptors")]


def _memory(
    reading: Reading,
    ours: Sequence[Reading],
    loop: Sequence[Reading],
    index: int,
    peers: dict[str, list[Reading]],
) -> Figure:
    what = f"memory for each of {reading.jobs:,} jobs"
    known = {
        name: [_each_kb(readings, 1)] if len(readings) > 1 else []
        for name, readings in peers.items()
    }
    return Figure(
        NAME,
        what,
        "kB",
        [_each_kb(ours, index)],
        [_each_kb(loop, index)],
        [AIM_JOB],
        peers=known,
        picture=what if index == 1 else "",
        is_main=index in (1, len(ours) - 1),
    )


def _cpu(
    ours: Sequence[Reading], index: int, plan: Plan, peers: dict[str, list[Reading]]
) -> Figure:
    reading = ours[index]
    known = {
        name: [other.cpu_ms for other in readings if other.jobs == reading.jobs]
        for name, readings in peers.items()
        if index <= 1
    }
    return Figure(
        NAME,
        f"CPU with {reading.jobs:,} idle jobs, in a second of {plan.watch_s:g}",
        "ms",
        [reading.cpu_ms],
        aims=[AIM_CPU],
        may_be_zero=True,
        peers=known,
        is_main=index in (1, len(ours) - 1),
    )


def _constant(ours: Sequence[Reading], what: str) -> list[Figure]:
    empty, full = getattr(ours[0], what), getattr(ours[-1], what)
    text = f"{what} with {ours[-1].jobs:,} jobs ({empty} when empty)"
    return [Figure(NAME, text, "", [full], aims=[Aim(empty, of="value")])]


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
            unwatched = evolve(plan, watch_s=0)  # only its memory is told
            return _readings(unwatched, [loop.pid], told, lambda begin, end: loop.ask(end - begin))


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


def _of_peers(setting: Setting, plan: Plan) -> dict[str, list[Reading]]:
    """Empty, and with the first number of jobs."""
    guests = Guests(setting.progress)
    readings: dict[str, list[Reading]] = {peer.name: [] for peer in setting.peers}
    for count in (0, plan.counts[0]) if setting.peers else ():
        setting.progress.step(f"the peers with {count:,} jobs")
        with ExitStack() as stack:
            resting: dict[str, Sequence[int]] = {}
            for peer in setting.peers:
                start = partial(_start, setting, stack, peer, min(count, peer.jobs_max))
                if own := guests.host(peer.name, start):
                    resting[peer.name] = own
            with setting.progress.turn("peers at rest"):
                used_ms = _watch(plan, resting)
            for name, own in resting.items():
                memory_kb = sum(map(proc.private_dirty_kb, own))
                readings[name].append(Reading(count, memory_kb, used_ms[name]))
    return readings


def _start(setting: Setting, stack: ExitStack, peer: Peer, count: int) -> Sequence[int]:
    """The processes of a peer whose jobs run."""
    name = f"{peer.name}-{count}"
    told = stack.enter_context(_told(setting, name))
    jobs = [PeerJob(f"job-{n}", setting.programs.staying(told.path, n)) for n in range(count)]
    daemon = stack.enter_context(standing(peer, setting.folder / name, jobs))
    told.take(count)
    return daemon.pids()


def _told(setting: Setting, name: str) -> Announcements:
    return Announcements(setting.folder / f"fifo-{name}")


def _read(plan: Plan, own: Sequence[int], jobs: int, held: int) -> Reading:
    descriptors = proc.descriptors_at_rest(own[0], held)
    cpu_ms = _watch(plan, {"own": own})["own"]
    memory_kb = sum(map(proc.private_dirty_kb, own))
    return Reading(jobs, memory_kb, cpu_ms, proc.threads(own[0]), descriptors)


def _watch(plan: Plan, sides: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """The CPU time (ms) that each side uses in a second, once all have come to rest."""
    time.sleep(plan.settle_s)
    before = {name: _used_ms(own) for name, own in sides.items()}
    time.sleep(plan.watch_s)
    used = {name: _used_ms(own) - before[name] for name, own in sides.items()}
    return {name: ms / plan.watch_s if plan.watch_s else 0 for name, ms in used.items()}


def _used_ms(own: Sequence[int]) -> float:
    return sum(map(proc.cpu_exact_ms, own))
