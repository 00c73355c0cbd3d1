"""Repetitions of several sides in turn, so that what disturbs the machine disturbs all of them."""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def interleaved(rounds: int, sides: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """The samples of each side. Every other round goes backwards: no side is always first."""
    samples: dict[str, list[T]] = {name: [] for name in sides}
    for turn in range(rounds):
        names = list(sides)
        for name in names if turn % 2 == 0 else reversed(names):
            samples[name].append(sides[name]())
    return samples
