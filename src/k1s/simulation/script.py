"""The script of a simulation: how long each run lasts, how it ends, and who is killed when.

Without a word about it, a continuous program runs on for ever, and any other
takes a moment and succeeds. A rule says otherwise for some runs of some jobs:
`web=3` for the third run, `web=1,3-5` for several, `web=2-` for the second and
all later ones, `web=all` for each. An id may be a glob (`web-*=all`). A later
rule beats an earlier one.
"""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from attrs import frozen

from k1s import durations
from k1s.errors import K1sError, shown
from k1s.job import Exit, Job, JobSpec, JobType
from k1s.strict import did_you_mean

MOMENT_S: Final = 0.05
FOR_EVER: Final = math.inf
SUCCESS: Final = Exit(code=0)
FAILURE: Final = Exit(code=1)

_KNOWN_MAX: Final = 5
_RANGE: Final = re.compile(r"([1-9][0-9]{0,8})(?:(-)([1-9][0-9]{0,8})?)?")
_RUNS: Final = "runs such as 3 or 1,3-5 or 2- or all"
_FAIL: Final = "ID=RUNS or ID=RUNS:AFTER, such as web=3 or web=1,3-5:10s"
_LASTS: Final = "ID=TIME or ID=RUNS:TIME, such as web=10s or web=3:forever"
_KILL: Final = "ID=AT, such as web=10min"


class ScriptError(K1sError):
    """The script is wrong; the text names the option and the mend."""


@frozen
class Runs:
    """Which runs of a job, as ranges from one number to another, both included."""

    ranges: tuple[tuple[int, float], ...]

    def __contains__(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.ranges)

    @property
    def first(self) -> int:
        """The first of them."""
        return min(first for first, _ in self.ranges)


ALL: Final = Runs(((1, math.inf),))


@frozen
class Rule:
    """What some runs of some jobs do; None: no word about that. `text` is the option, as typed."""

    text: str
    jobs: str
    runs: Runs
    lasts_s: float | None = None
    exit: Exit | None = None


@frozen
class KillOrder:
    """Somebody asks for the end of a job, so many seconds after the start; `text` as typed."""

    text: str
    jobs: str
    at_s: float


@frozen
class Behaviour:
    """What one run does: it ends like this after so many seconds, or never."""

    lasts_s: float
    exit: Exit = SUCCESS


@frozen
class Script:
    """All that is said about the programs."""

    rules: tuple[Rule, ...] = ()
    kills: tuple[KillOrder, ...] = ()

    def part(self, spec: JobSpec) -> "Part":
        """What the script says about one job."""
        return Part(spec, tuple(rule for rule in self.rules if fnmatchcase(spec.id, rule.jobs)))

    def unused(self, jobs: Collection[Job], seconds: float) -> list[str]:
        """Of what nothing came in that time, in words: of a run that never was, of a late kill."""
        late = [order.text for order in self.kills if order.at_s > seconds]
        return [
            f"nothing came of {rule.text}: there was no run {rule.runs.first:,}"
            for rule in self.rules
            if not any(
                fnmatchcase(job.id, rule.jobs) and job.run_count >= rule.runs.first for job in jobs
            )
        ] + [f"nothing came of {text}: the simulation ends before" for text in late]

    def kill_times(self, spec: JobSpec) -> list[float]:
        """When somebody asks for the end of a job."""
        return [order.at_s for order in self.kills if fnmatchcase(spec.id, order.jobs)]


@frozen
class Part:
    """What a script says about one job."""

    spec: JobSpec
    rules: tuple[Rule, ...]

    def run(self, number: int) -> Behaviour:
        """What the run of this number does."""
        lasts_s, exit = None, None
        for rule in self.rules:
            if number in rule.runs:
                lasts_s = lasts_s if rule.lasts_s is None else rule.lasts_s
                exit = rule.exit or exit
        if lasts_s is None:
            goes_on = self.spec.type is JobType.CONTINUOUS and exit is None
            lasts_s = FOR_EVER if goes_on else MOMENT_S
        return Behaviour(lasts_s, exit or SUCCESS)


def read(
    specs: Collection[JobSpec], fail: Iterable[str], lasts: Iterable[str], kill: Iterable[str]
) -> Script:
    """The script that the options of a command line make; wrong ones raise `ScriptError`."""
    return Script(
        rules=(
            *(_lasts_rule(text, specs) for text in lasts),
            *(_fail_rule(text, specs) for text in fail),
        ),
        kills=tuple(_kill_order(text, specs) for text in kill),
    )


def _fail_rule(text: str, specs: Collection[JobSpec]) -> Rule:
    jobs, what = _split("--fail", text, _FAIL, specs)
    runs, colon, after = what.partition(":")
    lasts_s = _time("--fail", jobs, after) if colon else None
    return Rule(f"--fail {text}", jobs, _runs("--fail", jobs, runs), lasts_s, FAILURE)


def _lasts_rule(text: str, specs: Collection[JobSpec]) -> Rule:
    jobs, what = _split("--lasts", text, _LASTS, specs)
    runs, colon, time = what.rpartition(":")
    return Rule(
        f"--lasts {text}",
        jobs,
        _runs("--lasts", jobs, runs) if colon else ALL,
        FOR_EVER if time == "forever" else _time("--lasts", jobs, time),
    )


def _kill_order(text: str, specs: Collection[JobSpec]) -> KillOrder:
    jobs, at = _split("--kill", text, _KILL, specs)
    return KillOrder(f"--kill {text}", jobs, _time("--kill", jobs, at))


def _split(option: str, text: str, form: str, specs: Collection[JobSpec]) -> tuple[str, str]:
    """The id or glob before the sign, checked, and what stands behind it."""
    jobs, sign, what = text.partition("=")
    if not jobs or not sign or not what:
        raise ScriptError(f"{option} wants {form}, got {shown(text)}")
    ids = [spec.id for spec in specs]
    if not any(fnmatchcase(job_id, jobs) for job_id in ids):
        raise ScriptError(
            f"{option}: there is no job {shown(jobs)}{did_you_mean(jobs, ids) or _known(ids)}"
        )
    return jobs, what


def _known(ids: Sequence[str]) -> str:
    """Some of the ids that there are."""
    rest = f" and {len(ids) - _KNOWN_MAX} more" if len(ids) > _KNOWN_MAX else ""
    return f": there are {', '.join(ids[:_KNOWN_MAX])}{rest}" if ids else ""


def _time(option: str, jobs: str, text: str) -> float:
    try:
        return durations.parse(text)
    except durations.DurationError as error:
        raise ScriptError(f"{option} {shown(jobs)} {error}") from None


def _runs(option: str, jobs: str, text: str) -> Runs:
    if text == "all":
        return ALL
    ranges = [_range(part) for part in text.split(",")]
    if any(first > last for first, last in ranges):
        raise ScriptError(f"{option} {shown(jobs)} wants {_RUNS}, got {shown(text)}")
    return Runs(tuple(ranges))


def _range(text: str) -> tuple[int, float]:
    """The first and the last run of a range; what is no range is an empty one."""
    found = _RANGE.fullmatch(text)
    if not found:
        return 1, 0
    first, dash, last = found.groups()
    if dash and not last:
        return int(first), math.inf
    return int(first), int(last or first)
