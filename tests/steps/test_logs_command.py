"""Steps of the feature "Reading logs on the command line" that no other feature has."""

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from pytest_bdd import given, scenarios, then, when

from . import commands
from .phrases import phrase
from .waiting import until
from .world import World

scenarios("logs_command.feature")


@dataclass
class Followed:
    """A command line that goes on, and what it has said so far."""

    process: "subprocess.Popen[bytes] | None" = None
    shown: bytearray = field(default_factory=bytearray)
    said: bytearray = field(default_factory=bytearray)
    readers: list[threading.Thread] = field(default_factory=list)

    def begin(self, line: str, world: World) -> None:
        """Start it, and read what it says."""
        self.process = commands.start(line, world.folder)
        for stream, kept in ((self.process.stdout, self.shown), (self.process.stderr, self.said)):
            self.readers.append(threading.Thread(target=self._read, args=[stream, kept]))
            self.readers[-1].start()

    def _read(self, stream, kept: bytearray) -> None:
        with suppress(ValueError):  # closed
            while piece := stream.read1(1 << 16):
                kept += piece

    def end(self) -> commands.Run:
        """What it has come to, once it has ended."""
        assert self.process is not None
        code = self.process.wait(commands.DEADLINE_S)
        for reader in self.readers:
            reader.join()
        return commands.Run(code, self.shown.decode(), self.said.decode())


@pytest.fixture
def followed() -> Iterator[Followed]:
    """What is followed in a scenario; it is ended with it."""
    one = Followed()
    yield one
    if one.process is not None:
        one.process.kill()
        with one.process:
            pass
        for reader in one.readers:
            reader.join()


@given(phrase('a server that passes over {count:d} bytes of the log of "{job_id}"'))
def flooded_server(world: World, count: int, job_id: str) -> None:
    """Somebody answers as a server does whose logs are written faster than they are read."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    world.clients.append(listener)
    world.ports["OTHER_PORT"] = listener.getsockname()[1]
    log = {"jobId": job_id, "stream": "stdout"}
    pieces = [{**log, "missedBytes": count}, {**log, "text": "behind the gap\n"}]

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"".join(json.dumps(piece).encode() + b"\n" for piece in pieces))

    threading.Thread(target=answer, daemon=True).start()


@when(phrase('I follow with "{line}"'))
def follow(world: World, followed: Followed, line: str) -> None:
    """A command line runs, and goes on."""
    followed.begin(world.fill(line), world)


@then(phrase('what I follow comes to show "{line}"'))
def comes_to_show(followed: Followed, line: str) -> None:
    """One of its lines is this one, soon."""
    until(
        f"the line {line!r}",
        lambda: bytes(followed.shown),
        lambda shown: line.encode() in shown.split(b"\n"),
    )


@then(phrase("what I follow comes to show the JSON {text:rest}"))
def comes_to_show_json(followed: Followed, text: str) -> None:
    """One of its lines is this value, soon."""
    wanted = json.loads(text)
    until(
        f"the value {text}",
        lambda: bytes(followed.shown).split(b"\n")[:-1],
        lambda lines: wanted in map(json.loads, lines),
    )


@then(phrase('what I follow comes to say "{line}" {times:word}'))
def comes_to_say(followed: Followed, line: str, times: str) -> None:
    """Its error output has had this line so often, soon, and no other one."""
    wanted = f"{line}\n".encode() * {"once": 1, "twice": 2}[times]
    until(f"{line!r} {times}", lambda: bytes(followed.said), lambda said: said == wanted)


@given(phrase('{count:d} one-time jobs "job-N" that have run "{program}" and are done'))
def many_done(world: World, count: int, program: str) -> None:
    """So many are over."""
    for number in range(count):
        job = {"id": f"job-{number}", "type": "one-time", "executable": world.executable(program)}
        assert "error" not in world.ask(command="create-job", job=job)
        assert world.ask(command="wait-job", jobId=job["id"])["state"] == "done"


@when(phrase('the server is asked to start the job "{job_id}"'))
def ask_to_start(world: World, job_id: str) -> None:
    """It runs again."""
    assert "error" not in world.ask(command="start-job", jobId=job_id)


@then(phrase("what I follow ends with {code:d}"))
def ends(world: World, followed: Followed, code: int) -> None:
    """It ends by itself."""
    world.last_run = followed.end()
    assert world.run.code == code, world.run


@then(phrase('what I followed has told of "{label}" as much as "{name}" holds'))
def told_all(world: World, label: str, name: str) -> None:
    """Each line of the log was shown behind the name of its job and stream, in order."""
    wanted = (world.folder / name).read_text().splitlines()
    split = [line.split(" | ", 1) for line in world.run.out.splitlines()]
    assert [text for shown, text in split if shown.rstrip() == label] == wanted


@then(phrase("what I follow ends with {code:d} after Ctrl-C"))
def ends_after(world: World, followed: Followed, code: int) -> None:
    """It ends as soon as somebody presses Ctrl-C."""
    assert followed.process is not None
    followed.process.send_signal(signal.SIGINT)
    ends(world, followed, code)


@then(phrase('the output is the line "{line}"'))
def output_is(world: World, line: str) -> None:
    """There is nothing else."""
    assert world.run.out == f"{line}\n"


@then(phrase("the output has {count:d} lines"))
def output_has_lines(world: World, count: int) -> None:
    """There are so many lines."""
    assert len(world.run.out.splitlines()) == count


@then(phrase('the file "{name}" is the same as "{other}"'))
def files_are_same(world: World, name: str, other: str) -> None:
    """They hold the same bytes, and some."""
    assert (world.folder / name).read_bytes() == (world.folder / other).read_bytes() != b""
