"""A figure: what was measured, beside its floor and the peers, and whether the aim is met."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

from attrs import field, frozen

Size = Literal["small", "full"]
Samples = Sequence[float]
CUT = "cut"


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

    A peer may have fewer samples, and none if it has been cut. `may_be_zero` marks
    what is best when there is none of it; `picture` is what the figure is called in
    the picture, if it is in there; `is_main` puts it into the short table.
    """

    measure: str
    what: str
    unit: str
    samples: Samples
    floor_samples: Samples = ()
    aims: Sequence[Aim] = ()
    may_be_zero: bool = False
    peers: Mapping[str, Samples] = field(factory=dict)
    picture: str = ""
    is_main: bool = False

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
        verdicts = [met for met in map(self._is_met, self.aims) if met is not None]
        return all(verdicts) if verdicts else None

    def row(self, peers: Sequence[str]) -> list[str]:
        """The cells of the table, in the order of `headings`."""
        cells = [f"{self.measure}: {self.what}", amount(self.value, self.unit)]
        cells += [amount(self.floor, self.unit), _number(self.ratio), self._verdicts()]
        for name in peers:
            cells.append(self._cell(self.peers.get(name)))
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
            "aims": [aim.text(self.unit) for aim in self.aims],
            "met": self.is_met,
            "k1s_samples": list(self.samples),
            "floor_samples": list(self.floor_samples),
            "peers_samples": {name: list(samples) for name, samples in self.peers.items()},
        }

    def _cell(self, samples: Samples | None) -> str:
        """What is known of a peer: nothing, if it takes no part."""
        if samples is None:
            return ""
        return amount(median(samples), self.unit) if samples else CUT

    def _is_met(self, aim: Aim) -> bool | None:
        judged = [value for value in self._judged(aim.of) if value is not None]
        return all(map(aim.is_met, judged)) if judged else None

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
        both = zip(self.samples, samples, strict=False)  # a peer has the first rounds only
        return median(ours / other for ours, other in both)

    def _verdicts(self) -> str:
        words = {None: "not judged", True: "met", False: "**missed**"}
        return "; ".join(f"{aim.text(self.unit)}: {words[self._is_met(aim)]}" for aim in self.aims)


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
