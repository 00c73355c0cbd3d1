"""Steps of the feature "Watching and waiting" that no other feature has."""

import os
import select
import socket
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from . import processes, values
from .conftest import is_error
from .phrases import phrase
from .server import K1S
from .streams import Stream
from .waiting import until
from .wire import Address, connect, encode, exchange, read_all
from .world import Table, World

scenarios("watching_jobs.feature")

# Less than a server that remembers little would have to forget at once.
JOBS_AT_ONCE = 10


class Watchers:
    """The streams of a scenario, and what was read from the latest."""

    def __init__(self, world: World) -> None:
        """No stream yet."""
        self.world = world
        self.streams: list[Stream] = []
        self.read: list[dict[str, Any]] = []
        self.sequence = 0
        self.descriptors = 0

    @property
    def latest(self) -> Stream:
        """The newest stream."""
        return self.streams[-1]

    def ask(self, **message: Any) -> Stream:
        """Open one more stream; it has begun when this returns."""
        return self.ask_at(self.world.address, **message)

    def ask_at(self, address: Address | str, **message: Any) -> Stream:
        """The same, at another address of the server."""
        self.streams.append(Stream(address, message))
        self.world.clients.append(self.latest.connection)
        self.world.jobs()  # the server takes lines in their order
        return self.latest

    def next(self) -> dict[str, Any]:
        """The next line of the latest stream."""
        self.read.append(self.latest.line())
        return self.read[-1]


@pytest.fixture
def watchers(world: World) -> Watchers:
    """The streams of this scenario."""
    return Watchers(world)


def info(world: World) -> dict[str, Any]:
    """What the server says of itself."""
    said: dict[str, Any] = world.ask(command="get-server-info")
    return said


@given(phrase("a server that remembers {count:d} moves"))
def forgetful_server(world: World, count: int) -> None:
    """A server listens that remembers so few moves."""
    (world.folder / "k1s.toml").write_text(f"[limits]\ntransitions = {count}\n")
    assert world.start_server(K1S, "server", "-p", "0", "-c", "k1s.toml").address


@when("a client begins to watch")
def watch(watchers: Watchers) -> None:
    """From now on, every move is told."""
    watchers.ask(command="watch-jobs")


@when(phrase('a client begins to watch the job "{job_id}"'))
def watch_one(watchers: Watchers, job_id: str) -> None:
    """From now on, every move of one job is told."""
    watchers.ask(command="watch-jobs", jobIds=[job_id])


@given("the number of the latest move is remembered")
def remember_number(world: World, watchers: Watchers) -> None:
    """The number is kept."""
    watchers.sequence = info(world)["sequence"]


@when("a client begins to watch from there")
def watch_from_there(watchers: Watchers) -> None:
    """What has happened since is told."""
    watchers.ask(command="watch-jobs", **{"from": watchers.sequence})


@when(phrase("a client begins to watch from number {number:d}"))
def watch_from(watchers: Watchers, number: int) -> None:
    """What has happened since that number is told."""
    watchers.ask(command="watch-jobs", **{"from": number})


@when(phrase("a client watches from number {number:d} and closes its half"))
def watch_and_close(watchers: Watchers, number: int) -> None:
    """The client has said all that it will say."""
    watchers.ask(command="watch-jobs", **{"from": number})
    watchers.latest.connection.shutdown(socket.SHUT_WR)


@when(phrase('{count:d} clients of the socket "{path}" begin to watch and read nothing'))
def watch_blindly(world: World, watchers: Watchers, count: int, path: str) -> None:
    """So many watchers do not read, and the kernel keeps little for them."""
    world.memory_kb = processes.forget_peak(world.server.pid)
    for _ in range(count):
        watchers.ask_at(str(world.folder / path), command="watch-jobs", **{"from": 0})


@when(phrase("{count:d} jobs fail meanwhile, each for a reason of {size:d} characters"))
def jobs_fail(world: World, watchers: Watchers, count: int, size: int) -> None:
    """Jobs of a program that is not there come to their ends, some at a time.

    The latest watcher has come before more have moved than the server remembers.
    """
    came = watchers.latest.connection
    missing = "/missing" + "/x" * (size // 2)
    for first in range(0, count, JOBS_AT_ONCE):
        jobs = [
            {"id": f"fails-{first + number}", "type": "one-time", "executable": missing}
            for number in range(JOBS_AT_ONCE)
        ]
        replies = world.ask(command="create-jobs", jobs=jobs)
        assert {reply["state"] for reply in replies} == {"exhausted"}
        until("the first moves to be told", lambda: select.select([came], [], [], 0)[0])


@when("the latest of these clients begins to read")
def begin_to_read(world: World, watchers: Watchers) -> None:
    """It reads up to the newest move."""
    newest = info(world)["sequence"]
    while watchers.next().get("sequence") != newest:
        pass


@then(phrase("it is told of the first moves, how many it has missed, and the newest {count:d}"))
def told_of_all_but_some(watchers: Watchers, count: int) -> None:
    """Each move is told, in order, or counted as missed.

    Nothing that is remembered is missed; what happens while the last of it is told comes on top.
    """
    at, runs = 0, [0]
    for line in watchers.read:
        if "missed" in line:
            at += line["missed"]
            runs.append(0)
        else:
            at += 1
            runs[-1] += 1
            assert line["sequence"] == at
    assert len(runs) > 1, "nothing was missed"
    assert runs[0] > 0
    assert runs[-1] >= count


@then("the watcher is told of these moves:")
def told_of_moves(watchers: Watchers, datatable: Table) -> None:
    """The next lines are these moves; an empty cell is null."""
    head, *rows = datatable
    for row in rows:
        move = watchers.next()
        shown = ["" if move[key] is None else str(move[key]) for key in head]
        assert shown == row, move


@then("the moves are numbered without a gap")
def numbered(watchers: Watchers) -> None:
    """Each number is one more than the one before."""
    first = watchers.read[0]["sequence"]
    assert [move["sequence"] for move in watchers.read] == [
        first + index for index in range(len(watchers.read))
    ]


@then(parsers.re(r"move number (?P<number>\d+) that the watcher is told of shows:"))
def move_shows(watchers: Watchers, number: str, datatable: Table) -> None:
    """One of the next lines shows these values."""
    moves = [watchers.next() for _ in range(int(number))]
    assert not values.differences(dict(datatable), moves[-1]), moves


@then(phrase("the watcher is told that it has missed {count:d}"))
def told_of_missed(watchers: Watchers, count: int) -> None:
    """The next line says how many moves are gone."""
    assert watchers.latest.line() == {"missed": count}


@then("the stream is still open")
def still_open(watchers: Watchers) -> None:
    """Nothing more is there to read, and no end."""
    assert watchers.latest.is_open


@then("the stream comes to its end")
def stream_ends(watchers: Watchers) -> None:
    """The server closes the connection."""
    assert watchers.latest.ends()


# Waiting


def wait(world: World, **keys: Any) -> None:
    """Ask to be told; what comes back is the last reply."""
    world.last_reply = exchange(world.address, encode({"command": "wait-job", **keys}))


@when(phrase('I wait for the job "{job_id}"'))
def wait_for_end(world: World, job_id: str) -> None:
    """The answer comes when the job is final."""
    wait(world, jobId=job_id)


@when(phrase('I wait for the job "{job_id}" to be "{state}"'))
def wait_for_state(world: World, job_id: str, state: str) -> None:
    """The answer comes when the job is in the state."""
    wait(world, jobId=job_id, **{"for": state})


@when(phrase('I wait for the job "{job_id}" for {seconds:f} seconds'))
def wait_for_a_time(world: World, job_id: str, seconds: float) -> None:
    """The answer comes when the job is final, or the time is over."""
    wait(world, jobId=job_id, timeoutSeconds=seconds)


@when(phrase('a client begins to wait for the job "{job_id}"'))
def begin_to_wait(watchers: Watchers, job_id: str) -> None:
    """Somebody waits on a connection of its own."""
    watchers.ask(command="wait-job", jobId=job_id)


@when(phrase('a client begins to wait for the job "{job_id}" to be "{state}"'))
def begin_to_wait_for_state(watchers: Watchers, job_id: str, state: str) -> None:
    """Somebody waits for a state on a connection of its own."""
    watchers.ask(command="wait-job", jobId=job_id, **{"for": state})


@when(phrase('a client begins to wait for the job "{job_id}" and closes its half'))
def wait_and_half_close(watchers: Watchers, job_id: str) -> None:
    """Somebody waits who sends nothing more, but could still read."""
    watchers.ask(command="wait-job", jobId=job_id)
    watchers.latest.connection.shutdown(socket.SHUT_WR)


@then(phrase('the wait is answered with the error "{code}"'))
def wait_is_refused(watchers: Watchers, code: str) -> None:
    """Who waits is told that it is no use."""
    reply = read_all(watchers.latest.connection)
    assert is_error(reply.json, code), reply


@then("the wait is answered with a job that shows:")
def wait_is_answered(world: World, watchers: Watchers, datatable: Table) -> None:
    """Who waits is told how the job was when what it waits for came."""
    job = read_all(watchers.latest.connection).json
    assert not values.differences(world.pairs(datatable), job), job


@when(phrase('{count:d} clients wait for the job "{job_id}" and hang up, {times:d} times over'))
def wait_and_hang_up(world: World, watchers: Watchers, count: int, job_id: str, times: int) -> None:
    """Many wait, and go without an answer."""
    watchers.descriptors = count_descriptors(world)
    for _ in range(times):
        clients = [connect(world.address) for _ in range(count)]
        for client in clients:
            client.sendall(encode({"command": "wait-job", "jobId": job_id}))
        world.jobs()
        for client in clients:
            client.close()


def count_descriptors(world: World) -> int:
    """How many descriptors the server has open."""
    return len(os.listdir(f"/proc/{world.server.pid}/fd"))


@then("the server has as many descriptors as before")
def as_many_descriptors(world: World, watchers: Watchers) -> None:
    """Nothing was left behind, soon."""
    until(
        "the connections to be gone",
        lambda: count_descriptors(world),
        lambda seen: seen <= watchers.descriptors,
    )
