"""Whether a crowd of silent clients is felt by those who ask, and by the jobs.

Thousands of connections say nothing while requests come at a steady pace and a
periodic job ticks. The floor is the same server with the same pace and no crowd.
Ticks count while all of the crowd is there: when it comes and when it goes, each
within a second, it is anything but silent.
"""

import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from apparatus import wire
from apparatus.figures import Figure, Size
from apparatus.processes import helper, k1s_server, script
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen

NAME = "crowd"
PERIOD_S = 0.1
TICKS_MIN = 4
PATIENCE_S = 120
CONFIG = "[limits]\nline_deadline_seconds = 600\n"


@frozen
class Plan:
    silent: int
    rate: int
    seconds: float
    rounds: int = 1


@frozen
class Sample:
    """One round: latencies and lateness in milliseconds."""

    p50: float
    p99: float
    worst: float
    tick_p99: float
    tick_worst: float


PLANS: dict[Size, Plan] = {"small": Plan(20, 50, 0.4), "full": Plan(5000, 1000, 30)}


def measure(setting: Setting) -> list[Figure]:
    """Latencies of requests and lateness of ticks beside a crowd, and without one."""
    plan = PLANS[setting.size]
    sides = {
        "crowded": partial(_round, plan, plan.silent, setting.folder / "crowded"),
        "quiet": partial(_round, plan, 0, setting.folder / "quiet"),
    }
    samples = interleaved(setting.progress, plan.rounds, sides)
    crowded, quiet = samples["crowded"], samples["quiet"]
    what = f"{plan.rate:,} requests a second beside {plan.silent:,} silent clients"
    return [
        Figure(
            NAME,
            f"{what}: {name}",
            "ms",
            _all(crowded, key),
            _all(quiet, key),
            may_be_zero=True,
            is_main=key in ("p99", "tick_p99"),
        )
        for name, key in _FIGURES
    ]


_FIGURES = (
    ("median latency", "p50"),
    ("99th percentile", "p99"),
    ("worst latency", "worst"),
    ("lateness of ticks, 99th percentile", "tick_p99"),
    ("lateness of ticks, worst", "tick_worst"),
)


def _all(samples: Sequence[Sample], key: str) -> list[float]:
    return [getattr(sample, key) for sample in samples]


def _round(plan: Plan, silent: int, folder: Path) -> Sample:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "k1s.toml").write_text(CONFIG)
    with k1s_server(folder, flags=("-c", "k1s.toml")) as server:
        wire.exchange(server.address, wire.create_job(wire.job("asked-for", ["sleep", "1000"])))
        wire.exchange(server.address, _ticking())
        request = wire.get_job("asked-for").decode().strip()
        port, pace = server.address[1], (plan.rate, plan.seconds)
        command = script("crowd", port, silent, *pace, request)
        with helper(command, folder / "clients") as clients:
            printed = clients.listen()
            assert printed, (folder / "clients" / "complaints").read_text()
            seen = json.loads(printed)
            ticks_ms = _ticks_ms(folder / "ticks", seen["complete_ns"])
        assert seen["dropped"] == 0, f"{seen['dropped']} silent clients were dropped"
    latencies, late = seen["latencies_ms"], _lateness_ms(ticks_ms)
    return Sample(
        p50=_at(latencies, 0.5),
        p99=_at(latencies, 0.99),
        worst=latencies[-1],
        tick_p99=_at(late, 0.99),
        tick_worst=late[-1],
    )


def _ticking() -> bytes:
    """A job that notes when it really runs."""
    command = ["/bin/sh", "-c", "date +%s%N >> ticks"]
    return wire.create_job(wire.job("ticking", command, type="periodic", periodInSeconds=PERIOD_S))


def _ticks_ms(notes: Path, since_ns: int) -> list[float]:
    """When the job ran since then; a short round on a busy machine may be over before it has."""
    deadline = time.monotonic() + PATIENCE_S
    while len(ticks := _noted_since(notes, since_ns)) < TICKS_MIN:
        assert time.monotonic() < deadline, "the job hardly ticks"
        time.sleep(PERIOD_S)
    return [tick / 1e6 for tick in ticks]


def _noted_since(notes: Path, since_ns: int) -> list[int]:
    whole = notes.read_text().rpartition("\n")[0] if notes.exists() else ""
    return [tick for tick in map(int, whole.split()) if tick >= since_ns]


def _lateness_ms(times: Sequence[float]) -> list[float]:
    """How much later than the promptest tick each of them ran, on the grid of the period."""
    period_ms = PERIOD_S * 1000
    offsets = [time - times[0] - period_ms * round((time - times[0]) / period_ms) for time in times]
    return sorted(offset - min(offsets) for offset in offsets)


def _at(values: Sequence[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]
