"""Repetitions of several sides in turn, so that what disturbs the machine disturbs all of them."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from .guests import Guests
from .progress import Progress

T = TypeVar("T")
Sides = Mapping[str, Callable[[], T]]


def interleaved(
    progress: Progress,
    rounds: int,
    sides: Sides[T],
    peers: Sides[T] | None = None,
    peer_rounds: int = 1,
) -> dict[str, list[T]]:
    """The samples of each side. Every other round goes backwards: no side is always first.

    Peers take part in the first rounds only, and each of them only as long as it
    is quick enough: it has fewer samples then, or none.
    """
    guests, everybody = Guests(progress), {**sides, **(peers or {})}
    samples: dict[str, list[T]] = {name: [] for name in everybody}
    for turn in range(rounds):
        names = list(everybody if turn < peer_rounds else sides)
        for name in names if turn % 2 == 0 else reversed(names):
            if name not in sides:
                sample = guests.host(name, everybody[name])
                samples[name] += [] if sample is None else [sample]
                continue
            with progress.turn(name):
                samples[name].append(sides[name]())
    return samples
