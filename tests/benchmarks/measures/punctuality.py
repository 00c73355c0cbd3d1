"""(i) How late periodic jobs start: from when a tick is due until the program's first instruction.

Their phases are spread over the period. When a tick is due is known from the
server (`nextRunAt`, to a millisecond). What queues up while the last jobs are
created, beside the ticks of the others, is let go by first. The floor is a loop
that starts the same programs by the same times, and looks after nothing.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from apparatus import wire
from apparatus.announcements import Announcement, Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import Server, helper, k1s_server, script
from apparatus.setting import Setting
from attrs import frozen

NAME = "punctuality"
AIM = Aim(10, of="value")
NONE = Aim(0, of="value")
LISTEN_S = 0.2
TURNS = 4
SETTLING_PERIODS = 5
# `nextRunAt` is rounded: a program may seem to be early by as much.
ROUNDING_MS = 1


@frozen
class Plan:
    jobs: int
    period_s: float
    seconds: float
    floor_seconds: float


@frozen
class Sample:
    """Lateness in milliseconds, in order, and how many ticks were skipped."""

    late_ms: Sequence[float]
    skipped: int = 0


PLANS: dict[Size, Plan] = {"small": Plan(4, 0.2, 0.4, 0.4), "full": Plan(1000, 1, 60, 20)}


def measure(setting: Setting) -> list[Figure]:
    """Milliseconds, and ticks that no run was started for."""
    plan = PLANS[setting.size]
    with setting.progress.turn("k1s"):
        k1s = _by_k1s(setting.within("k1s"), plan)
    with setting.progress.turn("floor"):
        floor = _by_floor(setting.within("floor"), plan)
    what = f"{plan.jobs:,} jobs every {plan.period_s:g} s, for {plan.seconds:g} s: "
    figures = [
        Figure(NAME, what + name, "ms", [_at(k1s, share)], [_at(floor, share)], aims, is_main=told)
        for name, share, aims, told in _FIGURES
    ]
    # The floor runs for less long: its worst is not of as many.
    worst = Figure(NAME, f"{what}lateness, worst", "ms", [_at(k1s, 1)], is_main=True)
    skipped = [float(k1s.skipped)]
    return [
        *figures,
        worst,
        Figure(NAME, f"{what}skipped", "", skipped, aims=[NONE], may_be_zero=True, is_main=True),
    ]


_FIGURES: Sequence[tuple[str, float, Sequence[Aim], bool]] = (
    ("lateness, median", 0.5, (), False),
    ("lateness, 99th percentile", 0.99, (AIM,), True),
)


def _by_k1s(setting: Setting, plan: Plan) -> Sample:
    with Announcements(setting.folder / "fifo") as told, k1s_server(setting.folder) as server:
        begin = time.monotonic()
        for number, phase_s in _phases(plan):
            time.sleep(max(begin + phase_s - time.monotonic(), 0))
            wire.exchange_all(server.address, [_ticking(setting, plan, told, number)])
        due = _due(server)
        _listen(told, plan.period_s * SETTLING_PERIODS)
        heard = _listen(told, plan.seconds)
        jobs = json.loads(wire.exchange(server.address, wire.ALL_JOBS))
    period = plan.period_s * 1e9
    late = [_late_ms(heard_of, due[heard_of.number], period) for heard_of in heard]
    return Sample(sorted(late), sum(job["missedCount"] for job in jobs))


def _phases(plan: Plan) -> Iterator[tuple[int, float]]:
    """The jobs in the order in which they are created, and when each of them is.

    A job is created when its first tick is due. That takes longer than a start:
    each period has a part of the jobs only, so that none of them comes late.
    """
    for turn in range(TURNS):
        for number in range(turn, plan.jobs, TURNS):
            yield number, plan.period_s * (turn + number / plan.jobs)


def _ticking(setting: Setting, plan: Plan, told: Announcements, number: int) -> bytes:
    command = [setting.programs.witness, told.path, str(number), "leave"]
    more = {"type": "periodic", "periodInSeconds": plan.period_s}
    return wire.create_job(wire.job(_id(number), command, **more))


def _due(server: Server) -> Mapping[int, float]:
    """When a tick of each job is due, in nanoseconds by the monotonic clock."""
    offset = time.time_ns() - time.monotonic_ns()
    jobs = json.loads(wire.exchange(server.address, wire.ALL_JOBS))
    times = {job["id"]: datetime.fromisoformat(job["nextRunAt"]).timestamp() for job in jobs}
    return {number: times[_id(number)] * 1e9 - offset for number in range(len(jobs))}


def _id(number: int) -> str:
    return f"job-{number}"


def _by_floor(setting: Setting, plan: Plan) -> Sample:
    with Announcements(setting.folder / "fifo") as told:
        command = [setting.programs.witness, told.path, "{}", "leave"]
        ticker = script("ticker", plan.jobs, plan.period_s, plan.floor_seconds + 1, *command)
        with helper(ticker, setting.folder) as floor:
            begin = int(floor.listen())
            heard = _listen(told, plan.floor_seconds)
    period = plan.period_s * 1e9
    late = [_late_ms(one, begin + period * one.number / plan.jobs, period) for one in heard]
    return Sample(sorted(late))


def _listen(told: Announcements, seconds: float) -> list[Announcement]:
    """What is announced in so many seconds; often enough that nobody has to wait for us.

    If that is nothing, because the machine stands still, then what is announced next.
    """
    heard: list[Announcement] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(LISTEN_S, max(end - time.monotonic(), 0)))
        heard += told.drain()
    return heard or told.take(1)


def _late_ms(heard: Announcement, due: float, period: float) -> float:
    """How long after the latest tick of its grid a program has started."""
    early = ROUNDING_MS * 1e6
    return max((heard.ns - due + early) % period - early, 0) / 1e6


def _at(sample: Sample, share: float) -> float:
    late = sample.late_ms
    return late[min(int(len(late) * share), len(late) - 1)]
