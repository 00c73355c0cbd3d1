"""Steps of the feature "Running a program through k1s" that no other feature has."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios

from pytest_bdd import scenarios, then, when

from . import commands, values
from .phrases import phrase
from .server import environment
from .waiting import until
from .wire import connect, read_all
from .world import World

scenarios("running_a_program.feature")


@when(phrase('I run "{line}" in "{folder}" with PLACE as "{value}"'))
def run_elsewhere(world: World, line: str, folder: str, value: str) -> None:
    """A command line runs in another folder, with one more variable."""
    place = world.folder / folder
    world.last_run = commands.run(world.fill(line), place, {"PLACE": value})


@when(phrase('I run "{line}" in a folder that has been removed'))
def run_nowhere(world: World, line: str) -> None:
    """A command line runs where its shell still is, and nobody else can come."""
    place = world.home / "removed"
    place.mkdir()
    shell = ["sh", "-c", 'rmdir "$0" && exec "$@"', str(place)]
    done = subprocess.run(
        [*shell, *commands.command(world.fill(line))],
        cwd=place,
        env=environment(world.folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=commands.DEADLINE_S,
        check=False,
    )
    world.last_run = commands.Run(done.returncode, done.stdout, done.stderr)


@when(phrase('I run "{line}" with "{text}" piped in'))
def run_with_input(world: World, line: str, text: str) -> None:
    """A command line runs at the end of a pipe."""
    done = subprocess.run(
        commands.command(world.fill(line)),
        cwd=world.folder,
        env=environment(world.folder),
        input=text,
        capture_output=True,
        text=True,
        timeout=commands.DEADLINE_S,
        check=False,
    )
    world.last_run = commands.Run(done.returncode, done.stdout, done.stderr)


@when(phrase('I run "{line}" in a loop that reads "{words}" from a pipe'))
def run_in_loop(world: World, line: str, words: str) -> None:
    """A command line runs for each word, in a loop of a shell that reads them."""
    loop = ["sh", "-c", 'while read word; do "$@" || exit; done', "sh"]
    done = subprocess.run(
        [*loop, *commands.command(world.fill(line))],
        cwd=world.folder,
        env=environment(world.folder),
        input="".join(f"{word}\n" for word in words.split()),
        capture_output=True,
        text=True,
        timeout=commands.DEADLINE_S,
        check=False,
    )
    world.last_run = commands.Run(done.returncode, done.stdout, done.stderr)


@when(phrase('I run "{line}", whose output is read when the program has ended'))
def run_read_late(world: World, line: str) -> None:
    """A command line runs at the beginning of a pipe that is read when all is written.

    Its program goes on when its first line has come: from then on we are its reader.
    """
    process = commands.start(world.fill(line), world.folder)
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 2) == b"\n"
    (world.folder / "go").touch()
    until("the program to end", lambda: _has_ended(world))
    world.last_run = commands.finish(process)


@when(phrase('I run "{line}", whose output is read when a silent client has been dropped'))
def run_read_much_later(world: World, line: str) -> None:
    """The same, after the deadlines of the server."""
    process = commands.start(world.fill(line), world.folder)
    until("the program to end", lambda: _has_ended(world))
    with connect(world.address) as silent:
        read_all(silent)
    world.last_run = commands.finish(process)


@when(phrase('I run "{line}" and somebody runs "{other}" once "{program}" runs'))
def run_beside_somebody(world: World, line: str, other: str, program: str) -> None:
    """A command line runs, and another beside it that changes how it goes."""
    process = commands.start(world.fill(line), world.folder)
    with commands.killed_on_failure(process):
        world.wait_for_starts(program, 1)
        assert commands.run(world.fill(other), world.folder).code == 0
    world.last_run = commands.finish(process)


@when(phrase('I run "{line}" and the server is killed once "{program}" runs'))
def run_beside_a_death(world: World, line: str, program: str) -> None:
    """A command line runs, and its server gets SIGKILL."""
    process = commands.start(world.fill(line), world.folder)
    with commands.killed_on_failure(process):
        world.wait_for_starts(program, 1)
        world.server.tell("SIGKILL")
        world.server.process.wait()
    world.last_run = commands.finish(process)


@when(phrase('I run "{line}" and press Ctrl-C twice while nobody reads'))
def interrupt_unread(world: World, line: str) -> None:
    """A command line gets its signals while it waits for the reader of its output."""
    process = commands.start(world.fill(line), world.folder)
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    until("the pipe to be full", lambda: _waiting_bytes(pipe), lambda count: count >= 1 << 16)
    process.send_signal(signal.SIGINT)
    until("the program to be gone", world.jobs, lambda jobs: not jobs)
    process.send_signal(signal.SIGINT)
    process.wait(commands.DEADLINE_S)
    world.last_run = commands.finish(process)


def _has_ended(world: World) -> bool:
    """Whether the only job was made, started and has ended; it may be gone before we look."""
    info = world.ask(command="get-server-info")
    return bool(info["sequence"] >= 3 and not info["jobs"]["running"])


def _waiting_bytes(pipe: int) -> int:
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@then(
    phrase(
        "the complaint says how many bytes of the numbers from {first:d} to {last:d} are missing"
    )
)
def says_how_many(world: World, first: int, last: int) -> None:
    """What has come and what is said to be missing are all that there was."""
    said = re.findall(r"k1s: (\d+) bytes of stdout were gone before", world.run.err)
    whole = len(values.numbers(first, last))
    assert said
    assert len(world.run.out) + sum(map(int, said)) == whole


@then(phrase('the file "{name}" has every byte from 0 to 255 a thousand times'))
def file_has_every_byte(world: World, name: str) -> None:
    """All that the program wrote is in the file, and nothing else."""
    assert (world.folder / name).read_bytes() == bytes(range(256)) * 1000


@when(phrase('I run "{line}" and press Ctrl-C once "{program}" runs'))
def run_and_interrupt(world: World, line: str, program: str) -> None:
    """A command line gets a SIGINT when its program has been started."""
    _interrupt(world, line, program, 1)


@when(phrase('I run "{line}" and send {name} once "{program}" runs'))
def run_and_signal(world: World, line: str, name: str, program: str) -> None:
    """A command line gets a signal when its program has been started."""
    process = commands.start(world.fill(line), world.folder)
    world.wait_for_starts(program, 1)
    process.send_signal(signal.Signals[name])
    world.last_run = commands.finish(process)


@when(phrase('I run "{line}" and press Ctrl-C twice once "{program}" runs'))
def run_and_interrupt_twice(world: World, line: str, program: str) -> None:
    """A command line gets a second SIGINT when the first has been passed on."""
    _interrupt(world, line, program, 2)


def _interrupt(world: World, line: str, program: str, times: int) -> None:
    process = commands.start(world.fill(line), world.folder)
    world.wait_for_starts(program, 1)
    for number in range(times):
        if number:
            until("the end to be asked for", world.jobs, lambda jobs: jobs[0]["killRequested"])
        process.send_signal(signal.SIGINT)
    world.last_run = commands.finish(process)


@then("there are no logs")
def no_logs(world: World) -> None:
    """The server's folder has no log of any job."""
    assert list(world.folder.glob("*.log*")) == []


@then(phrase('the lines of the output are JSON, the last with the job "{job_id}" as "{state}"'))
def lines_are_json(world: World, job_id: str, state: str) -> None:
    """Pieces of output come first, the job comes last."""
    *pieces, last = map(json.loads, world.run.out.splitlines())
    assert "".join(piece["text"] for piece in pieces if piece["stream"] == "stdout") == "out\n"
    assert (last["job"]["id"], last["job"]["state"]) == (job_id, state)
