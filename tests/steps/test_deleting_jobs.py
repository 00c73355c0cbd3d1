"""Steps of the feature "Deleting jobs" that no other feature has."""

from pytest_bdd import scenarios, then

from .phrases import phrase
from .waiting import until
from .world import World

scenarios("deleting_jobs.feature")


@then(phrase('the job "{job_id}" is still in the list of jobs'))
def still_listed(world: World, job_id: str) -> None:
    """The list has the job."""
    assert job_id in [job["id"] for job in world.jobs()]


@then(phrase('the only logs are "{first}", "{second}" and "{third}"'))
def only_logs(world: World, first: str, second: str, third: str) -> None:
    """Those are there, and no backup of another one."""
    until(
        "the other logs to go",
        lambda: {path.name for path in world.folder.glob("*.log*")},
        lambda found: found == {first, second, third},
    )
