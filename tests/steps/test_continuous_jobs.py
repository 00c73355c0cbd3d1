"""Steps of the feature "Continuous jobs" that no other feature has."""

from typing import Any

from pytest_bdd import scenarios, then

from . import values
from .phrases import phrase
from .waiting import until
from .world import Table, World

scenarios("continuous_jobs.feature")


def waiting_jobs(world: World, job_id: str, failures: int) -> list[dict[str, Any]]:
    """All sights of the job while it waits, until it waits after so many failures."""
    sights: list[dict[str, Any]] = []

    def look() -> int:
        job = world.job(job_id)
        sights.extend([job] if job["state"] == "restarting" else [])
        return int(job["failedCount"])

    until(f"{failures} failures", look, lambda count: count > failures)
    return sights


@then(phrase('whenever the job "{job_id}" waits, it is due so long after its last end:'))
def due_by_failures(world: World, job_id: str, datatable: Table) -> None:
    """Each time that the job is seen waiting, its delay is the one for its failures."""
    delays = {int(failures): float(delay) for failures, delay in datatable[1:]}
    sights = waiting_jobs(world, job_id, max(delays))
    assert sights, "the job was never seen waiting"
    for job in sights:
        delay = values.seconds(job["nextRunAt"]) - values.seconds(job["endedAt"])
        wanted = delays[min(job["failedCount"], max(delays))]
        assert -0.003 <= delay - wanted <= 0.1, job


@then(phrase('the job "{job_id}" comes to {failures:d} failures and waits'))
def comes_to_failures(world: World, job_id: str, failures: int) -> None:
    """The job is seen waiting after at least so many failures, or after a success for 0."""

    def is_there(job: dict[str, Any]) -> bool:
        count = int(job["failedCount"])
        return job["state"] == "restarting" and (count >= failures if failures else count == 0)

    until(f"{job_id} to wait after {failures} failures", lambda: world.job(job_id), is_there)


@then(
    phrase(
        'at each end of a run that had lasted a second the job "{job_id}" was due again'
        " {seconds:f} seconds later"
    )
)
def due_at_each_end(world: World, job_id: str, seconds: float) -> None:
    """The history tells when the next run was due after each failure.

    A server that came late to know of a start has seen a shorter run.
    """
    history = world.ask(command="explain-job", jobId=job_id)["history"]
    ends = [move for move in history if move["trigger"] == "fail" and move["lastedSeconds"] >= 1]
    assert ends, history
    for end in ends:
        assert values.seconds(end["nextRunAt"]) - values.seconds(end["at"]) == seconds, end
