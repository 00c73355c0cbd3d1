"""(a) Launch: from the first request until the last program's first instruction."""

from apparatus.batch import Plan
from apparatus.figures import Aim, Figure, Size
from apparatus.setting import Setting

from . import batches

WORDS = batches.Words(
    "launch", "jobs that stay", "launch of a job", aim_each=Aim(1.8), aim_line=Aim(1.2)
)
PLANS: dict[Size, tuple[Plan, ...]] = {
    "small": (Plan(10, 1, peers=True),),
    "full": (Plan(200, 7), Plan(1000, 5, peers=True), Plan(5000, 3), Plan(10_000, 2)),
}


def measure(setting: Setting) -> list[Figure]:
    """Milliseconds for each job, beside a loop of `Popen`, a C program and the peers."""
    return batches.measure(setting, WORDS, PLANS[setting.size], is_once=False)
