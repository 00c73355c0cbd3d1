"""(b) Runs: from the first request until the end of the last one-time `true` is on record."""

from collections.abc import Iterator

from apparatus.batch import Plan
from apparatus.figures import Aim, Figure, Size
from apparatus.setting import Setting

from . import batches

WORDS = batches.Words(
    "runs",
    "times `true`",
    "run of true",
    aim_each=Aim(1.8),
    aim_line=Aim(1.3),
    main=(1000, 10_000),
)
PLANS: dict[Size, tuple[Plan, ...]] = {
    "small": (Plan(3, 1, 1),),
    "full": (Plan(1000, 5, 1), Plan(10_000, 2)),
}


def measure(setting: Setting) -> Iterator[Figure]:
    """Milliseconds for each run, beside a loop of `Popen` and `wait`, a C program and the peers."""
    return batches.measure(setting, WORDS, PLANS[setting.size], is_once=True)
