"""Steps of the feature "Bad requests" that no other feature has."""

import json
import socket

from pytest_bdd import scenarios, then, when

from . import processes
from .conftest import create, escaped, is_error
from .phrases import phrase
from .wire import Reply, connect, exchange, read_all
from .world import Table, World

scenarios("bad_requests.feature")

GOOD = {"type": "periodic", "executable": "/bin/true", "periodInSeconds": 60}


@then(phrase('the job "{job_id}" is the only job and is as it was'))
def only_job_as_it_was(world: World, job_id: str) -> None:
    """Nothing was added, taken away or changed."""
    assert world.jobs() == [world.created[job_id]]


@when(phrase("I send a line of {count:d} nested lists"))
def send_nested(world: World, count: int) -> None:
    """A deeply nested value goes to the server."""
    nested = b'{"command": ' + b"[" * count + b"]" * count + b"}\n"
    world.last_reply = exchange(world.address, nested)


@when(phrase('I send each of these byte strings, each is refused with "{code}":'))
def send_byte_strings(world: World, code: str, datatable: Table) -> None:
    """Each of the byte strings is answered with this error."""
    replies = {
        row[0]: exchange(world.address, escaped(row[0].strip()) + b"\n") for row in datatable
    }
    wrong = {text: reply for text, reply in replies.items() if not is_error(reply.json, code)}
    assert not wrong, wrong


@when(phrase("I send the line {line:rest} in UTF-16"))
def send_utf16(world: World, line: str) -> None:
    """The line goes out with a byte order mark and two bytes a letter."""
    world.last_reply = exchange(world.address, (line + "\n").encode("utf-16"))


@when(
    "I create jobs that differ from a good periodic job in one key,"
    " each is refused with that key named:"
)
def create_bad_jobs(world: World, datatable: Table) -> None:
    """Each is an invalid request that names the key."""
    wrong = []
    for number, (key, value) in enumerate(datatable):
        reply = create(world, {"id": f"bad-{number}", **GOOD, key: json.loads(value)})
        if not is_error(reply, "invalid-request", key):
            wrong.append((key, value, reply))
    assert not wrong, "\n".join(map(str, wrong))


@when("I create jobs that differ from a good periodic job in one key, each is accepted:")
def create_good_jobs(world: World, datatable: Table) -> None:
    """Each is answered with the job, and the value is shown as it was given."""
    for number, (key, value) in enumerate(datatable):
        reply = create(world, {"id": f"good-{number}", **GOOD, key: json.loads(value)})
        assert reply.get(key) == json.loads(value), (key, value, reply)


@when(phrase('I create jobs with these ids, each is refused with "{code}" and told the rule:'))
def create_with_bad_ids(world: World, code: str, datatable: Table) -> None:
    """Each refusal tells the length and the letters that an id may have."""
    wrong = []
    for (value,) in datatable:
        reply = create(world, {"id": json.loads(value), **GOOD})
        if not is_error(reply, code, "128"):
            wrong.append((value, reply))
    assert not wrong, "\n".join(map(str, wrong))


@when("I create jobs with these ids, each is accepted:")
def create_with_good_ids(world: World, datatable: Table) -> None:
    """Each is answered with a job of this id."""
    for (value,) in datatable:
        assert create(world, {"id": json.loads(value), **GOOD})["id"] == json.loads(value)


@when(phrase("I create a job whose id has {length:d} letters"))
def create_with_long_id(world: World, length: int) -> None:
    """The server is asked for a job with a long id."""
    create(world, {"id": "x" * length, **GOOD})


@then("the job of this id is there")
def job_is_there(world: World) -> None:
    """The job can be asked for by its id."""
    assert world.job(world.sent["id"])["id"] == world.sent["id"]


@when(phrase("I send {size:d} bytes without an end of line, as many as the server takes"))
def send_flood(world: World, size: int) -> None:
    """Bytes go out until all are sent or the server has closed the connection."""
    world.memory_kb = processes.forget_peak(world.server.pid)
    with connect(world.address) as client:
        send_until_closed(client, size)
        world.last_reply = read_all(client)


def send_until_closed(client: socket.socket, size: int) -> None:
    """Send so many bytes, or fewer if the other side does not want them."""
    piece = b" " * (1 << 20)
    try:
        client.sendall(b"{")
        for _ in range(size // len(piece)):
            client.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        return


@then(phrase('the reply, if there is one, is the error "{code}"'))
def reply_may_be_error(world: World, code: str) -> None:
    """Whoever does not read cannot be told; whoever is told is told this."""
    assert world.reply == Reply(b"") or is_error(world.reply.json, code), world.reply
    assert processes.is_alive(world.server.pid)
