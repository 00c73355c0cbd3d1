"""A figure: what was measured, beside its floor, and whether the aim is met."""

from collections.abc import Sequence
from statistics import median
from typing import Literal

from attrs import frozen

Size = Literal["small", "full"]


@frozen
class Aim:
    """What a figure should be: a bound on the ratio to the floor, or on the value itself."""

    bound: float
    of: Literal["ratio", "value"] = "ratio"
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self, unit: str) -> str:
        direction = "at least" if self.at_least else "at most"
        return f"{direction} {self.bound:g} {'times' if self.of == 'ratio' else unit}"


@frozen
class Figure:
    """One row of the table. Sample number n of k1s and of the floor come from the same round.

    `may_be_zero` marks what is best when there is none of it.
    """

    measure: str
    what: str
    unit: str
    samples: Sequence[float]
    floor_samples: Sequence[float] = ()
    aim: Aim | None = None
    may_be_zero: bool = False

    @property
    def value(self) -> float:
        return median(self.samples)

    @property
    def floor(self) -> float | None:
        return median(self.floor_samples) if self.floor_samples else None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios within each round: what slows a round slows both sides."""
        if not self.floor_samples:
            return None
        pairs = zip(self.samples, self.floor_samples, strict=True)
        return median(ours / floor for ours, floor in pairs)

    @property
    def is_met(self) -> bool | None:
        if self.aim is None:
            return None
        judged = self.ratio if self.aim.of == "ratio" else self.value
        assert judged is not None, "an aim for a ratio needs a floor"
        return self.aim.is_met(judged)

    def row(self) -> list[str]:
        """The cells of the table, in the order of `HEADINGS`."""
        aim = "" if self.aim is None else self.aim.text(self.unit)
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        k1s, floor = _amount(self.value, self.unit), _amount(self.floor, self.unit)
        return [self.measure, self.what, k1s, floor, _number(self.ratio), aim, met]

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
        }


HEADINGS = ("measure", "what it did", "k1s", "floor", "ratio", "aim", "met")
_ALIGNMENT = ("---", "---", "---:", "---:", "---:", "---", "---")


def table(figures: Sequence[Figure]) -> str:
    """All figures as a Markdown table."""
    rows = [HEADINGS, _ALIGNMENT, *(figure.row() for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _amount(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_number(value)} {unit}".strip()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == 0 or value >= 100 else f"{value:.3g}"
