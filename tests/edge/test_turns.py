"""Streams that have much to say, and those who wait for the event loop meanwhile."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from k1s.port.turns import TURN_S, Turns


class Clock:
    """Goes on only when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def play(scenario: Callable[[], Any]) -> list[dict[str, Any]]:
    """What a scenario in an event loop leaves to be told of: errors of calls."""
    errors: list[dict[str, Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, error: errors.append(error))
        scenario()
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(main())
    return errors


def test_each_has_its_turn_once() -> None:
    """In the order in which they asked, and not at once."""
    done: list[str] = []
    one, two = partial(done.append, "one"), partial(done.append, "two")

    def scenario() -> None:
        turns = Turns()
        for call in (one, two, one):
            turns.ask(call)
        assert done == []

    play(scenario)
    assert done == ["one", "two"]


def test_others_have_the_loop_between_two_turns() -> None:
    """Who has much to do keeps nobody waiting for longer than one turn and its last call."""
    clock, done = Clock(), list[str]()
    turns = Turns(clock)

    def work(name: str) -> None:
        clock.now += TURN_S / 2
        done.append(name)
        if len(done) < 8:
            turns.ask(partial(work, name))

    def scenario() -> None:
        for name in ("a", "b", "c"):
            turns.ask(partial(work, name))
        asyncio.get_running_loop().call_soon(done.append, "other")

    play(scenario)
    assert done[:7] == ["a", "b", "other", "c", "a", "b", "c"]


def test_one_that_fails_takes_nobody_elses_turn() -> None:
    """It is told of, and the others are called."""
    done: list[str] = []

    def fail() -> None:
        raise ValueError("a mistake of ours")

    def scenario() -> None:
        turns = Turns()
        turns.ask(fail)
        turns.ask(partial(done.append, "other"))

    errors = play(scenario)
    assert done == ["other"]
    assert [str(error["exception"]) for error in errors] == ["a mistake of ours"]
