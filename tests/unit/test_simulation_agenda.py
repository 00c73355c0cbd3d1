"""The virtual clock."""

import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from k1s.simulation.agenda import Agenda

TIMES = st.lists(st.floats(0, 1e6), max_size=50)


def noting(seen: list[object], what: object) -> Callable[[], object]:
    """An act that notes that it has happened."""
    return lambda: seen.append(what)


def play(agenda: Agenda, end: float) -> None:
    """Let happen what will happen."""
    while act := agenda.advance(end):
        act()


@given(TIMES, st.floats(0, 1e6))
def test_everything_happens_in_order_up_to_the_end(times: list[float], end: float) -> None:
    """What is due by the end happens at its time, in order, the older first of two at once."""
    agenda, seen = Agenda(), []
    for number, time in enumerate(times):
        agenda.at(time, noting(seen, (time, number)))
    play(agenda, end)
    assert seen == sorted((time, number) for number, time in enumerate(times) if time <= end)
    assert agenda.time == end


def test_the_clock_shows_the_time_of_what_happens() -> None:
    """As something happens, it is time for it."""
    agenda, seen = Agenda(), []
    agenda.at(3, lambda: seen.append(agenda.time))
    play(agenda, 5)
    assert seen == [3]


def test_what_is_called_off_does_not_happen() -> None:
    """An entry can be taken back."""
    agenda, seen = Agenda(), []
    agenda.at(1, noting(seen, "first")).call_off()
    agenda.at(2, noting(seen, "second"))
    play(agenda, 5)
    assert seen == ["second"]


def test_the_past_is_now() -> None:
    """What should have happened already happens at once."""
    agenda, seen = Agenda(7), []
    agenda.at(3, lambda: seen.append(agenda.time))
    play(agenda, 7)
    assert seen == [7]


def test_what_follows_happens_too() -> None:
    """What an act plans is played if it is due by then."""
    agenda, seen = Agenda(), []
    agenda.at(1, lambda: agenda.at(2, noting(seen, "followed")))
    play(agenda, 2)
    assert seen == ["followed"]


def test_an_order_beats_age() -> None:
    """Of what happens at one time the lowest order comes first."""
    agenda, seen = Agenda(), []
    for order in (0.7, 0.2):
        entry = agenda.at(math.inf, noting(seen, order))
        agenda.put(1, entry, order)
    play(agenda, 1)
    assert seen == [0.2, 0.7]


def test_what_is_taken_out_is_gone() -> None:
    """An entry that was taken out does not happen by itself."""
    agenda, seen = Agenda(), []
    entry = agenda.at(1, noting(seen, "taken"))
    assert agenda.take(0.5) is None
    assert agenda.take(1) == (1, entry)
    assert agenda.take(1) is None
    play(agenda, 5)
    assert seen == []
