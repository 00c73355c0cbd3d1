"""Steps of the feature "Protocol" that no other feature has."""

import json
import time

from pytest_bdd import scenarios, then, when

from . import values
from .phrases import phrase
from .wire import connect, encode, exchange, read_all
from .world import Table, World

scenarios("protocol.feature")


@then(phrase('the job "{job_id}" has exactly the keys:'))
def has_keys(world: World, job_id: str, datatable: Table) -> None:
    """No key is missing and none is surplus."""
    assert sorted(world.job(job_id)) == sorted(row[0] for row in datatable)


@then("the reply shows what was sent")
def shows_what_was_sent(world: World) -> None:
    """Each key that was sent comes back with its value."""
    reply = world.reply.json
    assert {key: reply.get(key) for key in world.sent} == world.sent


@then(phrase('each of these times of the job "{job_id}" looks like "{example}":'))
def times_look_like(world: World, job_id: str, example: str, datatable: Table) -> None:
    """The times have the form of the example."""
    job = world.job(job_id)
    assert values.TIME.fullmatch(example)
    assert all(values.TIME.fullmatch(job[row[0]]) for row in datatable), job


@then(phrase('these times of the job "{job_id}" are in this order:'))
def times_are_in_order(world: World, job_id: str, datatable: Table) -> None:
    """Each time is not before the one above it."""
    job = world.job(job_id)
    times = [job[row[0]] for row in datatable]
    assert times == sorted(times), times


@then(phrase('the job "{job_id}" was created just now'))
def created_just_now(world: World, job_id: str) -> None:
    """The time is right, and in UTC."""
    assert abs(values.seconds(world.job(job_id)["createdAt"]) - time.time()) < 60


@when(
    phrase(
        "{count:d} clients connect and then, the last first,"
        ' create the jobs "{first}" to "{last}" without reading'
    )
)
def create_in_order(world: World, count: int, first: str, last: str) -> None:
    """All connections are known to the server before the first line goes out."""
    clients = [connect(world.address) for _ in range(count)]
    world.clients += clients
    world.jobs()
    clients.reverse()
    ids = numbered(first, last)
    for client, job_id in zip(clients, ids, strict=True):
        job = {"id": job_id, "type": "one-time", "executable": "/bin/true"}
        client.sendall(encode({"command": "create-job", "job": job}))
    for client, job_id in zip(clients, ids, strict=True):
        assert read_all(client).json["id"] == job_id


def numbered(first: str, last: str) -> list[str]:
    """The ids from the first to the last."""
    stem, _, start = first.rpartition("-")
    end = int(last.rpartition("-")[2])
    return [f"{stem}-{number}" for number in range(int(start), end + 1)]


@then(phrase('the reply lists the jobs "{first}" to "{last}" in this order'))
def lists_in_order(world: World, first: str, last: str) -> None:
    """The list has these jobs in this order."""
    assert [job["id"] for job in world.reply.json] == numbered(first, last)


@when(phrase('{count:d} clients at once create a continuous job "{job_id}" that runs "{program}"'))
def create_at_once(world: World, count: int, job_id: str, program: str) -> None:
    """All lines go out before any reply is read."""
    world.clients += [connect(world.address) for _ in range(count)]
    job = {"id": job_id, "type": "continuous", "executable": world.executable(program)}
    for client in world.clients:
        client.sendall(encode({"command": "create-job", "job": job}))
    world.wait_for_starts(program, 1)


@then(phrase('{winners:d} of them gets the job and {losers:d} of them get the error "{code}"'))
def one_wins(world: World, winners: int, losers: int, code: str) -> None:
    """The replies are so many jobs and so many errors."""
    replies = [read_all(client).json for client in world.clients]
    errors = [reply for reply in replies if "error" in reply]
    assert [reply["code"] for reply in errors] == [code] * losers
    assert len(replies) - len(errors) == winners


@when("I send this without an end of line and close my half of the connection:")
def send_and_half_close(world: World, docstring: str) -> None:
    """The end of the bytes is the end of the line."""
    world.last_reply = exchange(world.address, docstring.encode(), half_close=True)


@when("I send the lines:")
def send_lines(world: World, docstring: str) -> None:
    """Several lines go out in one piece."""
    world.last_reply = exchange(world.address, docstring.encode() + b"\n")


@when(
    phrase(
        'I create a one-time job "{job_id}" with {count:d} short arguments'
        " on a line of exactly {size:d} bytes"
    )
)
def create_with_long_line(world: World, job_id: str, count: int, size: int) -> None:
    """The line, not counting its end, is so long."""
    job = {"id": job_id, "type": "one-time", "executable": "/bin/true"}
    request = {"command": "create-job", "job": {**job, "arguments": ["x" * 40] * count}}
    line = json.dumps(request).encode()
    world.last_reply = exchange(world.address, line + b" " * (size - len(line)) + b"\n")


@then(phrase("the reply lists {count:d} jobs"))
def lists_so_many(world: World, count: int) -> None:
    """The list has so many jobs."""
    assert len(world.reply.json) == count
