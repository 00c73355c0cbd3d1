"""The sweep of a guardian by itself: when it may believe that nobody is left.

The programs are real, and so are their ends. Which look meets which of them is
made up: a program that forks and exits all the time is missed by about every
tenth look where others start programs, too.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping

import pytest

from k1s.engines import guardian, marks

SERVER = marks.new_server_mark()
LOOKS_MAX = 1_000
DEADLINE_S = 60
NOBODY: Mapping[int, int] = {}
INIT = 1

Start = Callable[[], "subprocess.Popen[bytes]"]
Meet = Callable[..., list[int]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs that bear the mark of a server."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        borne = marks.put_on(marks.run_mark(SERVER, len(started)))
        started.append(subprocess.Popen(["/bin/sleep", "1000"]))
        marks.take_off(borne)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Meet:
    """Lets looks, and the watches after them, meet programs by number; the numbers are noted."""

    def let(meet: Mapping[int, int], watches: Mapping[int, int] = NOBODY) -> list[int]:
        numbers: list[int] = []

        def processes() -> list[int]:
            numbers.append(len(numbers) + 1)
            assert len(numbers) < LOOKS_MAX, "the sweep does not come to an end"
            return [meet[numbers[-1]]] if numbers[-1] in meet else []

        monkeypatch.setattr(guardian, "_processes", processes)
        monkeypatch.setattr(guardian, "_newest", lambda: watches.get(len(numbers), INIT))
        return numbers

    return let


@pytest.mark.fault("S3")
def test_a_program_that_three_looks_have_missed_is_ended(start: Start, looks: Meet) -> None:
    """To have met nobody once, or twice, or three times is no proof that nobody is there."""
    program = start()
    looks({4: program.pid})
    guardian.sweep(SERVER)
    assert program.wait(DEADLINE_S) == -9


@pytest.mark.fault("S3")
@pytest.mark.parametrize("by_watch", [False, True])
def test_looks_that_meet_nobody_count_in_a_row(
    start: Start, looks: Meet, *, by_watch: bool
) -> None:
    """Who has been met may have left others behind: the search begins anew."""
    first, second = start(), start()
    met = {3: first.pid}
    if by_watch:
        looks({6: second.pid}, met)
    else:
        looks({**met, 6: second.pid})
    guardian.sweep(SERVER)
    assert [program.wait(DEADLINE_S) for program in (first, second)] == [-9, -9]


def test_a_sweep_that_meets_nobody_ends_soon(
    looks: Meet,
) -> None:
    """It does not wait for what will not come."""
    numbers = looks({})
    guardian.sweep(SERVER)
    assert len(numbers) == 4


def test_what_cannot_be_ended_does_not_hold_the_sweep(
    start: Start,
    looks: Meet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program that the kernel cannot end yet is met by each look; after a time that is enough."""
    monkeypatch.setattr(guardian, "SWEEP_S_MAX", 0.2)
    monkeypatch.setattr(marks, "send_signal", lambda *_, **__: False)
    numbers = looks(dict.fromkeys(range(LOOKS_MAX), start().pid))
    guardian.sweep(SERVER)
    assert numbers
