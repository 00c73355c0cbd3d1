"""Steps of the feature "The command line" that no other feature has."""

import contextlib
import json
import re
import signal
import socket
import threading

from pytest_bdd import given, scenarios, then, when

from . import commands
from .phrases import phrase
from .world import Table, World

scenarios("command_line.feature")


def listen(world: World) -> socket.socket:
    """A socket that listens, as the other port of the scenario."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    world.clients.append(listener)
    world.ports["OTHER_PORT"] = listener.getsockname()[1]
    return listener


@given(phrase('something on a port of this machine that answers "{text}"'))
def something_else(world: World, text: str) -> None:
    """Somebody listens who speaks another language."""
    listener = listen(world)

    def answer() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(text.encode() + b"\n")

    threading.Thread(target=answer, daemon=True).start()


@given("something on a port of this machine that never answers")
def something_mute(world: World) -> None:
    """Somebody listens who says nothing."""
    listen(world)


@when(phrase('I run "{line}" and press Ctrl-C once it is connected'))
def run_and_interrupt(world: World, line: str) -> None:
    """A command line runs until it is connected, and gets a SIGINT then."""
    process = commands.start(world.fill(line), world.folder)
    connection, _ = world.clients[-1].accept()
    with connection:
        connection.recv(4096)
        process.send_signal(signal.SIGINT)
        world.last_run = commands.finish(process)


@then(phrase('the terminal shows more than {count:d} lines, the JSON of the job "{job_id}"'))
def terminal_shows(world: World, count: int, job_id: str) -> None:
    """The output is the job, over many lines."""
    assert json.loads(world.run.out)["id"] == job_id
    assert len(world.run.out.splitlines()) > count


@when(phrase('I run "{line}" in another shell'))
def run_another(world: World, line: str) -> None:
    """Two command lines run; what the first has said is kept."""
    world.remembered["first run"] = world.run
    world.last_run = commands.run(world.fill(line), world.folder)


@then(phrase("both have said the same, with exit code {code:d}"))
def said_the_same(world: World, code: int) -> None:
    """There is no difference, and something was said."""
    assert world.remembered["first run"] == world.run
    assert world.run.code == code
    assert world.run.out


@then("the complaint names the unused port")
def complaint_names_unused_port(world: World) -> None:
    """The error output has the port."""
    assert str(world.ports["UNUSED_PORT"]) in world.run.err, world.run


@then("the exit code tells that it was not done")
def exit_code_is_not_0(world: World) -> None:
    """A script can see that the command did not come to its end."""
    assert world.run.code != 0


@then("the output offers exactly the flags:")
def offers_exactly(world: World, datatable: Table) -> None:
    """The help has these, each in all of its forms, and no others."""
    offered = set(re.findall(r"(?<![\w-])--?[a-z][A-Za-z-]*", world.run.out))
    assert offered == {flag for row in datatable for flag in row if flag}
