"""Steps of the feature "Waiting for jobs" that no other feature has."""

import json

from pytest_bdd import scenarios, then, when

from . import commands
from .phrases import phrase
from .world import World

scenarios("waiting.feature")


@when(phrase('I run "{line}" and press Ctrl-C when it shows "{text}"'))
def run_and_interrupt(world: World, line: str, text: str) -> None:
    """A command line runs until it has said this on its terminal, and gets a SIGINT then."""
    world.last_run = commands.run_and_interrupt(world.fill(line), world.folder, text)


@then(phrase('the output shows the job "{job_id}" as "{state}"'))
def output_shows_job(world: World, job_id: str, state: str) -> None:
    """The output is an object with the job under its id."""
    shown = json.loads(world.run.out)
    assert shown.keys() == {job_id}
    assert shown[job_id]["state"] == state
