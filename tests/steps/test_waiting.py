"""Steps of the feature "Waiting for jobs" that no other feature has."""

import json
import subprocess
import time
from collections.abc import Iterator

import pytest
from pace import Stopwatch
from pytest_bdd import scenarios, then, when

from . import commands
from .phrases import phrase
from .waiting import until
from .world import World

scenarios("waiting.feature")


@pytest.fixture
def waiting() -> Iterator["list[subprocess.Popen[bytes]]"]:
    """Commands that go on; they are ended with the scenario."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


@when(phrase('I begin "{line}"'))
def begin(world: World, waiting: "list[subprocess.Popen[bytes]]", line: str) -> None:
    """A command goes on."""
    waiting.append(commands.start(world.fill(line), world.folder))


@then(phrase('it ends with {code:d}, less than {seconds:f} seconds after "{job_id}"'))
def ends_soon_after(
    world: World,
    waiting: "list[subprocess.Popen[bytes]]",
    code: int,
    seconds: float,
    job_id: str,
) -> None:
    """It ends by itself, as soon as the job has, which may take its time for that."""
    [process] = waiting
    assert world.counter is not None
    world.state_of(job_id, wait_for="killed")
    watch = Stopwatch(world.server.pid, process.pid, *world.counter.threads)

    def ended() -> int | None:
        watch.read()
        return process.poll()

    assert until("its end", ended, lambda seen: seen is not None) == code
    assert watch.read() < seconds


@when(phrase("after {seconds:f} seconds more the server is killed"))
def kill_server_after(world: World, seconds: float) -> None:
    """Somebody has waited for at least so long when the server ends."""
    time.sleep(seconds)
    world.server.tell("SIGKILL")
    world.server.process.wait()


@then(phrase('it ends with {code:d} and the complaint "{text}"'))
def ends_with_complaint(
    world: World, waiting: "list[subprocess.Popen[bytes]]", code: int, text: str
) -> None:
    """It ends by itself, and says that and nothing else."""
    run = commands.finish(waiting.pop())
    assert (run.code, run.err) == (code, f"k1s: {world.fill(text)}\n")


@then(phrase('the output shows the job "{job_id}" as "{state}"'))
def output_shows_job(world: World, job_id: str, state: str) -> None:
    """The output is an object with the job under its id."""
    shown = json.loads(world.run.out)
    assert shown.keys() == {job_id}
    assert shown[job_id]["state"] == state
