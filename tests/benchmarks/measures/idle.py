"""What the server does while its jobs run and nobody asks: it should sleep."""

import time
from pathlib import Path

from apparatus import proc, wire
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import k1s_server
from attrs import frozen

NAME = "idle"
AIM = Aim(0.3, of="value")


@frozen
class Plan:
    jobs: int
    settle_s: float
    watch_s: float


@frozen
class Reading:
    """What a process has used so far."""

    ticks_ms: float
    exact_ms: float
    wake_ups: int


PLANS: dict[Size, Plan] = {"small": Plan(20, 0.1, 0.7), "full": Plan(1000, 2, 30)}


def measure(size: Size, folder: Path) -> list[Figure]:
    """CPU milliseconds of the server in a second, by two accounts, and how often it woke up."""
    plan = PLANS[size]
    jobs = proc.room_for_processes(plan.jobs)
    with k1s_server(folder) as server:
        wire.seconds_for(server.address, wire.create_sleepers(0, jobs))
        time.sleep(plan.settle_s)
        before = _read(server.pid)
        time.sleep(plan.watch_s)
        after = _read(server.pid)
    what = f"{jobs:,} idle jobs for {plan.watch_s:g} s: CPU time in a second"
    exact = (after.exact_ms - before.exact_ms) / plan.watch_s
    ticks = (after.ticks_ms - before.ticks_ms) / plan.watch_s
    wake_ups = (after.wake_ups - before.wake_ups) / plan.watch_s
    return [
        Figure(NAME, f"{what}, to the nanosecond", "ms", [exact], aim=AIM, may_be_zero=True),
        Figure(NAME, f"{what}, in ticks", "ms", [ticks], aim=AIM, may_be_zero=True),
        Figure(NAME, "wake-ups in a second", "", [wake_ups], may_be_zero=True),
    ]


def _read(pid: int) -> Reading:
    return Reading(proc.cpu_ticks_ms(pid), proc.cpu_exact_ms(pid), proc.wake_ups(pid))
