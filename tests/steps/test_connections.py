"""Steps of the feature "Connections" that no other feature has."""

import contextlib
import select
import socket
import time

from pace import Stopwatch
from pytest_bdd import scenarios, then, when

from . import processes
from .conftest import escaped, is_error
from .phrases import phrase
from .test_protocol import numbered
from .waiting import until
from .wire import Reply, break_off, connect, encode, exchange, read_all
from .world import Table, World

scenarios("connections.feature")

HALF = b'{"command": "get-a'
DROPPED_MS = 20_000
LIST = encode({"command": "get-all-jobs"})


@when(phrase("{count:d} clients connect and say nothing"))
def connect_silently(world: World, count: int) -> None:
    """So many connections are open; when each was begun is remembered."""
    for _ in range(count):
        world.remembered.setdefault("connected", []).append(time.monotonic())
        world.clients.append(connect(world.address))


@when("a client sends half a line and nothing more")
def send_half(world: World) -> None:
    """A connection waits in the middle of a line."""
    connect_silently(world, 1)
    world.clients[-1].sendall(HALF)


@when("a client sends an opening brace and then one blank every second")
def send_drops(world: World) -> None:
    """A connection is never quite silent; the blanks go out while the others are watched."""
    connect_silently(world, 1)
    world.clients[-1].sendall(b"{")


@then(phrase("the server answers others meanwhile, each within {seconds:f} seconds"))
def others_are_answered(world: World, seconds: float) -> None:
    """While the bad clients are there, everybody else is answered."""
    for _ in range(10):
        watch = Stopwatch(world.server.pid)
        world.jobs()
        assert watch.read() < seconds


@then(phrase("all of these clients are dropped between {least:f} and {most:f} seconds"))
def all_are_dropped(world: World, least: float, most: float) -> None:
    """Each connection is ended by the server, neither early nor late; others are answered."""
    began = dict(zip(world.clients, world.remembered["connected"], strict=True))
    while began:
        drip(world.clients[-1])
        readable, _, _ = select.select(list(began), [], [], 1.0)
        now = time.monotonic()
        for client in filter(is_closed, readable):
            passed = now - began.pop(client)
            assert passed >= least, f"dropped after {passed} s"
        assert all(now - at <= most for at in began.values()), f"{len(began)} are still there"
        world.jobs()


def drip(client: socket.socket) -> None:
    """One more blank, if it is still wanted."""
    with contextlib.suppress(OSError):
        client.send(b" ")


def is_closed(client: socket.socket) -> bool:
    """Whether the server has ended the connection; what it says before is read."""
    try:
        return client.recv(4096) == b""
    except ConnectionResetError:
        return True


@when(phrase("I send the line {line:rest} byte by byte"))
def send_byte_by_byte(world: World, line: str) -> None:
    """Each byte is a packet of its own."""
    with connect(world.address) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in (line + "\n").encode():
            client.sendall(bytes([byte]))
        world.last_reply = read_all(client)


@then("each of these clients can still ask for all jobs")
def each_is_served(world: World) -> None:
    """Every one of the connections is answered."""
    for client in world.clients:
        client.sendall(LIST)
    assert all(read_all(client).json == [] for client in world.clients)


@when(phrase('{count:d} clients create the jobs "{first}" to "{last}" and hang up without reading'))
def create_and_hang_up(world: World, count: int, first: str, last: str) -> None:
    """The lines go out, and the connections are closed at once, half of them rudely."""
    ids = numbered(first, last)
    assert len(ids) == count
    for number, job_id in enumerate(ids):
        client = connect(world.address)
        job = {"id": job_id, "type": "one-time", "executable": "/bin/true"}
        client.sendall(encode({"command": "create-job", "job": job}))
        (break_off if number % 2 else socket.socket.close)(client)


@then(phrase('each of the jobs "{first}" to "{last}" is there as a whole or not at all'))
def whole_or_not(world: World, first: str, last: str) -> None:
    """A job that is there comes to its end like any other."""
    known = {job["id"] for job in world.jobs()}
    for job_id in known & set(numbered(first, last)):
        assert world.state_of(job_id, wait_for="done")["runCount"] == 1


@when(phrase('I ask for the job "{job_id}" to be deleted and hang up'))
def delete_and_hang_up(world: World, job_id: str) -> None:
    """The line goes out, and the connection is closed once the server has taken it up."""
    with connect(world.address) as client:
        client.sendall(encode({"command": "delete-job", "jobId": job_id}))
        what = f"the server to take up the deletion of {job_id}"
        until(what, world.jobs, lambda jobs: jobs == [] or jobs[0]["killRequested"])


@when(phrase('{count:d} clients ask for the job "{job_id}" to be deleted'))
def several_delete(world: World, count: int, job_id: str) -> None:
    """Each has a connection of its own, and waits for the reply."""
    for _ in range(count):
        world.clients.append(connect(world.address))
        world.clients[-1].sendall(encode({"command": "delete-job", "jobId": job_id}))


@then(phrase('soon there is no job "{job_id}"'))
def soon_no_job(world: World, job_id: str) -> None:
    """The job goes away."""
    until(f"the job {job_id} to go", world.jobs, lambda jobs: job_id not in str(jobs))


@when(
    phrase(
        'I send each of these bytes, each is answered with the error "{code}" in a sentence'
        " and closed:"
    )
)
def send_no_command(world: World, code: str, datatable: Table) -> None:
    """Each reply is read up to the end of its connection."""
    replies = [exchange(world.address, escaped(text)) for (text,) in datatable]
    wrong = [reply for reply in replies if not is_error(reply.json, code)]
    assert not wrong, wrong


@when(phrase("{count:d} clients connect and hang up at once"))
def connect_and_hang_up(world: World, count: int) -> None:
    """Connections are opened and closed without a byte."""
    for _ in range(count):
        connect(world.address).close()


@when("I connect and close my half of the connection without a byte")
def half_close_without_a_byte(world: World) -> None:
    """The server sees the end of the connection at once."""
    world.last_reply = exchange(world.address, b"", half_close=True)


@then("there is no reply")
def no_reply(world: World) -> None:
    """The server closes the connection without a word."""
    assert world.reply == Reply(b"")


@then("the server has said nothing on its error output")
def no_complaint(world: World) -> None:
    """The server has no complaint."""
    assert world.server.complained == ""


@when(phrase("{count:d} clients send half a line and break their connections off"))
def send_half_and_break_off(world: World, count: int) -> None:
    """The server gets a reset in the middle of a line."""
    for _ in range(count):
        client = connect(world.address)
        client.sendall(HALF)
        break_off(client)


@when(phrase('{count:d} client of the socket "{path}" asks for all jobs and reads nothing'))
@when(phrase('{count:d} clients of the socket "{path}" ask for all jobs and read nothing'))
def ask_and_read_nothing(world: World, count: int, path: str) -> None:
    """Long replies lie in the server, for the kernel keeps little for clients that do not read."""
    world.jobs()
    world.memory_kb = processes.forget_peak(world.server.pid)
    world.told_at = time.monotonic()
    for _ in range(count):
        client = connect(str(world.folder / path))
        client.sendall(LIST)
        world.clients.append(client)


@when(phrase("{count:d} clients send a million bytes of a request each, and not its end"))
def send_without_end(world: World, count: int) -> None:
    """They lie in the server, which cannot know yet what they are."""
    world.jobs()
    world.memory_kb = processes.forget_peak(world.server.pid)
    for _ in range(count):
        client = connect(world.address)
        client.sendall(LIST.rstrip(b"}\n").ljust(1_000_000))
        world.clients.append(client)


@then(phrase('the oldest of these clients is told "{code}", and the newest can send the end'))
def oldest_is_refused(world: World, code: str) -> None:
    """Who has not finished for longest goes first, and is told so."""
    refusal = read_all(world.clients[0]).json
    assert refusal["code"] == code
    assert "unfinished" in refusal["error"]
    world.clients[-1].sendall(b"}\n")
    assert read_all(world.clients[-1]).json == []


@then(phrase("it is dropped, after {seconds:f} seconds and not before"))
def deaf_is_dropped(world: World, seconds: float) -> None:
    """The other end is gone, though what it has sent was not read; what it had not is lost."""
    [client] = world.clients
    poll = select.poll()
    poll.register(client, 0)  # an end is told of unasked
    assert poll.poll(DROPPED_MS), "it is still there"
    assert time.monotonic() - world.told_at >= seconds
    assert not is_whole(read_all(client))


@then("the newest of these clients gets its whole reply")
def newest_is_answered(world: World) -> None:
    """Who has come last is not dropped for those who were there before."""
    assert is_whole(read_all(world.clients[-1]))


@then(phrase("at most {count:d} of these clients get theirs, the others are dropped"))
def few_are_answered(world: World, count: int) -> None:
    """Those who have kept theirs longest find the end of the connection too early."""
    whole = [is_whole(read_all(client)) for client in world.clients[:-1]]
    assert not whole[0], "the oldest was not dropped"
    assert sum(whole) < count, whole


def is_whole(reply: Reply) -> bool:
    """Whether the reply has come to the end of its line."""
    return reply.raw.endswith(b"]\n")


@when(phrase("{count:d} clients send a megabyte of opening brackets each"))
def send_brackets(world: World, count: int) -> None:
    """Deeply nested nonsense is answered with an error."""
    for _ in range(count):
        line = b'{"command": ' + b"[" * 1_000_000 + b"\n"
        assert exchange(world.address, line).json["code"] == "invalid-json"
