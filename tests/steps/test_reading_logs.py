"""Steps of the feature "Reading logs" that no other feature has."""

import json
import re
import socket
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, scenarios, step, then, when

from k1s.logs.rotation import is_cuttable

from . import values
from .phrases import phrase
from .waiting import until
from .wire import connect, encode, exchange
from .world import Table, World

scenarios("reading_logs.feature")

# For tens of megabytes, on a machine that has other things to do.
MUCH_S = 60.0
EURO = "\N{EURO SIGN}"


@dataclass
class Follower:
    """A client that follows logs, and what it has read."""

    connection: socket.socket
    raw: bytes = b""
    seen: int = 0
    is_over: bool = False
    pieces: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> "Follower":
        """Take in all that has come by now."""
        try:
            while piece := self.connection.recv(1 << 20):
                self.raw += piece
            self.is_over = True
        except BlockingIOError:
            pass
        *lines, self.raw = self.raw.split(b"\n")
        self.pieces += map(json.loads, lines)
        return self

    @property
    def text(self) -> str:
        return text_of(self.pieces)

    @property
    def length(self) -> int:
        """Of the text, which may be too long to be put together at each look."""
        return sum(len(piece.get("text", "")) for piece in self.pieces)

    @property
    def missed(self) -> int:
        return sum(piece.get("missedBytes", 0) for piece in self.pieces)


def text_of(pieces: list[dict[str, Any]]) -> str:
    """What a program wrote, if it wrote text."""
    return "".join(piece.get("text", "") for piece in pieces)


def pieces(world: World) -> list[dict[str, Any]]:
    """The lines of the last reply."""
    return [json.loads(line) for line in world.reply.raw.splitlines()]


def follower(world: World) -> Follower:
    found: Follower = world.remembered["follower"]
    return found


def request(world: World, jobs: str, table: Table | None, **more: Any) -> bytes:
    """The request for the logs of the jobs that a sentence names."""
    keys = world.values(table or [])
    job_ids = re.findall(r'"([^"]*)"', jobs)
    return encode({"command": "get-logs", "jobIds": job_ids, **more, **keys})


# What there is


@given(phrase('a text file "{name}" of {count:d} euro signs'))
def write_euros(world: World, name: str, count: int) -> None:
    """A file of characters of three bytes each."""
    (world.folder / name).write_text(EURO * count, encoding="utf-8")


@when(phrase('the log "{name}" has {count:d} backups'))
def has_backups(world: World, name: str, count: int) -> None:
    """A log has been rotated so often; skipped where that cannot be while it is written to."""
    log = world.folder / name
    if not is_cuttable(str(log)):
        pytest.skip(f"the file system of {world.folder} has no FALLOC_FL_COLLAPSE_RANGE")
    until(f"{count} backups", Path(f"{log}.{count}").exists)


@when(phrase('somebody deletes the log "{name}"'))
def delete_log(world: World, name: str) -> None:
    """The file is gone."""
    (world.folder / name).unlink()


# Reading


@when(phrase("I ask for the logs of {jobs:rest}"))
def ask_for_logs(world: World, jobs: str, datatable: Table | None = None) -> None:
    """Everything that the server sends until it closes the connection is the last reply."""
    world.last_reply = exchange(world.address, request(world, jobs, datatable))


@then("I get the text:")
def get_text(world: World, docstring: str) -> None:
    """The text is this and no other."""
    assert text_of(pieces(world)) == docstring + "\n"


@then("each piece shows:")
def each_piece_shows(world: World, datatable: Table) -> None:
    """Each piece has these keys."""
    wanted = world.values(datatable)
    for piece in pieces(world):
        assert {key: piece[key] for key in wanted} == wanted
        assert set(piece) == {*wanted, "text"}


@then(phrase("I get the numbers from {first:d} to {last:d}, in order"))
def get_numbers(world: World, first: int, last: int) -> None:
    """No number is missing, doubled or out of place."""
    assert text_of(pieces(world)) == values.numbers(first, last)


@then("the pieces begin:")
def pieces_begin(world: World, datatable: Table) -> None:
    """There is one piece for each row, with the job, the stream and how the text begins."""
    found = pieces(world)
    assert [(piece["jobId"], piece["stream"]) for piece in found] == [
        (job_id, stream) for job_id, stream, _ in datatable
    ]
    for piece, (_, _, beginning) in zip(found, datatable, strict=True):
        assert piece["text"].startswith(beginning)


@then("I get nothing")
def get_nothing(world: World) -> None:
    """The connection is closed without a line."""
    assert world.reply.raw == b""


@then("I get every byte from 0 to 255 a thousand times, as base64")
def get_bytes(world: World) -> None:
    """The bytes are what the program wrote."""
    data = b"".join(b64decode(piece["base64"]) for piece in pieces(world))
    assert data == bytes(range(256)) * 1000


@then(phrase("I get {count:d} euro signs, as text"))
def get_euros(world: World, count: int) -> None:
    """No piece needed to be sent as base64."""
    found = pieces(world)
    assert all("text" in piece for piece in found)
    assert text_of(found) == EURO * count
    assert len(found) > 1


# Following


@when(phrase("I follow the logs of {jobs:rest}"))
def follow(world: World, jobs: str, datatable: Table | None = None) -> None:
    """A client follows logs; it reads only when a step says what it is to have."""
    connection = connect(world.address)
    world.clients.append(connection)
    connection.sendall(request(world, jobs, datatable, follow=True))
    world.jobs()  # the server has taken the request when it has answered a later one
    connection.settimeout(0)
    world.remembered["follower"] = Follower(connection)


@when("I close my half of the connection")
def close_half(world: World) -> None:
    """The server sees that no more requests can come."""
    follower(world).connection.shutdown(socket.SHUT_WR)


@step(phrase("the follower soon has {count:d} more lines"))
@step(phrase("the follower soon has {count:d} more line"))
def has_more_lines(world: World, count: int) -> None:
    """So many lines come from now on."""
    found = follower(world)
    wanted = found.seen + count
    until(f"{wanted} lines", lambda: found.read().text.count("\n"), lambda seen: seen >= wanted)
    found.seen = found.text.count("\n")


@then("the follower soon begins with:")
def begins_with(world: World, docstring: str) -> None:
    """What was followed begins so."""
    found = follower(world)
    wanted = docstring + "\n"
    until("the text", lambda: found.read().text, lambda seen: len(seen) >= len(wanted))
    assert found.text.startswith(wanted)
    assert found.missed == 0


@then(phrase("the follower soon has the numbers from {first:d} to {last:d}, in order"))
def has_numbers(world: World, first: int, last: int) -> None:
    """No number is missing, doubled or out of place."""
    found = follower(world)
    wanted = values.numbers(first, last)
    until("the numbers", lambda: found.read().length >= len(wanted), deadline_s=MUCH_S)
    assert found.text == wanted
    assert found.missed == 0


@then(phrase('the follower has the text "{text}" and no more'))
def has_text(world: World, text: str) -> None:
    """The following has ended with this."""
    has_ended(world)
    assert follower(world).text == f"{text}\n"


@then(phrase("the follower has {count:d} euro signs and no more"))
def has_euros(world: World, count: int) -> None:
    """The following has ended with these."""
    has_ended(world)
    assert follower(world).text == EURO * count


@then("the following has ended")
def has_ended(world: World) -> None:
    """The server has closed the connection."""
    until("the end", lambda: follower(world).read().is_over, deadline_s=MUCH_S)


@then(phrase("the follower has missed some of the {count:d} bytes, but not the number {last:d}"))
def has_missed(world: World, count: int, last: int) -> None:
    """What it has read and what it is told to have missed are all that there was."""
    found = follower(world)
    until(
        "the end",
        lambda: text_of(found.read().pieces[-1:]).endswith(f"\n{last}\n"),
        deadline_s=MUCH_S,
    )
    assert found.missed > 0
    assert found.missed + found.length == count
