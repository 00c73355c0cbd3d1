"""The random histories of `test_histories`, and many times as many of them.

Hypothesis remembers what it chooses, so that it can make a history that fails as
short as can be. That takes most of its time. Here the same rules are played, and
the same invariants checked, with a plain generator of random numbers. A history
that fails is named by its seed, which plays the same one again.

`K1S_MANY_HISTORIES` sets how many histories are played.
"""

import os
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

import pytest
from attrs import astuple
from test_histories import (
    SOME_ENDS,
    SOME_EXITS,
    SOME_FACTS,
    SOME_JUMPS,
    SOME_PICKS,
    SOME_SIGNALS,
    SOME_SPANS,
    SOME_STALLS,
    History,
    some_spec,
)

from k1s.job import State

HISTORIES: Final = int(os.environ.get("K1S_MANY_HISTORIES", "2150"))
PARTS: Final = 10
STEPS: Final = 30

Value = Callable[[Random], Any]
VALUES: Final[Mapping[str, Value]] = {
    "spec": lambda random: some_spec(random.choice),
    "jobs": lambda random: [some_spec(random.choice) for _ in range(random.randint(1, 3))],
    "pick": lambda random: random.choice(SOME_PICKS),
    "state": lambda random: random.choice([None, *State]),
    "signal": lambda random: random.choice(SOME_SIGNALS),
    "fact": lambda random: random.choice(SOME_FACTS),
    "exit": lambda random: random.choice(SOME_EXITS),
    "runs": lambda random: random.randint(1, 6),
    "lasts": lambda random: random.choice(SOME_SPANS),
    "span": lambda random: random.choice(SOME_SPANS),
    "order": lambda random: random.choice(SOME_ENDS),
    "jump": lambda random: random.choice(SOME_JUMPS),
    "chance": lambda random: random.randrange(10),
    "goes": lambda random: random.random() < 0.5,
    "sleeps": lambda random: random.random() < 0.5,
}
OTHERS: Final[Mapping[tuple[str, str], Value]] = {
    ("stall", "span"): lambda random: random.choice(SOME_STALLS),
}


@pytest.mark.parametrize("part", range(PARTS))
def test_many_histories(part: int) -> None:
    """Whatever happens in whatever order, what must hold does."""
    for seed in range(part, HISTORIES, PARTS):
        try:
            play(Random(seed))
        except BaseException as error:
            error.add_note(f"this is the history of seed {seed}")
            raise


def play(random: Random) -> History:
    """One history from its first job until all have ended."""
    history = History()
    history.begin([some_spec(random.choice) for _ in range(random.randint(2, 4))])
    check(history)
    for _ in range(STEPS):
        rule = random.choice(history.rules)
        while not all(holds(history) for holds in rule.preconditions):
            rule = random.choice(history.rules)
        name = rule.function.__name__
        rule.function(history, **{key: value(name, key)(random) for key in rule.arguments})
        check(history)
    history.teardown()
    return history


def value(rule: str, argument: str) -> Value:
    """How an argument of a rule is chosen."""
    return OTHERS.get((rule, argument)) or VALUES[argument]


def check(history: History) -> None:
    """All that must hold, does."""
    for invariant in history.invariants:
        invariant.function(history)


def test_the_same_seed_is_the_same_history() -> None:
    """What a report names comes again, move by move."""
    first, again, other = (moves(play(Random(seed))) for seed in (7, 7, 8))
    assert first == again != other


def moves(history: History) -> list[tuple[object, ...]]:
    """All that the jobs did."""
    _, transitions = history.registry.journal.since(0, 10_000)
    return [astuple(transition) for transition in transitions]
