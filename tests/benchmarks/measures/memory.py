"""What the server needs for each running job: memory, threads and descriptors.

Memory is Private_Dirty of /proc/PID/smaps_rollup: the pages that the server
has written and shares with nobody. Other readings (Rss, Pss) also count the
interpreter and its libraries, and change with who else has them mapped.
"""

from itertools import pairwise
from pathlib import Path

from apparatus import proc, wire
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import helper, k1s_server
from attrs import frozen

NAME = "memory"
AIM = Aim(8, of="value")
COUNTS: dict[Size, tuple[int, ...]] = {"small": (30, 60), "full": (1000, 5000)}


@frozen
class Reading:
    """A process while it looks after so many jobs."""

    jobs: int
    memory_kb: int
    threads: int
    descriptors: int


def measure(size: Size, folder: Path) -> list[Figure]:
    """Kilobytes for each job, beside a loop that only holds a `Popen` for each."""
    counts = tuple(proc.room_for_processes(jobs) for jobs in COUNTS[size])
    ours, floor = _of_k1s(counts, folder / "k1s"), _of_the_loop(counts, folder / "loop")
    empty = Figure(NAME, "an empty server", "kB", [ours[0].memory_kb], [floor[0].memory_kb])
    per_job = [_per_job(ours, floor, index) for index in range(1, len(ours))]
    return [empty, *per_job, *_threads(ours), *_descriptors(ours)]


def _of_k1s(counts: tuple[int, ...], folder: Path) -> list[Reading]:
    with k1s_server(folder) as server:
        wire.exchange(server.address, wire.get_job("none"))  # so that it has served once
        readings = [_read(server.pid, 0, proc.descriptors(server.pid))]
        for before, jobs in pairwise((0, *counts)):
            wire.seconds_for(server.address, wire.create_sleepers(before, jobs))
            readings.append(_read(server.pid, jobs, readings[0].descriptors))
    return readings


def _of_the_loop(counts: tuple[int, ...], folder: Path) -> list[Reading]:
    with helper("spawner", folder) as spawner:
        spawner.ask(0)
        readings = [_read(spawner.pid, 0, proc.descriptors(spawner.pid))]
        for before, jobs in pairwise((0, *counts)):
            spawner.ask(jobs - before)
            readings.append(_read(spawner.pid, jobs, readings[0].descriptors))
    return readings


def _read(pid: int, jobs: int, descriptors_expected: int) -> Reading:
    held = proc.descriptors_at_rest(pid, descriptors_expected)
    return Reading(jobs, proc.private_dirty_kb(pid), proc.threads(pid), held)


def _per_job(ours: list[Reading], floor: list[Reading], index: int) -> Figure:
    jobs = ours[index].jobs
    what = f"each job beyond an empty server, {jobs:,} of them running"
    samples = [[_growth(side, index) / jobs] for side in (ours, floor)]
    return Figure(NAME, what, "kB", samples[0], samples[1], AIM)


def _growth(readings: list[Reading], index: int) -> float:
    return max(readings[index].memory_kb - readings[0].memory_kb, 1)


def _threads(ours: list[Reading]) -> list[Figure]:
    aim = Aim(ours[0].threads, of="value")
    what = f"threads with {ours[-1].jobs:,} jobs ({ours[0].threads} when empty)"
    return [Figure(NAME, what, "", [ours[-1].threads], aim=aim)]


def _descriptors(ours: list[Reading]) -> list[Figure]:
    aim = Aim(ours[0].descriptors, of="value")
    what = f"descriptors with {ours[-1].jobs:,} jobs ({ours[0].descriptors} when empty)"
    return [Figure(NAME, what, "", [ours[-1].descriptors], aim=aim)]
