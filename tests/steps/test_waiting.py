"""Steps of the feature "Waiting for jobs" that no other feature has."""

import json

from pytest_bdd import scenarios, then

from .phrases import phrase
from .world import World

scenarios("waiting.feature")


@then(phrase('the output shows the job "{job_id}" as "{state}"'))
def output_shows_job(world: World, job_id: str, state: str) -> None:
    """The output is an object with the job under its id."""
    shown = json.loads(world.run.out)
    assert shown.keys() == {job_id}
    assert shown[job_id]["state"] == state
