"""Programs that only exist in a simulation: what they are, and how each run of one behaves."""

from random import Random
from signal import SIGKILL, Signals
from typing import Final

from attrs import define, frozen

from k1s.events import Run
from k1s.job import Exit, JobSpec, JobType

from .agenda import Entry

MINUTE_S: Final = 60.0
HOUR_S: Final = 60 * MINUTE_S

# Some are no binary fractions, so that sums would drift where products do not.
PERIODS: Final = (197.3, 300, 600.1, 900, 1800, 3600 / 7, HOUR_S, 3 * HOUR_S)
UNSTARTABLE: Final = ("no such file: /bin/program", "the machine has no room for another process")
DISK_FULL: Final = "log file /logs/stdout.log: no space left on device"
ERRORS: Final = (Exit(code=1), Exit(code=3), Exit(code=130), Exit(signal=11), Exit(signal=9))
UNKILLABLE_S: Final = 30.0


@frozen
class Habits:
    """How the runs of one job behave: chances from 0 to 1, and times."""

    lasts_s: float
    fails: float
    cannot_start: float
    starts_slowly: float
    ignores_signals: float
    lingers_s: float
    leaves_others: float


def invent_spec(job_id: str, random: Random) -> JobSpec:
    """A job of any type."""
    job_type = random.choice((JobType.PERIODIC, JobType.PERIODIC, JobType.CONTINUOUS, *JobType))
    base = random.choice((0, 0.1, 5, 60))
    return JobSpec(
        id=job_id,
        type=job_type,
        executable="/bin/program",
        period_in_seconds=random.choice(PERIODS) if job_type is JobType.PERIODIC else None,
        max_retry=random.choice((0, 2, 5, 5, -1)),
        restart_delay_seconds=base,
        max_restart_delay_seconds=max(base, random.choice((30, 600))),
        healthy_after_seconds=random.choice((None, None, 1, 10 * MINUTE_S)),
        stop_timeout_seconds=random.choice((0, 1, 10)),
    )


def invent_habits(spec: JobSpec, random: Random) -> Habits:
    """What the program of a job is like; a periodic one now and then outlasts its period."""
    typical_s = 30 * MINUTE_S if spec.period_in_seconds is None else spec.period_in_seconds / 2
    return Habits(
        lasts_s=typical_s * random.uniform(0.1, 1),
        fails=random.choice((0, 0.05, 0.3, 0.9)),
        cannot_start=random.choice((0, 0, 0.1, 0.5)),
        starts_slowly=random.choice((0, 0, 0.1)),
        ignores_signals=random.choice((0, 0.2, 1)),
        lingers_s=random.choice((0.01, 3, 20)),
        leaves_others=random.choice((0, 0, 0.3)),
    )


@define(eq=False)
class Process:
    """A run as the engine sees it, from the order to start it until nothing of it is left."""

    run: Run
    habits: Habits
    random: Random
    is_alive: bool = False
    is_swept: bool = False
    exit: Exit | None = None
    ending: Entry | None = None
    ends_at: float = 0

    def happens(self, chance: float) -> bool:
        """Whether something of this chance happens now."""
        return self.random.random() < chance

    def life(self) -> tuple[float, Exit]:
        """How long the main process would last, in seconds, and how it would end."""
        lasts_s = self.habits.lasts_s * self.random.lognormvariate(0, 1)
        return lasts_s, self.random.choice(ERRORS) if self.happens(self.habits.fails) else OK

    def reaction(self, signal: Signals) -> tuple[float, Exit] | None:
        """How long after a signal the process is gone, and how it ends; None if it ignores it."""
        if signal is SIGKILL:
            is_stuck = self.happens(0.05)
            lasts_s = self.random.uniform(0, UNKILLABLE_S) if is_stuck else 0.01
            return lasts_s, Exit(signal=SIGKILL)
        if self.happens(self.habits.ignores_signals):
            return None
        lasts_s = self.random.expovariate(1 / self.habits.lingers_s)
        return lasts_s, self.random.choice((OK, Exit(signal=signal)))


OK: Final = Exit(code=0)
