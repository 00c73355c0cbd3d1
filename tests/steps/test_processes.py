"""Steps of the feature "Processes" that no other feature has."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pytest_bdd import given, scenarios, then, when

from . import processes, values
from .conftest import create
from .phrases import phrase
from .waiting import until
from .world import Table, World

scenarios("processes.feature")


def no_program(text: str, mode: int = 0o755) -> Callable[[Path], None]:
    """A maker of a file with this text that cannot be run."""

    def make(path: Path) -> None:
        path.write_bytes(text.encode())
        path.chmod(mode)

    return make


NO_PROGRAMS: dict[str, Callable[[Path], None]] = {
    "cannot be executed": no_program("#!/bin/sh\n", 0o644),
    "can be executed but is empty": no_program(""),
    "can be executed but has no #! line": no_program("echo never\n"),
    "needs the interpreter /no/such/shell": no_program("#!/no/such/shell\n"),
    "has Windows line endings": no_program("#!/bin/sh\r\necho never\r\n"),
    "is a link to itself": lambda path: path.symlink_to(path),
}


@given("these files that are no programs:")
def make_no_programs(world: World, datatable: Table) -> None:
    """The files exist, each with its defect."""
    for name, defect in datatable:
        NO_PROGRAMS[defect](world.folder / name)


@when(phrase('I create one-time jobs that run these, each ends "{state}" with the reason:'))
def create_hopeless_jobs(world: World, state: str, datatable: Table) -> None:
    """Each job comes to its end at once and says why."""
    wrong = []
    for number, row in enumerate(datatable[1:]):
        executable, folder, reason = map(world.fill, row)
        job = {"id": f"hopeless-{number}", "type": "one-time", "executable": executable}
        reply = create(world, {**job, "workingDirectory": folder or None})
        if reply.get("state") != state or not says(reply["lastError"], reason):
            wrong.append((row, reply))
    assert not wrong, "\n".join(map(str, wrong))


@when(phrase('I create one-time jobs that run these, each ends "{state}" without a reason:'))
def create_hopeful_jobs(world: World, state: str, datatable: Table) -> None:
    """Each job comes to its end and has nothing to complain about."""
    for number, row in enumerate(datatable[1:]):
        executable, folder = map(world.fill, row)
        job = {"id": f"hopeful-{number}", "type": "one-time", "executable": executable}
        create(world, {**job, "workingDirectory": folder or None})
        assert world.state_of(job["id"], wait_for=state)["lastError"] is None


@when(phrase('I create one-time jobs that need these, each ends "{state}" with the reason:'))
def create_needy_jobs(world: World, state: str, datatable: Table) -> None:
    """Each job fails its only run at once and says why."""
    wrong = []
    for row in datatable[1:]:
        job_id, key, value, reason = map(world.fill, row)
        job = {"id": job_id, "type": "one-time", "executable": "true"}
        reply = create(world, {**job, key: json.loads(value)})
        if reply.get("state") != state or not says(reply["lastError"], reason):
            wrong.append((row, reply))
    assert not wrong, "\n".join(map(str, wrong))


def says(seen: str | None, reason: str) -> bool:
    """Whether an error tells the reason."""
    return seen == f"could not start: {reason}"


@when(phrase('I create a one-time job "{job_id}" with an argument of {size:d} characters'))
def create_with_big_argument(world: World, job_id: str, size: int) -> None:
    """The server is asked for a job with an argument that is too big for the kernel."""
    job = {"id": job_id, "type": "one-time", "executable": "/bin/true"}
    create(world, {**job, "arguments": ["x" * size]})


@then(phrase('the process of the job "{job_id}" leads a session and a process group of its own'))
def leads_a_session(world: World, job_id: str) -> None:
    """Session, group and process have one number."""
    pid = world.job(job_id)["pid"]
    assert processes.group_and_session(pid) == (pid, pid)


@then(phrase('the open files of the job "{job_id}" are exactly:'))
def open_files_are(world: World, job_id: str, datatable: Table) -> None:
    """Once the program is up, it has these files open and no others."""
    pid = world.job(job_id)["pid"]
    wanted = {int(number): world.fill(path) for number, path in datatable}
    until("these files", lambda: processes.open_files(pid), lambda files: files == wanted)


@then(phrase('the process of the job "{job_id}" ignores, blocks and catches no signal'))
def signals_are_default(world: World, job_id: str) -> None:
    """Once the program is up, every signal is at its default.

    Two signals belong to the C library, which lets nobody touch them: a program
    that was started by its posix_spawn, as make starts its own, ignores them.
    """
    pid = world.job(job_id)["pid"]
    keys = ("SigIgn", "SigBlk", "SigCgt")
    library = sum(1 << (number - 1) for number in {32, 33} - signal.valid_signals())
    until(
        "all signals to be at their defaults",
        lambda: {key: processes.status(pid, key) for key in keys},
        lambda masks: all(int(mask, 16) & ~library == 0 for mask in masks.values()),
    )


@then(phrase('the file "{name}" has exactly these lines in any order:'))
def lines_in_any_order(world: World, name: str, datatable: Table) -> None:
    """The file has these lines and no others."""
    lines = (world.folder / name).read_text().splitlines()
    assert sorted(lines) == sorted(row[0] for row in datatable)


@then(phrase('the job "{job_id}" ended less than {seconds:f} seconds after it started'))
def ended_soon(world: World, job_id: str, seconds: float) -> None:
    """The run was short."""
    job = world.job(job_id)
    assert values.seconds(job["endedAt"]) - values.seconds(job["startedAt"]) < seconds


@then("the server has no zombie")
def no_zombies(world: World) -> None:
    """No child of the server has ended without being reaped."""
    children = [processes.described(child) for child in processes.children(world.server.pid)]
    assert not any("state Z" in child for child in children), children


@given(phrase('{count:d} continuous jobs that run "{program}"'))
def many_jobs(world: World, count: int, program: str) -> None:
    """So many jobs run at the same time."""
    for number in range(count):
        job = {"id": f"many-{number}", "type": "continuous"}
        reply = create(world, {**job, "executable": world.executable(program)})
        assert reply["state"] == "running", reply


@then(phrase("the server has less than {threads:d} threads, and less than {files:d} descriptors"))
def few_threads(world: World, threads: int, files: int) -> None:
    """There are fewer of both than there are jobs."""
    pid = world.server.pid
    assert int(processes.status(pid, "Threads")) < threads
    assert len(processes.open_files(pid)) < files


@then(phrase("the server soon does nothing at all for {seconds:f} second"))
def does_nothing(world: World, seconds: float) -> None:
    """Once it has done what there was to do, it does not run for so long, by the kernel's word."""

    def ran() -> tuple[bytes, bytes]:
        before = processes.read(f"{world.server.pid}/schedstat")
        time.sleep(seconds)
        return before, processes.read(f"{world.server.pid}/schedstat")

    until("the server to do nothing", ran, lambda seen: seen[0] == seen[1])
