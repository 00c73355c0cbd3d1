"""Steps of the feature "Starting again" that no other feature has."""

from pytest_bdd import given, scenarios, then, when

from . import processes, values
from .conftest import is_error, request
from .phrases import phrase
from .waiting import until
from .wire import connect, encode, read_all
from .world import World

scenarios("starting_again.feature")


@when(phrase('I start the job "{job_id}"'))
def start(world: World, job_id: str) -> None:
    """The server is told to start the job, and answers."""
    request(world, "start-job", jobId=job_id)


@when(phrase('I send the job "{job_id}" the signal "{name}"'))
def send_signal(world: World, job_id: str, name: str) -> None:
    """The server is told to send the program a signal."""
    request(world, "signal-job", jobId=job_id, signal=name)


@given(phrase('I remember when the job "{job_id}" is due'))
def remember_due(world: World, job_id: str) -> None:
    """The time of the next run is kept for a comparison."""
    world.remembered[job_id] = values.seconds(world.job(job_id)["nextRunAt"])


@then(phrase('the job "{job_id}" is due when I remember'))
def due_as_remembered(world: World, job_id: str) -> None:
    """The next run has not been moved, but for the milliseconds between the two clocks."""
    moved = values.seconds(world.job(job_id)["nextRunAt"]) - world.remembered[job_id]
    assert abs(moved) <= 0.005, moved


@then(phrase('no two processes of "{program}" are there'))
def one_process(world: World, program: str) -> None:
    """Only the newest run of the program lives."""
    assert len(world.programs[program].living) <= 1


@then(phrase('no process of "{program}" is left soon'))
def soon_nothing_left(world: World, program: str) -> None:
    """Every process that the program noted goes."""
    until(f"{program} to be gone", lambda: world.programs[program].living, lambda seen: not seen)


@when(phrase('I ask for the job "{job_id}" to be restarted without waiting for the reply'))
def restart_without_waiting(world: World, job_id: str) -> None:
    """The server has been told to restart the job, and has begun to."""
    client = connect(world.address)
    world.clients.append(client)
    client.sendall(encode({"command": "restart-job", "jobId": job_id}))
    until("the restart to begin", lambda: world.job(job_id)["killRequested"])


@then(phrase('the restart is answered with the error "{code}"'))
def restart_is_refused(world: World, code: str) -> None:
    """Who asked for the restart is told."""
    reply = read_all(world.clients[-1])
    assert is_error(reply.json, code), reply


@then(phrase('the process of the job "{job_id}" soon stands still'))
def stands_still(world: World, job_id: str) -> None:
    """The main process is stopped."""
    pid = world.job(job_id)["pid"]
    until("the process to stand still", lambda: processes.stat(pid), lambda seen: seen[0] == "T")


@then(phrase('the process of the job "{job_id}" soon goes on'))
def goes_on(world: World, job_id: str) -> None:
    """The main process is not stopped any more."""
    pid = world.job(job_id)["pid"]
    until("the process to go on", lambda: processes.stat(pid), lambda seen: seen[0] != "T")
