"""Repetitions of several sides in turn, so that what disturbs the machine disturbs all of them."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def interleaved(rounds: int, *sides: Callable[[], T]) -> list[list[T]]:
    """The samples of each side. Every other round goes backwards: no side is always first."""
    samples: list[list[T]] = [[] for _ in sides]
    for turn in range(rounds):
        numbered = list(enumerate(sides))
        for index, side in numbered if turn % 2 == 0 else reversed(numbered):
            samples[index].append(side())
    return samples
