"""Steps of the feature "States" that no other feature has."""

import os
import signal
from typing import Any

from pytest_bdd import scenarios, then, when

from .conftest import new_job
from .phrases import phrase
from .waiting import until
from .world import Table, World

scenarios("states.feature")


@when("I create jobs of these types whose programs behave so, they come to these states:")
def create_and_see(world: World, datatable: Table) -> None:
    """Each job comes to its state by itself."""
    for number, (type_, behaviour, period, retry, state) in enumerate(datatable[1:]):
        name = f"{type_}-{number}"
        world.write_program(name, behaviour)
        table = [["periodInSeconds", period], ["restartDelaySeconds", "60"], ["maxRetry", retry]]
        new_job(world, type_, name, name, [row for row in table if row[1]])
        world.remembered[name] = state
        world.state_of(name, wait_for=state)


@then("all of these jobs are in these states still")
def still_there(world: World) -> None:
    """Nothing has happened to the jobs meanwhile."""
    assert {job["id"]: job["state"] for job in world.jobs()} == world.remembered


@then(
    phrase('the job "{job_id}" soon has run {count:d} times, and was "{state}" before the last one')
)
def soon_has_run(world: World, job_id: str, count: int, state: str) -> None:
    """Its history says so: nobody has to look at the right moment."""

    def starts() -> list[str]:
        history = world.ask(command="explain-job", jobId=job_id)["history"]
        return [move["from"] for move in history if move["trigger"] == "start"]

    seen = until(f"{count} runs of {job_id}", starts, lambda seen: len(seen) >= count)
    assert seen[count - 1 :] == [state]


@when(phrase('I look at all jobs again and again until the job "{job_id}" is "{state}"'))
def look_until(world: World, job_id: str, state: str) -> None:
    """Every listing up to that moment is kept."""

    def look() -> str:
        world.snapshots.append(world.jobs())
        return next(str(job["state"]) for job in world.snapshots[-1] if job["id"] == job_id)

    until(f"the job {job_id} to be {state}", look, lambda seen: seen == state)


def sights(world: World) -> list[dict[str, Any]]:
    """Every job of every listing."""
    return [job for listing in world.snapshots for job in listing]


@when(phrase('somebody else ends the process of the job "{job_id}" with {name:word}'))
def end_process(world: World, job_id: str, name: str) -> None:
    """The process gets a signal that k1s knows nothing of."""
    os.kill(world.job(job_id)["pid"], signal.Signals[name])


@then("each job was always in one of these states:")
def one_of_states(world: World, datatable: Table) -> None:
    """No other state was ever shown."""
    assert {job["state"] for job in sights(world)} <= set(datatable[0])


@then("each job had a process id when it was running and at no other time")
def process_id_when_running(world: World) -> None:
    """A process id and the state running are always shown together."""
    wrong = [
        job for job in sights(world) if (job["pid"] is not None) != (job["state"] == "running")
    ]
    assert not wrong, wrong[0]


@then("the numbers of runs and failures of each job fitted its state")
def counts_fit(world: World) -> None:
    """Failures never outnumber runs or the budget, and who waits is due."""
    for job in sights(world):
        assert 0 <= job["failedCount"] <= job["runCount"], job
        assert job["failedCount"] <= job["maxRetry"] + (job["state"] == "exhausted"), job
        assert (job["nextRunAt"] is None) <= (job["state"] not in {"pending", "restarting"}), job
