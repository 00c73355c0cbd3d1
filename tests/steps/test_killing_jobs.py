"""Steps of the feature "Killing jobs" that no other feature has."""

import os
import signal

from pytest_bdd import scenarios, then, when

from . import processes, values
from .conftest import is_error, kill_with, there_is_a_job
from .phrases import phrase
from .waiting import until
from .wire import connect, encode, read_all
from .world import Table, World

scenarios("killing_jobs.feature")


@when("I kill running jobs with these names, each ends by the signal:")
def kill_by_names(world: World, datatable: Table) -> None:
    """Each job is killed by its signal and by nothing else."""
    world.write_program("work", "runs until it is stopped")
    for number, (name, signal_) in enumerate(datatable[1:]):
        there_is_a_job(world, "continuous", f"it-{number}", "work")
        world.wait_for_starts("work", number + 1)
        kill_with(world, f"it-{number}", name)
        job = world.state_of(f"it-{number}", wait_for="killed")
        assert (job["signal"], job["exitCode"]) == (signal_, None), job


@then(phrase('the list has {count:d} jobs, each of them "{state}"'))
def all_in_state(world: World, count: int, state: str) -> None:
    """So many jobs are there, all in one state."""
    assert [job["state"] for job in world.jobs()] == [state] * count


@then(phrase('the job "{job_id}" ended at least {seconds:f} seconds after it was told to'))
def ended_after(world: World, job_id: str, seconds: float) -> None:
    """The stop timeout was waited for, by the server's own stamp of the end."""
    ended = values.seconds(world.job(job_id)["endedAt"])
    assert ended - world.told_at >= seconds - 0.002


@when(phrase('the main process of the job "{job_id}" has ended'))
def main_has_ended(world: World, job_id: str) -> None:
    """It has, and the job shows it no more."""
    until("the main process to end", lambda: world.job(job_id)["pid"], lambda pid: pid is None)


@then(phrase('the helpers of "{program}" go on'))
def helpers_go_on(world: World, program: str) -> None:
    """A helper takes more notes than it had taken when the server knew of the end."""

    def notes() -> int:
        return len(world.programs[program].lines("helper"))

    before = notes()
    until("more notes of the helper", notes, lambda seen: seen >= before + 3)


@when(phrase('somebody stops the processes of "{program}" with SIGSTOP'))
def stop_processes(world: World, program: str) -> None:
    """The processes of the program are stopped in their tracks."""
    living = world.programs[program].living
    for pid in living:
        os.kill(pid, signal.SIGSTOP)
    until(
        "the processes to stand still",
        lambda: {(processes.stat(pid) or "?")[0] for pid in living},
        lambda states: states == {"T"},
    )


@when(
    phrase(
        'I create a continuous job "{job_id}" that runs "{program}"'
        " and kill it without waiting for the reply"
    )
)
def create_and_kill(world: World, job_id: str, program: str) -> None:
    """The kill goes out right behind the creation; if it came first there was no job yet."""
    job = {"id": job_id, "type": "continuous", "executable": world.executable(program)}
    with connect(world.address) as creation, connect(world.address) as kill:
        creation.sendall(encode({"command": "create-job", "job": job}))
        kill.sendall(encode({"command": "kill-job", "jobId": job_id}))
        early = is_error(read_all(kill).json, "job-not-found")
        assert "error" not in read_all(creation).json
    if early:
        world.ask(command="kill-job", jobId=job_id)
