"""Steps of the feature "Deleting jobs" that no other feature has."""

from pytest_bdd import scenarios, then

from .phrases import phrase
from .world import World

scenarios("deleting_jobs.feature")


@then(phrase('the job "{job_id}" is still in the list of jobs'))
def still_listed(world: World, job_id: str) -> None:
    """The list has the job."""
    assert job_id in [job["id"] for job in world.jobs()]
