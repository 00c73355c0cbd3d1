"""Random histories of a real server, with nasty programs and clients.

`K1S_REAL_HISTORIES` sets how many are played. One that has failed is printed,
and is played again, alone, when `K1S_REAL_HISTORY` is set to what was printed.
"""

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from histories import PROGRAMS, Step, invent
from player import Player, play
from steps.server import Server

HISTORIES = int(os.environ.get("K1S_REAL_HISTORIES", "100"))
AGAIN = os.environ.get("K1S_REAL_HISTORY")
ON_ONE_SERVER = 25


@pytest.mark.fault("P17")
@pytest.mark.fault("P18")
@pytest.mark.fault("P20")
@pytest.mark.fault("C11")
@pytest.mark.fault("I3")
@pytest.mark.fault("K1")
@pytest.mark.fault("K4")
@pytest.mark.fault("K5")
@pytest.mark.fault("K6")
@pytest.mark.fault("K8")
@pytest.mark.parametrize("first", range(0, 1 if AGAIN else HISTORIES, ON_ONE_SERVER))
def test_whatever_happens(server: Server, tmp_path: Path, first: int) -> None:
    """After every step all is as it may be, and at the end of each history nothing is left."""
    assert server.address
    pulses: dict[Path, int] = {}
    for seed, steps in histories(first):
        folder = tmp_path / seed
        folder.mkdir()
        pulses |= play(server, folder, seed, steps).pulses()
    beating = [path.name for path, size in pulses.items() if path.stat().st_size != size]
    assert beating == [], "something lives on that no look has found"


def histories(first: int) -> Iterator[tuple[str, list[Step]]]:
    """The histories of one server, with their names."""
    if AGAIN:
        yield "again", ast.literal_eval(AGAIN)
        return
    for seed in range(first, min(first + ON_ONE_SERVER, HISTORIES)):
        yield f"h{seed}", invent(seed)


def test_a_failure_prints_a_history_that_can_be_played_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever has failed: what is printed is what was played, step by step."""

    def fail(*_: object) -> None:
        raise ConnectionRefusedError

    no_server: Any = None
    monkeypatch.setattr(Player, "play", fail)
    for seed in range(10):
        with pytest.raises(ConnectionRefusedError) as caught:
            play(no_server, tmp_path, f"h{seed}", invent(seed))
        (note,) = caught.value.__notes__
        words, _, printed = note.partition("\n")
        assert words == f"History h{seed}. To play it again, set K1S_REAL_HISTORY to"
        monkeypatch.setattr(sys.modules[__name__], "AGAIN", printed)
        assert list(histories(0)) == [("again", invent(seed))]


def test_histories_have_everything_in_them() -> None:
    """Every kind of step, program and job is met in a hundred histories."""
    steps = [step for seed in range(100) for step in invent(seed)]
    kinds = {step[0] for step in steps}
    assert kinds == {
        *("create", "rivals", "recreate", "kill", "delete"),
        *("race", "leave", "look", "hit", "settle"),
        *("several", "start", "restart", "signal", "wait", "overtake"),
    }
    made = {(step[2], step[3]) for step in steps if step[0] == "create"}
    assert {program for _, program in made} == PROGRAMS.keys()
    assert len(made) == 3 * len(PROGRAMS)
