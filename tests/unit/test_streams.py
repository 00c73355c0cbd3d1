"""Answers that go on, as far as they need no connection."""

import json
from collections.abc import Callable
from typing import Any

from builders import make_life

from k1s.codec import encode_transition
from k1s.events import Moved
from k1s.job import State
from k1s.journal import Journal
from k1s.streams import READ_BYTES, Feed, TransitionSource
from k1s.transition import Trigger


class Soon:
    """An event loop of which only the calls that come next are known."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def __call__(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def turn(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def _move(journal: Journal, count: int = 1, job_id: str = "a") -> None:
    life = make_life(id=job_id)
    for _ in range(count):
        journal.record(life.job, Moved(Trigger.CREATE, None, State.PENDING), life.now)


def _read(source: TransitionSource) -> list[Any]:
    return [json.loads(line) for line in source.read().splitlines()]


def test_watchers_are_woken_once_a_turn() -> None:
    """Many moves in one turn of the loop are one wake-up; none comes to who has gone."""
    soon, journal = Soon(), Journal()
    feed, woken = Feed(journal, soon), []
    one, two = feed.watch(0, None), feed.watch(0, None)
    one.open(lambda: woken.append("one"))
    two.open(lambda: woken.append("two"))
    for _ in range(3):
        _move(journal)
        feed.publish()
    two.close()
    soon.turn()
    assert woken == ["one"]
    feed.publish()
    soon.turn()
    assert woken == ["one", "one"]


def test_without_watchers_nothing_is_done() -> None:
    """A move that nobody watches costs no turn of the loop."""
    soon = Soon()
    Feed(Journal(), soon).publish()
    assert soon.calls == []


def test_a_watcher_reads_at_its_own_pace() -> None:
    """What it has not read waits in the journal, and each move is told once."""
    journal = Journal()
    source = Feed(journal, Soon()).watch(0, None)
    _move(journal, 1000)
    told: list[int] = []
    while data := source.read():
        assert len(data) < 2 * READ_BYTES
        told += [json.loads(line)["sequence"] for line in data.splitlines()]
    assert told == list(range(1, 1001))
    assert source.follows
    assert not source.is_over


def test_a_watcher_that_is_too_slow_is_told() -> None:
    """The number of the moves that are gone stands before those that are left."""
    journal = Journal(3)
    source = Feed(journal, Soon()).watch(0, None)
    _move(journal, 5)
    missed, *moves = _read(source)
    assert missed == {"missed": 2}
    assert [move["sequence"] for move in moves] == [3, 4, 5]


def test_a_watcher_of_some_jobs_is_not_kept_from_its_own() -> None:
    """However many moves of others come first, an empty answer means that there are none."""
    journal = Journal()
    source = Feed(journal, Soon()).watch(0, frozenset({"b"}))
    _move(journal, 2000)
    _move(journal, 1, "b")
    assert [move["jobId"] for move in _read(source)] == ["b"]
    assert _read(source) == []


def test_very_many_moves_of_others_are_passed_over_in_pieces() -> None:
    """One look does not go through a whole journal: others have their turn, and then it goes on."""
    soon, journal = Soon(), Journal(100_000)
    source = Feed(journal, soon).watch(0, frozenset({"b"}))
    _move(journal, 20_000)
    _move(journal, 1, "b")
    told: list[Any] = []
    source.open(lambda: told.extend(_read(source)))
    source.wake()
    turns = 0
    while soon.calls:
        soon.turn()
        turns += 1
    assert [move["jobId"] for move in told] == ["b"]
    assert turns > 3
    source.close()
    source.wake()
    assert len(told) == 1


def test_a_source_may_be_woken_before_anybody_listens() -> None:
    """That does no harm."""
    Feed(Journal(), Soon()).watch(0, None).wake()


def test_a_move_is_put_into_words_once_for_a_thousand_watchers() -> None:
    """Each watcher is told of it, and it is encoded for the first of them only."""
    soon, journal = Soon(), Journal()
    feed, told = Feed(journal, soon), list[bytes]()
    for _ in range(1000):
        watcher = feed.watch(0, None)
        watcher.open(lambda source=watcher: told.append(source.read()))
    before = encode_transition.cache_info().misses
    for number in (1, 2):
        _move(journal)
        feed.publish()
        soon.turn()
        assert len(told) == 1000 * number
        assert encode_transition.cache_info().misses - before == number
    assert [json.loads(line)["sequence"] for line in sorted(set(told))] == [1, 2]


def test_a_story_is_put_into_words_once_for_all_who_read_it_together() -> None:
    """Watchers who come to a long story one after the other, and read on in turns, share it."""
    journal = Journal()
    _move(journal, 1000)
    feed = Feed(journal, Soon())
    before = encode_transition.cache_info().misses
    watchers = [feed.watch(0, None) for _ in range(50)]
    for _ in range(4):
        assert all(len(watcher.read()) < 2 * READ_BYTES for watcher in watchers)
    assert {watcher.known for watcher in watchers} == {1000}
    assert encode_transition.cache_info().misses - before == 1000
