"""A table that fits its place: columns give way before lines are broken.

First the columns that can be shortened are, down to what is still worth
reading; then columns are left out, the least wanted first.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from k1s.cli.display.wording import cut_end, width

GAP: Final = 2


class Column(NamedTuple):
    """One column.

    `rank` says how much it is wanted: the lowest is left out first, None is
    never left out. `least` columns of a terminal are enough for it; None means
    that it is not shortened.
    """

    title: str
    rank: int | None = None
    least: int | None = None
    to_the_right: bool = False
    cut: Callable[[str, int], str] = cut_end


def layout(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], place: int | None
) -> list[list[str]]:
    """The padded cells of the title and of every row, for a place of so many columns (or any).

    What is left out is gone from every row.
    """
    table = [[column.title for column in columns], *rows]
    kept = list(range(len(columns)))
    natural = [max(width(row[index]) for row in table) for index in kept]
    widths = dict(enumerate(natural))
    if place is not None:
        kept = _wanted(columns, natural, place)
        widths = _shared_out(columns, natural, kept, place)
    return [[_cell(columns[index], row[index], widths[index]) for index in kept] for row in table]


def _wanted(columns: Sequence[Column], natural: Sequence[int], place: int) -> list[int]:
    """The columns that fit when each takes the least that it can live with."""
    kept = list(range(len(columns)))
    ranks = {index: rank for index in kept if (rank := columns[index].rank) is not None}
    while ranks and _sum(_least(columns[i], natural[i]) for i in kept) > place:
        index = min(ranks, key=ranks.__getitem__)
        del ranks[index]
        kept.remove(index)
    return kept


def _shared_out(
    columns: Sequence[Column], natural: Sequence[int], kept: Sequence[int], place: int
) -> dict[int, int]:
    """The width of each column: what it needs, or its share of what is missing.

    Columns give in the order of their place, the last one first.
    """
    widths = {index: natural[index] for index in kept}
    for floor in (_least, _nothing):
        for index in reversed(kept):
            excess = _sum(widths.values()) - place
            if excess > 0 and columns[index].least is not None:
                widths[index] = max(widths[index] - excess, floor(columns[index], natural[index]))
    return widths


def _sum(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + GAP * (len(listed) - 1)


def _least(column: Column, natural: int) -> int:
    return natural if column.least is None else min(column.least, natural)


def _nothing(_: Column, natural: int) -> int:
    """In a place that is smaller than all that is worth reading."""
    return min(1, natural)


def _cell(column: Column, text: str, columns: int) -> str:
    shown = column.cut(text, columns)
    padding = " " * (columns - width(shown))
    return padding + shown if column.to_the_right else shown + padding
