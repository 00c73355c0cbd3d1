"""Steps of the feature "Bringing jobs up from a file" that no other feature has."""

import json
import os
import pty
import subprocess

from pytest_bdd import given, scenarios, then, when

from k1s.jobcodec import payload
from k1s.jobsfile.loading import load

from . import commands
from .phrases import phrase
from .server import environment
from .world import Table, World

scenarios("up.feature")


@given(phrase('"{name}" has been brought up'))
def has_been_brought_up(world: World, name: str) -> None:
    """The server has the jobs of the file, and knows that they are the file's."""
    jobs = [payload(job) for job in load(world.folder / name).jobs]
    reply = world.ask(command="create-jobs", jobs=jobs)
    assert [job["id"] for job in reply] == [job["id"] for job in jobs]


@given(phrase('the file "{name}" has {count:d} arguments in its last job'))
def many_arguments(world: World, name: str, count: int) -> None:
    """One more line at the end of the file."""
    path = world.folder / name
    path.write_text(f"{path.read_text()}arguments = {[''] * count}\n")


@when(phrase('I run "{line}" with its talk on a terminal'))
def run_with_terminal(world: World, line: str) -> None:
    """A command line runs whose error output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        commands.command(world.fill(line)),
        cwd=world.folder,
        env=environment(world.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    talk = commands.read_terminal(ours)
    os.close(ours)
    world.last_run = commands.Run(process.wait(commands.DEADLINE_S), "", talk)


@then(phrase('the terminal has shown "{words}"'))
def terminal_has_shown(world: World, words: str) -> None:
    """The error output has these words."""
    assert words in world.run.err, world.run


@then("the complaint names each of:")
def complaint_names_each(world: World, datatable: Table) -> None:
    """The error output has each of these."""
    for (words,) in datatable:
        assert words in world.run.err, world.run


@then("the plan is:")
def plan_is(world: World, datatable: Table) -> None:
    """The output has one line for each step: what, which job, and why."""
    shown = [line.split(maxsplit=2) for line in world.run.out.splitlines()]
    wanted = [[world.fill(cell) for cell in row if cell] for row in datatable]
    assert shown == wanted, world.run


@then("the list of jobs is in the order of the file")
def jobs_in_order(world: World) -> None:
    """The server has created the jobs as they stand in the file."""
    assert [job["id"] for job in world.jobs()] == world.remembered["order"]


@then("the output is this object:")
def output_is(world: World, docstring: str) -> None:
    """The output is this value."""
    assert json.loads(world.run.out) == json.loads(world.fill(docstring))
