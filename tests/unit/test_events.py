"""The words of the core."""

from signal import SIGINT
from typing import get_args

import attrs
import pytest

from k1s import events
from k1s.events import Begin, Effect, Event, Fact, Kill, LogFile, Run, SendSignal, Woken

WORDS = {*get_args(Event), *get_args(Effect)}


@pytest.mark.parametrize("word", sorted(WORDS, key=lambda word: word.__name__))
def test_words_are_plain_values(word: type) -> None:
    """Orders, facts and effects are frozen values without a dictionary."""
    assert attrs.has(word)
    assert word.__setattr__ is not object.__setattr__
    assert "__slots__" in vars(word)


def test_every_word_belongs_somewhere() -> None:
    """Each class of the module is an event, an effect or what they speak of."""
    classes = {
        value
        for value in vars(events).values()
        if attrs.has(value) and value.__module__ == events.__name__
    }
    assert classes == WORDS | {Run, LogFile}


def test_events_are_orders_facts_and_time() -> None:
    """An event is a kill, a beginning, the time, or one of the four facts about a run."""
    assert set(get_args(Event)) == {Kill, Begin, Woken, *get_args(Fact)}
    assert len(get_args(Fact)) == 4


def test_equal_words_are_equal() -> None:
    """A value is what it says, so that histories can be compared and replayed."""
    assert SendSignal(Run("a", 1, 2), SIGINT) == SendSignal(Run("a", 1, 2), SIGINT)
    assert len({Run("a", 1, 2), Run("a", 1, 2), Run("a", 2, 2)}) == 2
