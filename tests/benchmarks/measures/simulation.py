"""How much CPU `k1s simulate` needs for a day of many jobs, the start of the program included.

Most of them are periodic, from once a minute to once an hour; the rest are
services, and some of each fail now and then. At the full size, compiled code
is kept in the folder of the measure and made before the first sample.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from apparatus.figures import Aim, Figure, Size
from apparatus.processes import K1S, clean_environment, compiled_code
from apparatus.setting import Setting
from attrs import frozen

NAME = "simulate"
MINUTE_S, HOUR_S = 60, 3600
FAILURES = ("--fail", "service-*=1-3:1h", "--fail", "tick-1*=3,7")
TIMEOUT_S = 120


@frozen
class Plan:
    """How many jobs, for how many hours, and how often that is measured."""

    periodic: int
    services: int
    hours: int
    rounds: int


PLANS: dict[Size, Plan] = {"small": Plan(2, 1, 1, 1), "full": Plan(80, 20, 24, 5)}


def measure(setting: Setting) -> list[Figure]:
    """Seconds of CPU time."""
    plan = PLANS[setting.size]
    variables = compiled_code(setting.folder) if setting.size == "full" else {}
    file = setting.folder / "jobs.toml"
    file.write_text("\n".join(_tables(plan)))
    command = [K1S, "simulate", file.name, "--for", f"{plan.hours}h", *FAILURES]
    if variables:
        _cpu_s(command, setting.folder, variables)
    samples = [_cpu_s(command, setting.folder, variables) for _ in range(plan.rounds)]
    what = f"CPU time of `k1s simulate`, {plan.hours} h of {plan.periodic + plan.services} jobs"
    return [Figure(NAME, what, "s", samples, aims=[Aim(1, of="value")], is_main=True)]


def _tables(plan: Plan) -> list[str]:
    """A jobs file."""
    step_s = (HOUR_S - MINUTE_S) / (plan.periodic - 1)
    return [
        *(
            f"[job.tick-{n}]\ntype = 'periodic'\nexecutable = 'true'\n"
            f"period_in_seconds = {MINUTE_S + n * step_s:.0f}\n"
            for n in range(plan.periodic)
        ),
        *(
            f"[job.service-{n}]\ntype = 'continuous'\nexecutable = 'true'\n"
            for n in range(plan.services)
        ),
    ]


def _cpu_s(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=True,
    )
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
