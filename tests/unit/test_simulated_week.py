"""Whole days of a server with all that goes wrong in them, from one seed each.

What must hold after every step is checked as the days are played: see
`simulation`. `K1S_SIMULATED_SEEDS` sets how many seeds are played, and
`K1S_SIMULATED_DAYS` for how many days each.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from simulation.accounts import Fate
from simulation.days import Days, play

SEEDS = range(int(os.environ.get("K1S_SIMULATED_SEEDS", "50")))
HOURS = 24 * float(os.environ.get("K1S_SIMULATED_DAYS", "1"))
# Two plays of so many hours, with several jumps of the clock, are held beside one another.
HOURS_ALIKE = 8

# What a trace must hold for its checks to mean anything.
EVENTS = {
    "asked": "clients",
    "slow": "a slow start",
    "told": "news of programs",
    "told-late": "news of a run that is over",
    "signalled": "signals",
    "ignored": "an ignored signal",
    "notified": "a signal that somebody has sent",
    "disk-full": "a full disk",
    "stalled": "a stall",
    "set-clock": "a jump of the wall clock",
    "stopped": "the end",
}
TEXTS = (
    "could not start: no such file",
    "could not start: the machine has no room",
    "could not start: log file",
    "died of SIGSEGV (signal 11)",
    "exited with code 130",
    "gave up after",
    "killed with SIGKILL",
    "the kernel cannot end it yet",
    "MainExited(",
    '"code":"job-exists"',
    '"code":"job-not-found"',
    '"code":"not-killable"',
    '"code":"already-finished"',
    '"code":"being-killed"',
    '"code":"overtaken"',
    '"code":"not-running"',
    '"code":"unreachable-state"',
    '"message":"Signal sent"',
    '"message":"Job killed"',
    '"message":"Job deleted"',
)


@pytest.mark.fault("P12")
@pytest.mark.fault("P25")
@pytest.mark.fault("K6")
@pytest.mark.fault("S7")
@pytest.mark.parametrize("seed", SEEDS)
def test_every_tick_is_accounted_for(seed: int) -> None:
    """Each due tick ran in time, ran late by less than a period, or was missed: one of them.

    A run that somebody has asked for between two ticks is none of them.
    """
    days = play(seed, HOURS)
    ticks = [tick for _, ticks in days.timetables for tick in ticks]
    assert sum(tick.fate is Fate.RAN for tick in ticks) > 24, "hardly anything has run"


def test_the_days_are_full_of_faults() -> None:
    """All that can go wrong in a simulation does go wrong in three days of it."""
    played = [play(seed) for seed in (0, 1, 2)]
    trace = [line for days in played for line in days.server.trace]
    kinds = Counter(line.split()[1] for line in trace)
    assert [event for event in EVENTS if not kinds[event]] == []
    text = "\n".join(trace)
    assert [words for words in TEXTS if words not in text] == []
    ticks = [tick for days in played for _, ticks in days.timetables for tick in ticks]
    assert {tick.fate for tick in ticks} == set(Fate)
    assert all(days.ordered_runs for days in played)
    late = [tick.late_s > 0 for tick in ticks if tick.fate is Fate.RAN]
    assert 0 < sum(late) < len(late)


def test_one_seed_gives_one_trace() -> None:
    """The same seed gives the same trace, byte for byte, whatever the seed of Python's hashes."""
    here, other = (play(seed, HOURS_ALIKE).server.trace for seed in (7, 8))
    assert [_trace_elsewhere(7, hashes) == here for hashes in "12"] == [True, True]
    assert play(7, HOURS_ALIKE).server.trace == here
    assert other != here


def _trace_elsewhere(seed: int, hashes: str) -> list[str]:
    """The trace of a seed in a Python of its own."""
    command = [sys.executable, "-m", "simulation", str(seed), str(HOURS_ALIKE)]
    environment = {**os.environ, "PYTHONHASHSEED": hashes}
    here = Path(__file__).parent
    played = subprocess.run(
        command, cwd=here, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return played.stdout.splitlines()


@pytest.mark.fault("S6")
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_wall_clock_moves_nothing(seed: int) -> None:
    """With or without its jumps, all programs are started, signalled and judged alike."""
    with_jumps, without = (play(seed, HOURS_ALIKE, sets_clock=sets) for sets in (True, False))
    assert _wall_times(with_jumps) != _wall_times(without), "it has not jumped"
    assert _story(with_jumps) == _story(without)


def _story(days: Days) -> list[str]:
    """What happens, without the words that bear a wall-clock time."""
    return [line for line in days.server.trace if line.split()[1] not in {"answered", "recorded"}]


def _wall_times(days: Days) -> list[str]:
    return [line for line in days.server.trace if line.split()[1] == "recorded"]
