"""(a) Launch: from the first request until the last program's first instruction."""

from collections.abc import Iterator

from apparatus.batch import Plan
from apparatus.figures import Aim, Figure, Size
from apparatus.setting import Setting

from . import batches

WORDS = batches.Words(
    "launch",
    "jobs that stay",
    "launch of a job",
    aim_each=Aim(1.8),
    aim_line=Aim(1.2),
    main=(200, 1000, 10_000),
)
PLANS: dict[Size, tuple[Plan, ...]] = {
    "small": (Plan(3, 1, 1),),
    "full": (Plan(200, 7, 1), Plan(1000, 5, 1), Plan(5000, 1), Plan(10_000, 2)),
}


def measure(setting: Setting) -> Iterator[Figure]:
    """Milliseconds for each job, beside a loop of `Popen`, a C program and the peers."""
    return batches.measure(setting, WORDS, PLANS[setting.size], is_once=False)
