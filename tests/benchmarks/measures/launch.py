"""How much longer it takes to have programs started by a server than to start them oneself.

Each round starts as many idle programs through the socket, a connection each,
as a plain loop around `subprocess.Popen` starts beside it.
"""

from itertools import count
from pathlib import Path

from apparatus import proc, wire
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import helper, k1s_server
from apparatus.rounds import interleaved
from attrs import frozen

NAME = "launch"
AIM = Aim(1.5)
AT_ONCE = 8


@frozen
class Plan:
    jobs: int
    rounds: int


@frozen
class Sample:
    """Milliseconds for each job; a loop of our own has no round trips."""

    each_ms: float
    cpu_ms: float
    round_trip_ms: float = 0
    overlapped_ms: float = 0


PLANS: dict[Size, Plan] = {"small": Plan(20, 1), "full": Plan(1000, 7)}


def measure(size: Size, folder: Path) -> list[Figure]:
    """Milliseconds for each program, until the last reply; and what a mere round trip costs."""
    plan = PLANS[size]
    jobs, numbers = proc.room_for_processes(plan.jobs), count()
    ours, floors = interleaved(
        plan.rounds,
        lambda: _through_k1s(jobs, folder / f"round-{next(numbers)}"),
        lambda: _in_a_loop(jobs, folder / f"round-{next(numbers)}"),
    )
    floor, floor_cpu = ([getattr(s, key) for s in floors] for key in ("each_ms", "cpu_ms"))
    start = f"start {jobs:,} jobs of `sleep 1000`, beside a loop of `Popen`; each"
    trip = f"of it, the client and the socket: {jobs:,} times `get-job-by-id`; each"
    cpu = "CPU time of the server, beside that of the loop; each"
    overlapped = f"the same with {AT_ONCE} requests under way at once; each"
    return [
        Figure(NAME, start, "ms", [sample.each_ms for sample in ours], floor, AIM),
        Figure(NAME, trip, "ms", [sample.round_trip_ms for sample in ours]),
        Figure(NAME, overlapped, "ms", [sample.overlapped_ms for sample in ours], floor),
        Figure(NAME, cpu, "ms", [sample.cpu_ms for sample in ours], floor_cpu),
    ]


def _through_k1s(jobs: int, folder: Path) -> Sample:
    questions = [wire.get_job(f"job-{number}") for number in range(jobs)]
    with k1s_server(folder / "one-by-one") as server:
        before = proc.cpu_exact_ms(server.pid)
        created = wire.seconds_for(server.address, wire.create_sleepers(0, jobs))
        cpu_ms = proc.cpu_exact_ms(server.pid) - before
        asked = wire.seconds_for(server.address, questions)
    with k1s_server(folder / "overlapped") as server:
        overlapped = wire.seconds_for(server.address, wire.create_sleepers(0, jobs), AT_ONCE)
    return Sample(
        each_ms=created * 1000 / jobs,
        cpu_ms=cpu_ms / jobs,
        round_trip_ms=asked * 1000 / jobs,
        overlapped_ms=overlapped * 1000 / jobs,
    )


def _in_a_loop(jobs: int, folder: Path) -> Sample:
    with helper("spawner", folder) as spawner:
        before = proc.cpu_exact_ms(spawner.pid)
        elapsed = float(spawner.ask(jobs))
        cpu_ms = proc.cpu_exact_ms(spawner.pid) - before
    return Sample(each_ms=elapsed * 1000 / jobs, cpu_ms=cpu_ms / jobs)
