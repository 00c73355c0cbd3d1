"""The figures of launch and of runs: both compare batches of programs, of several sizes."""

from collections.abc import Mapping, Sequence
from statistics import median

from apparatus.batch import EACH, LINE, LOOP, SMALLEST, Plan, Sample, compare
from apparatus.figures import Aim, Figure
from apparatus.setting import Setting
from attrs import frozen

AIM_GROWTH = Aim(1.2)
Samples = Mapping[str, list[Sample]]


@frozen
class Words:
    """What the figures are called, and what they should be."""

    name: str
    programs: str
    picture: str
    aim_each: Aim
    aim_line: Aim


def measure(
    setting: Setting, words: Words, plans: Sequence[Plan], *, is_once: bool
) -> list[Figure]:
    """Milliseconds for each program, and how that grows with their number."""
    samples = {plan: compare(setting, plan, is_once=is_once) for plan in plans}
    figures = [f for plan in plans for f in _figures(setting, words, plan, samples[plan])]
    return [*figures, *_growth(words, samples)]


def _figures(setting: Setting, words: Words, plan: Plan, samples: Samples) -> list[Figure]:
    many = f"{plan.jobs:,} {words.programs}"
    loop, smallest = (_all(samples[side], "each_ms") for side in (LOOP, SMALLEST))
    peers = setting.peers if plan.peers else ()
    known = {peer.name: _all(samples[peer.name], "each_ms") for peer in peers}
    figures = []
    for side, how, aim in _sides(words):
        what = f"{many}, {how}; each"
        picture = f"{words.picture}, {how}" if plan.peers else ""
        ours = _all(samples[side], "each_ms")
        figures += [
            Figure(words.name, what, "ms", ours, loop, aim, peers=known, picture=picture),
            Figure(
                words.name, f"{what}, beside {setting.programs.smallest_is}", "ms", ours, smallest
            ),
            _cpu(words, f"{what}: CPU of the server", samples, side),
        ]
    return figures


def _sides(words: Words) -> tuple[tuple[str, str, Aim], ...]:
    return (
        (EACH, "a connection for each", words.aim_each),
        (LINE, "all in one line", words.aim_line),
    )


def _cpu(words: Words, what: str, samples: Samples, side: str) -> Figure:
    ours, loop = (_all(samples[name], "cpu_ms") for name in (side, LOOP))
    return Figure(words.name, what, "ms", ours, loop, may_be_zero=True)


def _growth(words: Words, samples: Mapping[Plan, Samples]) -> list[Figure]:
    """The most programs beside those that the peers have too: the ratio should be 1."""
    base = next(plan for plan in samples if plan.peers)
    most = max(samples, key=lambda plan: plan.jobs)
    figures = []
    for side, how, _ in _sides(words):
        many, few = (median(_all(samples[plan][side], "each_ms")) for plan in (most, base))
        what = f"each of {most.jobs:,} beside each of {base.jobs:,}, {how}"
        figures.append(Figure(words.name, what, "ms", [many], [few], AIM_GROWTH))
    return figures


def _all(samples: Sequence[Sample], key: str) -> list[float]:
    return [getattr(sample, key) for sample in samples]
