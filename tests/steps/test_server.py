"""Steps of the feature "The server" that no other feature has."""

import contextlib
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pace import Stopwatch
from pytest_bdd import scenarios, then, when

from . import commands, processes
from .conftest import is_error, let_another_job_run
from .phrases import phrase
from .server import K1S
from .terminal import Stage, Terminal
from .waiting import until
from .wire import ask, connect, encode, read_all
from .world import World

scenarios("server.feature")

LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 0x41, b""))
os.execv(sys.argv[1], sys.argv[1:])
"""


@when(phrase('I start "{line}" in a network of its own, if this machine allows it'))
def start_in_own_network(world: World, line: str) -> None:
    """A server is started where no port is taken; without the right to that, it is not shown."""
    own = ["unshare", "-rn", sys.executable, "-c", LOOPBACK_UP]
    if not shutil.which("unshare") or subprocess.call([*own, "/bin/true"], stderr=-3):
        pytest.skip("this machine does not allow a network of one's own")
    assert line == "k1s server"
    world.start_server(*own, K1S, "server")


@when(phrase('I start "{line}" on a terminal of its own'))
def start_on_terminal(world: World, stage: Stage, line: str) -> None:
    """It is in the foreground there, with its guardian."""
    stage.terminal = Terminal(line, world.folder)
    until("it to listen", lambda: shown(stage), lambda seen: "is listening" in seen)


@when(phrase('I press Ctrl-C there, and once more when it shows "{text}"'))
def press_twice(stage: Stage, text: str) -> None:
    """The terminal makes signals of it, for all who are in the foreground."""
    stage.terminal.press(b"\x03")
    until(repr(text), lambda: shown(stage), lambda seen: text in seen)
    assert stage.terminal.process.poll() is None
    stage.terminal.press(b"\x03")


@then(phrase("it ends with {code:d}"))
def ends(stage: Stage, code: int) -> None:
    """The server ends by itself."""
    assert until("its end", stage.terminal.process.poll, lambda seen: seen is not None) == code


def shown(stage: Stage) -> str:
    """All that stands on the terminal."""
    stage.terminal.look()
    return stage.terminal.after


@then(phrase('it says in one line that it listens on "{path}", too'))
def says_socket(world: World, path: str) -> None:
    """The one line of output names a port of this machine, and this socket."""
    host, port = world.address
    assert world.server.said == f"k1s is listening on {host}:{port} and {world.fill(path)}\n"


@then(phrase('it says in one line that it listens on "{path}" alone'))
def says_socket_alone(world: World, path: str) -> None:
    """The one line of output names no port."""
    line = f"k1s is listening on {world.fill(path)}\n"
    until("the server to say where it listens", lambda: world.server.said == line)


@then("it has no socket for TCP")
def has_no_tcp(world: World) -> None:
    """None of its descriptors is one; it has one for its Unix socket."""
    assert _sockets(world.server.pid, "unix", 6)
    assert not _sockets(world.server.pid, "tcp", 9)
    assert not _sockets(world.server.pid, "tcp6", 9)


def _sockets(pid: int, kind: str, column: int) -> set[str]:
    """The sockets of a kind that a process has, by their inodes."""
    held = {os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")}
    lines = Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]
    return {f"socket:[{line.split()[column]}]" for line in lines} & held


@then(phrase('it says in one line that it is listening on "{where}"'))
def says_exactly_where(world: World, where: str) -> None:
    """The one line of output names exactly this."""
    assert world.address
    assert world.server.said == f"k1s is listening on {where}\n"


@then(phrase('the complaint begins with "{words}"'))
def complaint_begins(world: World, words: str) -> None:
    """The error output has these words first."""
    assert world.run.err.startswith(words), world.run


@then("the complaint names the port of the running server")
def complaint_names_port(world: World) -> None:
    """The error output has the port that is taken."""
    assert re.search(rf"\b{world.address[1]}\b", world.run.err), world.run


@then(phrase('"{program}" is started no more'))
def started_no_more(world: World, program: str) -> None:
    """Another job runs a few times, and the old job has not run meanwhile."""
    before = world.starts(program)
    let_another_job_run(world, 5)
    assert world.starts(program) == before


@then("the server has said nothing but where it listens")
def said_nothing_else(world: World) -> None:
    """One line of output and no errors."""
    assert world.server.said.count("\n") == 1
    assert world.server.complained == ""


@when(
    phrase(
        'I run "{line}", all of whose words go to {what:rest}, and tell it to stop'
        ' when it answers on "{name}"'
    )
)
def run_where_nothing_is_taken(world: World, line: str, what: str, name: str) -> None:
    """It is asked where it cannot say that it listens, and its jobs run when it is told."""
    with _taking_nothing(what) as descriptor:
        process = commands.start(line, world.folder, out=descriptor, err=descriptor)
        with commands.killed_on_failure(process):
            until("an answer", lambda: _answers(world.folder / name))
            for program in world.programs:
                world.wait_for_starts(program, 1)
            process.send_signal(signal.SIGTERM)
            world.last_run = commands.finish(process)


def _answers(path: Path) -> bool:
    """Whether a server is there that has jobs."""
    try:
        return bool(ask(str(path), {"command": "get-all-jobs"}))
    except (FileNotFoundError, ConnectionRefusedError):
        return False


@contextlib.contextmanager
def _taking_nothing(what: str) -> Iterator[int]:
    """A descriptor that takes nothing that is written to it."""
    if what == "a disk that is full":
        descriptors = [os.open("/dev/full", os.O_WRONLY)]
    elif what == "a terminal that is held":
        descriptors = list(reversed(pty.openpty()))
        _hold(*descriptors)
    else:
        descriptors = _socket_pair() if "socket" in what else list(reversed(os.pipe()))
        _stuff(descriptors[0])
    if "broken" in what:
        os.close(descriptors.pop())
    try:
        yield descriptors[0]
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _hold(theirs: int, ours: int) -> None:
    """Press Ctrl-S."""
    os.write(ours, b"\x13")
    until("the terminal to be held", lambda: not select.select([], [theirs], [], 0)[1])


def _socket_pair() -> list[int]:
    """Such as a service manager gives a service for its output."""
    return [end.detach() for end in socket.socketpair()]


def _stuff(output: int) -> None:
    """Write into it until it is full; whoever is given it waits as usual."""
    os.set_blocking(output, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(output, b"x" * 4096)
    os.set_blocking(output, True)


@when(phrase('"{program}" has started its daemon'))
def has_started_daemon(world: World, program: str) -> None:
    """Both have noted themselves and are what they stay."""
    settled = world.programs[program]
    until("two processes", lambda: len(settled.living) == 2 and settled.is_settled)


@when("the server is killed with SIGKILL")
def kill_the_server(world: World) -> None:
    """The server has ended without a chance to do anything."""
    server = world.server
    others = [pid for program in world.programs.values() for pid in program.living]
    guardians = [pid for pid in processes.children(server.pid) if pid not in others]
    world.remembered["since"] = Stopwatch(*guardians, *others)
    server.tell("SIGKILL")
    server.process.wait()


@then(phrase("after less than {seconds:f} second no process of these programs is left"))
def all_gone(world: World, seconds: float) -> None:
    """Nobody manages them, so nobody runs."""
    watch: Stopwatch = world.remembered["since"]

    def left() -> list[int]:
        watch.read()
        return [pid for program in world.programs.values() for pid in program.living]

    assert all(program.lines("pids") for program in world.programs.values())
    until("all of them to be gone", left, lambda seen: not seen)
    assert watch.read() < seconds


@then(phrase("the server took at least {seconds:f} seconds to stop"))
def took_long(world: World, seconds: float) -> None:
    """The jobs were given their time."""
    assert time.monotonic() - world.told_at >= seconds


@when(phrase('a client has connected and sent half of the creation of a job that runs "{program}"'))
def send_first_half(world: World, program: str) -> None:
    """The server knows the connection and half of the line."""
    job = {"id": "new", "type": "continuous", "executable": world.executable(program)}
    world.sent = {"command": "create-job", "job": job}
    client = connect(world.address)
    world.clients.append(client)
    client.sendall(encode(world.sent)[:20])
    world.jobs()


@when("the client sends the other half")
def send_other_half(world: World) -> None:
    """The line is whole."""
    world.clients[-1].sendall(encode(world.sent)[20:])


@then(phrase('the client gets the error "{code}"'))
def gets_error(world: World, code: str) -> None:
    """The creation is not carried out."""
    reply = read_all(world.clients[-1])
    assert is_error(reply.json, code), reply


@then("a new connection is refused")
def connection_is_refused(world: World) -> None:
    """Nobody listens there any more."""
    with pytest.raises(ConnectionRefusedError):
        connect(world.address)


@when("the server is started again in the same folder")
def start_again(world: World) -> None:
    """A new server listens."""
    assert world.start_server().address
