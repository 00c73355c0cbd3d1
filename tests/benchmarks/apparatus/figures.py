"""A figure: what was measured, beside its floor and the peers, and whether the aim is met."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

from attrs import field, frozen

Size = Literal["small", "full"]
Samples = Sequence[float]


@frozen
class Aim:
    """What a figure should be: a bound on the ratio to the floor, on the value, or on every peer.

    With `of="peers"`, or the name of one, the bound is on the ratio to that peer.
    """

    bound: float
    of: str = "ratio"
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self, unit: str) -> str:
        direction = "at least" if self.at_least else "at most"
        if self.of == "value":
            return f"{direction} {self.bound:g} {unit}".strip()
        beside = "" if self.of == "ratio" else f" {self.of}"
        return f"{direction} {self.bound:g} times{beside}"


@frozen
class Figure:
    """One row of the table. Sample number n of every side comes from the same round.

    `may_be_zero` marks what is best when there is none of it; `picture` is what
    the figure is called in the picture, if it is in there. `is_told` puts it into
    the short table, although there is nothing to judge.
    """

    measure: str
    what: str
    unit: str
    samples: Samples
    floor_samples: Samples = ()
    aim: Aim | None = None
    may_be_zero: bool = False
    peers: Mapping[str, Samples] = field(factory=dict)
    picture: str = ""
    is_told: bool = False

    @property
    def value(self) -> float:
        return median(self.samples)

    @property
    def floor(self) -> float | None:
        return median(self.floor_samples) if self.floor_samples else None

    @property
    def ratio(self) -> float | None:
        return self._ratio_to(self.floor_samples)

    @property
    def is_met(self) -> bool | None:
        """None where there is nothing to judge: no aim, or none of the peers that it names."""
        if self.aim is None:
            return None
        judged = [value for value in self._judged(self.aim.of) if value is not None]
        return all(map(self.aim.is_met, judged)) if judged else None

    @property
    def is_main(self) -> bool:
        """Whether this belongs into a short table: what has an aim, is known of peers, or told."""
        return self.is_told or self.aim is not None or bool(self.peers)

    def row(self, peers: Sequence[str]) -> list[str]:
        """The cells of the table, in the order of `headings`."""
        cells = [f"{self.measure}: {self.what}", amount(self.value, self.unit)]
        cells += [amount(self.floor, self.unit), _number(self.ratio), self._verdict()]
        for name in peers:
            samples = self.peers.get(name)
            cells.append(amount(median(samples), self.unit) if samples else "")
        return cells

    def raw(self) -> dict[str, object]:
        """All of it as JSON values."""
        return {
            "measure": self.measure,
            "what": self.what,
            "unit": self.unit,
            "k1s": self.value,
            "floor": self.floor,
            "ratio": self.ratio,
            "aim": None if self.aim is None else self.aim.text(self.unit),
            "met": self.is_met,
            "k1s_samples": list(self.samples),
            "floor_samples": list(self.floor_samples),
            "peers_samples": {name: list(samples) for name, samples in self.peers.items()},
        }

    def _judged(self, of: str) -> list[float | None]:
        match of:
            case "ratio":
                assert self.floor_samples, "an aim for a ratio needs a floor"
                return [self.ratio]
            case "value":
                return [self.value]
            case "peers":
                return [self._ratio_to(samples) for samples in self.peers.values()]
            case _:
                return [self._ratio_to(self.peers.get(of, ()))]

    def _ratio_to(self, samples: Samples) -> float | None:
        """The median of the ratios within each round: what slows a round slows both sides."""
        if not samples or not all(samples):
            return None
        return median(ours / other for ours, other in zip(self.samples, samples, strict=True))

    def _verdict(self) -> str:
        if self.aim is None:
            return ""
        met = {None: "not judged", True: "met", False: "**missed**"}[self.is_met]
        return f"{self.aim.text(self.unit)}: {met}"


def headings(peers: Sequence[str]) -> list[str]:
    """The columns of the table."""
    return ["measure", "k1s", "floor", "ratio", "aim", *peers]


def peers_in(figures: Sequence[Figure]) -> list[str]:
    """The names of all peers that something is known of, in the order of their first figure."""
    return list(dict.fromkeys(name for figure in figures for name in figure.peers))


def table(figures: Sequence[Figure]) -> str:
    """Figures as a Markdown table."""
    peers = peers_in(figures)
    alignment = ["---", "---:", "---:", "---:", "---", *("---:" for _ in peers)]
    rows = [headings(peers), alignment, *(figure.row(peers) for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def amount(value: float | None, unit: str) -> str:
    """A value with its unit, as short as is honest."""
    return "" if value is None else f"{_number(value)} {unit}".strip()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == 0 or abs(value) >= 100 else f"{value:.3g}"
