"""The figures of launch and of runs: both compare batches of programs, of several sizes."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from apparatus.batch import EACH, LINE, LOOP, SERVER, SMALLEST, Plan, Sample, compare
from apparatus.figures import Aim, Figure
from apparatus.setting import Setting
from attrs import frozen

AIM_GROWTH = Aim(1.2)
Samples = Mapping[str, list[Sample]]


@frozen
class Words:
    """What the figures are called, what they should be, and which sizes the short table has."""

    name: str
    programs: str
    picture: str
    aim_each: Aim
    aim_line: Aim
    main: Sequence[int]


def measure(
    setting: Setting, words: Words, plans: Sequence[Plan], *, is_once: bool
) -> Iterator[Figure]:
    """Milliseconds for each program, and how that grows with their number."""
    base = [plan for plan in plans if plan.peer_rounds][-1]
    samples = {}
    for plan in plans:
        setting.progress.step(f"{plan.jobs:,} {words.programs}")
        samples[plan] = compare(setting, plan, is_once=is_once)
        yield from _figures(setting, words, plan, samples[plan], is_drawn=plan == base)
    yield from _growth(words, samples, base)


def _figures(
    setting: Setting, words: Words, plan: Plan, samples: Samples, *, is_drawn: bool
) -> list[Figure]:
    many = f"{plan.jobs:,} {words.programs}"
    loop = _all(samples[LOOP], "each_ms")
    peers = setting.peers if plan.peer_rounds else ()
    known = {peer.name: _all(samples[peer.name], "each_ms") for peer in peers}
    figures = []
    for side, how, aim in _sides(words):
        what = f"{many}, {how}; each"
        ours = _all(samples[side], "each_ms")
        figures += [
            Figure(
                words.name,
                what,
                "ms",
                ours,
                loop,
                [aim],
                peers=known,
                picture=f"{words.picture}, {how}" if is_drawn else "",
                is_main=plan.jobs in words.main,
            ),
            _cpu(words, f"{what}: CPU of the server", samples, side),
        ]
        if SMALLEST in samples:
            beside = f"{what}, beside {setting.programs.smallest_is}"
            smallest = _all(samples[SMALLEST], "each_ms")
            figures.append(Figure(words.name, beside, "ms", ours, smallest))
        if SERVER in samples and side == EACH:
            beside = f"{what}, beside the smallest server in asyncio that starts them"
            server = _all(samples[SERVER], "each_ms")
            figures.append(Figure(words.name, beside, "ms", ours, server, is_main=is_drawn))
    return figures


def _sides(words: Words) -> tuple[tuple[str, str, Aim], ...]:
    return (
        (EACH, "a connection for each", words.aim_each),
        (LINE, "all in one line", words.aim_line),
    )


def _cpu(words: Words, what: str, samples: Samples, side: str) -> Figure:
    ours, loop = (_all(samples[name], "cpu_ms") for name in (side, LOOP))
    return Figure(words.name, what, "ms", ours, loop, may_be_zero=True)


def _growth(words: Words, samples: Mapping[Plan, Samples], base: Plan) -> list[Figure]:
    """How much longer each of the most programs takes than each of those that the peers have too.

    So it does in the loop: the kernel has more to look after, and the machine is
    not as fast at all times. What is judged is how much more k1s grows than that.
    """
    most = max(samples, key=lambda plan: plan.jobs)

    def grown(side: str) -> float:
        many, few = (median(_all(samples[plan][side], "each_ms")) for plan in (most, base))
        return many / few

    what = f"each of {most.jobs:,} beside each of {base.jobs:,}"
    return [
        Figure(
            words.name,
            f"{what}, {how}",
            "times",
            [grown(side)],
            [grown(LOOP)],
            [AIM_GROWTH],
            is_main=True,
        )
        for side, how, _ in _sides(words)
    ]


def _all(samples: Sequence[Sample], key: str) -> list[float]:
    return [getattr(sample, key) for sample in samples]
