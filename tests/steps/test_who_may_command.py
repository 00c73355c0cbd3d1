"""Steps of the feature "Who may command" that no other feature has."""

import json
import os
import pwd
import select
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_bdd import given, scenarios, then, when

from k1s.port import tokens

from . import commands, processes
from .conftest import is_error
from .ordinary import USER, as_ordinary_user, check_root, ordinary_home
from .phrases import phrase
from .server import K1S, environment
from .streams import Stream
from .waiting import until
from .wire import connect, encode, exchange, read_all
from .world import World

scenarios("who_may_command.feature")

STRANGER = USER
THIRD = 54322
INTRUDER = Path(__file__).parents[1] / "edge" / "intruder.py"
WAYS = 7


@given("a running server with the configuration:")
def start_with(world: World, docstring: str) -> None:
    """A server listens that has read this file."""
    write_file(world, "k1s.toml", docstring.replace("STRANGER", str(STRANGER)))
    assert world.start_server(K1S, "server", "-c", "k1s.toml").address


@pytest.fixture
def his_home() -> Iterator[Path]:
    """A folder of another user."""
    with ordinary_home() as home:
        yield home


@given(phrase('a running server of another user of this machine, with the socket "{name}"'))
def start_as_other(his_home: Path, world: World, name: str) -> None:
    """A server listens that is not root's."""
    command = as_ordinary_user(K1S, "server", "-p", "0", "--socket", name)
    world.folder = his_home
    server = world.start_server(*command)
    assert server.address
    assert processes.status(server.pid, "Uid").split() == [str(STRANGER)] * 4


@given(phrase('my file "{name}":'))
def write_file(world: World, name: str, docstring: str) -> None:
    """The file has this text."""
    (world.folder / name).write_text(docstring + "\n")


@given("my certificates")
def make_certificates(world: World) -> None:
    """An authority in ca.pem, and its certificates for a server and a client."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(world.folder / "ca.pem")
    for whose, host in (("server", "127.0.0.1"), ("client", "me@example.org")):
        bundle = authority.issue_cert(host).private_key_and_cert_chain_pem
        bundle.write_to_path(world.folder / f"{whose}.pem")


@given(phrase('a token in "{name}"'))
def write_token(world: World, name: str) -> None:
    """Such as `k1s token` makes one."""
    tokens.make(str(world.folder / name))


@given(phrase('others can read "{name}"'))
def open_to_others(world: World, name: str) -> None:
    """The mode of the file lets everybody read it."""
    (world.folder / name).chmod(0o644)


@given(phrase('a socket "{name}" on which nobody listens'))
def leave_socket(world: World, name: str) -> None:
    """The file is there, as after a SIGKILL."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(world.folder / name))


def intrude(
    world: World, times: int, ways: str, user: int = STRANGER, path: Path | None = None
) -> dict[str, int]:
    """What another user of this machine hears, and how often."""
    check_root()
    host, port = world.address
    address = [host, str(port)] if path is None else [str(path)]
    arguments = [str(user), str(times), ways, *address]
    done = subprocess.run(
        [sys.executable, str(INTRUDER), *arguments],
        env=environment(world.folder),
        capture_output=True,
        text=True,
        check=True,
    )
    heard: dict[str, int] = json.loads(done.stdout)
    return heard


@when("another user of this machine tries in every way to create a job")
def try_in_every_way(world: World) -> None:
    """Each way a few times."""
    world.remembered["heard"] = intrude(world, 3 * WAYS, "all")


@when("another user of this machine tries to create a job")
def try_once(world: World) -> None:
    """As a client does."""
    world.remembered["heard"] = intrude(world, 1, "wait")


@when(phrase('the user "{name}" of this machine tries to create a job'))
def try_by_name(world: World, name: str) -> None:
    """The same as somebody who has a name here."""
    try:
        user = pwd.getpwnam(name).pw_uid
    except KeyError:
        pytest.skip(f"this machine has no user {name}")
    world.remembered["heard"] = intrude(world, 1, "wait", user)


@when("a third user of this machine tries to create a job")
def try_as_third(world: World) -> None:
    """The same as somebody whom no setting names."""
    world.remembered["heard"] = intrude(world, 3, "wait", THIRD)


@when(phrase('a third user of this machine may open the socket "{name}" and tries it there'))
def try_socket(world: World, name: str) -> None:
    """Its mode does not keep him out."""
    world.folder.chmod(0o711)
    (world.folder / name).chmod(0o666)
    world.remembered["heard"] = intrude(world, 3, "wait", THIRD, world.folder / name)


@then(phrase('each of his replies is the error "{code}"'))
def only_refusals(world: World, code: str) -> None:
    """Where he has waited for a reply, it was this; else he has hung up."""
    heard = world.remembered["heard"]
    assert heard[code] >= 3
    assert set(heard) <= {code, "hung up", "reset"}


@then("he is obeyed")
def is_obeyed(world: World) -> None:
    """His job is there."""
    assert world.remembered["heard"] == {"obeyed": 1}
    assert [job["id"] for job in world.jobs()] == ["stranger-0"]


@then("the server complains that it has refused him")
def names_him(world: World) -> None:
    """His number is in the log, soon."""
    complains_of(world, f"refused a client of user {STRANGER}")


@then(phrase('the server complains of "{words}"'))
def complains_of(world: World, words: str) -> None:
    """The error output has these words, soon."""
    until(f"{words!r} in the log", lambda: world.server.complained, lambda said: words in said)


@when(
    phrase(
        'I run "{line}" with {name:word} as "{value}" and press Ctrl-C once its output is "{text}"'
    )
)
def interrupt_at(world: World, line: str, name: str, value: str, text: str) -> None:
    """A command line gets a SIGINT when it has shown a line."""
    process = commands.start(world.fill(line), world.folder, extra={name: value})
    assert process.stdout is not None
    shown = process.stdout.fileno()
    with commands.killed_on_failure(process):
        until(f"the output of {line}", lambda: select.select([shown], [], [], 0)[0])
        assert os.read(shown, len(text) + 1).decode() == f"{text}\n"
    process.send_signal(signal.SIGINT)
    world.last_run = commands.finish(process)


@when(phrase('I send the line, with what is in "{name}" for TOKEN:'))
def send_token(world: World, name: str, docstring: str) -> None:
    """A line goes to the server that bears the token."""
    token = (world.folder / name).read_text().strip()
    world.last_reply = exchange(world.address, docstring.replace("TOKEN", token).encode() + b"\n")


@then(
    phrase(
        "another wrong token is answered at least {seconds:f} seconds late,"
        ' and the one in "{name}" meanwhile'
    )
)
def wrong_token_is_late(world: World, seconds: float, name: str) -> None:
    """The right token has its answer while the wrong one, which came first, has none.

    Whoever is held up for so long tries again: one more wrong token has to wait for longer.
    """

    def overtakes() -> bool:
        began = time.monotonic()
        with connect(world.address) as wrong:
            wrong.sendall(encode({"command": "get-all-jobs", "token": "wrong"}))
            send_token(world, name, '{"command": "get-all-jobs", "token": "TOKEN"}')
            assert world.reply.json == []
            is_first = not select.select([wrong], [], [], 0)[0]
            assert read_all(wrong).json["code"] == "not-allowed"
        assert time.monotonic() - began >= seconds
        return is_first

    until("the right token to be answered first", overtakes)


@then(phrase('neither these errors nor a log nor the server\'s own words name "{secret}"'))
def is_kept_secret(world: World, secret: str) -> None:
    """Whatever was said about it, this was not said."""
    logs = [path.read_text() for path in world.folder.glob("*.log")]
    refusals = [json.dumps(reply) for reply in world.remembered["refusals"]]
    assert any(logs)
    assert refusals
    said = [*logs, *refusals, world.server.said, world.server.complained]
    assert not [text for text in said if secret in text]


@when(phrase("{count:d} clients begin to watch"))
def begin_to_watch(world: World, count: int) -> None:
    """They are there for as long as they like: each has asked for something that does not end."""
    for _ in range(count):
        stream = Stream(world.address, {"command": "watch-jobs", "from": 0})
        world.clients.append(stream.connection)
        assert stream.line()["sequence"] == 1


@then(phrase('who says nothing is told "{code}", {seconds:f} second after he has connected'))
def silent_is_told(world: World, code: str, seconds: float) -> None:
    """He is told, and not too early."""
    began = time.monotonic()
    with connect(world.address) as silent:
        reply = read_all(silent).json
    assert is_error(reply, code, f"{seconds:g} s"), reply
    assert time.monotonic() - began >= seconds


def ask_while_held_up(world: World, seconds: float) -> socket.socket:
    """A client whose line is there before the server can look at it."""
    address, pid = world.address, world.server.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        until("the server to stop", lambda: processes.stat(pid), _is_stopped)
        client = connect(address)
        job = {"id": "waited-for", "type": "one-time", "executable": "/bin/true"}
        client.sendall(encode({"command": "create-job", "job": job}))
        if world.remembered.get("hangs up"):
            client.close()
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)
    return client


def _is_stopped(words: Any) -> bool:
    return bool(words) and words[0] == "T"


@when(
    phrase(
        "the server is held up for {seconds:f} seconds while a client asks for a job and hangs up"
    )
)
def ask_and_hang_up(world: World, seconds: float) -> None:
    """Nobody is at the other end when the server looks."""
    world.remembered["hangs up"] = True
    ask_while_held_up(world, seconds)


@when(
    phrase("the server is held up for {seconds:f} seconds while a client asks for a job and waits")
)
def ask_and_wait(world: World, seconds: float) -> None:
    """The client is still there when the server looks."""
    with ask_while_held_up(world, seconds) as client:
        world.last_reply = read_all(client)


@then(phrase('the file "{name}" is a socket'))
def is_socket(world: World, name: str) -> None:
    """A socket is there."""
    assert stat.S_ISSOCK((world.folder / name).stat().st_mode)
