"""Steps of the feature "Clocks"."""

import sys
import time
from pathlib import Path

from pytest_bdd import given, scenarios, then, when

from . import values
from .phrases import phrase
from .server import K1S
from .waiting import until
from .world import World

scenarios("clocks.feature")

# What the server says of a time ends with its milliseconds.
STAMP_S = 0.002
YEAR_S = 365 * 24 * 3600
CHANGES_S = {"a year ahead": YEAR_S, "back by a year": -YEAR_S}

# Loaded by the server's interpreter at its start: the wall clock, moved by what a file says.
MOVABLE_CLOCK = """
import datetime, pathlib, time
_shift = pathlib.Path({shift!r})
_time, _time_ns, _clock_gettime = time.time, time.time_ns, time.clock_gettime

def shift():
    return int(_shift.read_text()) if _shift.exists() else 0

class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)

time.time = lambda: _time() + shift()
time.time_ns = lambda: _time_ns() + shift() * 10**9
time.clock_gettime = lambda clock: (
    _clock_gettime(clock) + (shift() if clock == time.CLOCK_REALTIME else 0)
)
datetime.datetime = Shifted
"""


def shift_file(world: World) -> Path:
    """The file that says by how many seconds the server's wall clock is off."""
    return world.home / "clock" / "shift"


@given("a running server whose clock can be set")
def start_with_movable_clock(world: World) -> None:
    """A server listens whose wall clock is moved by what a file says."""
    folder = shift_file(world).parent
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(MOVABLE_CLOCK.format(shift=str(shift_file(world))))
    python = [sys.executable, K1S, "server", "-p", "0"]
    assert world.start_server(*python, extra={"PYTHONPATH": str(folder)}).address


@when(phrase("somebody sets the server's clock {change:rest}"))
def set_the_clock(world: World, change: str) -> None:
    """The server's wall clock jumps, between one reading of it and the next."""
    fresh = shift_file(world).with_name("fresh")
    fresh.write_text(str(CHANGES_S[change]))
    fresh.rename(shift_file(world))


@then(phrase('the job "{job_id}" was created {change:rest}'))
def was_created(world: World, job_id: str, change: str) -> None:
    """The server's wall clock really has been moved."""
    created = values.seconds(world.created[job_id]["createdAt"])
    assert abs(created - time.time() - CHANGES_S[change]) < 3600


@when(phrase("the server stands still for {seconds:f} seconds"))
def stand_still(world: World, seconds: float) -> None:
    """The server does nothing for so long, as on a machine that is suspended."""
    world.server.tell("SIGSTOP")
    time.sleep(seconds)
    world.server.went_on = time.time()
    world.server.tell("SIGCONT")


@then(phrase("the third of these runs began at least {seconds:f} seconds after the server went on"))
def third_began(world: World, seconds: float) -> None:
    """One late run and then the grid: the third run is a whole period away.

    By the words of the server: a program that it has started before may take its notes after.
    """
    went_on = world.server.went_on

    def starts() -> list[float]:
        history = world.ask(command="explain-job", jobId="figures")["history"]
        moves = [values.seconds(move["at"]) for move in history if move["trigger"] == "start"]
        return [start for start in moves if start > went_on]

    after = until("three runs after the server went on", starts, lambda seen: len(seen) >= 3)
    assert after[2] - went_on >= seconds - STAMP_S, after
