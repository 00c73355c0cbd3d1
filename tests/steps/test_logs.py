"""Steps of the feature "Logs" that no other feature has."""

import os
import re
from pathlib import Path

from pytest_bdd import given, scenarios, then, when

from .conftest import error_log
from .phrases import phrase
from .waiting import until
from .world import Table, World

scenarios("logs.feature")

ERROR_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (.*)")


def lines(path: Path) -> list[str]:
    """The lines of a file; a file that does not exist has none."""
    return path.read_text().splitlines() if path.exists() else []


@given(phrase('a pipe "{name}"'))
def make_a_pipe(world: World, name: str) -> None:
    """A named pipe exists that nobody reads."""
    os.mkfifo(world.folder / name)


@then(phrase('the file "{name}" has a line that ends with "{text}"'))
def has_line_ending(world: World, name: str, text: str) -> None:
    """One of the lines ends so."""
    found = lines(world.folder / name)
    assert any(line.endswith(text) for line in found), found


@then(phrase('the file "{name}" holds every byte from 0 to 255 a thousand times'))
def holds_every_byte(world: World, name: str) -> None:
    """The file is the program's output, byte for byte."""
    assert (world.folder / name).read_bytes() == bytes(range(256)) * 1000


@then(phrase('the first lines of the file "{name}" are:'))
def first_lines_are(world: World, name: str, docstring: str) -> None:
    """The file begins with these lines, soon."""
    wanted = docstring.splitlines()
    first = slice(len(wanted))
    until("the first lines", lambda: lines(world.folder / name)[first], lambda seen: seen == wanted)


@when("the server is stopped in its tracks")
def stop_the_server(world: World) -> None:
    """The server does nothing until it is told to go on."""
    world.server.tell("SIGSTOP")


@when("the server goes on")
def continue_the_server(world: World) -> None:
    """The server does its work again."""
    world.server.tell("SIGCONT")


@then(phrase('the output log of "{job_id}" grows by {count:d} lines'))
def log_grows(world: World, job_id: str, count: int) -> None:
    """So many lines come to the log."""
    path = world.folder / f"stdout_{job_id}.log"
    before = len(lines(path))
    until("the log to grow", lambda: len(lines(path)), lambda now: now >= before + count)


@then(phrase('the file "{name}" holds the numbers from 1 on, in order'))
def holds_numbers(world: World, name: str) -> None:
    """No number is missing, broken or there twice."""
    found = lines(world.folder / name)
    assert found == [str(number + 1) for number in range(len(found))]


@then(phrase('the file "{name}" has {count:d} lines "{one}" and as many lines "{two}"'))
def has_lines(world: World, name: str, count: int, one: str, two: str) -> None:
    """No line is missing, broken or too many."""
    found = lines(world.folder / name)
    assert (found.count(one), found.count(two), len(found)) == (count, count, 2 * count)


@then(phrase('the error log of "{job_id}" tells, each line with its time:'))
def error_log_tells(world: World, job_id: str, datatable: Table) -> None:
    """The error log has these lines, each behind a time."""
    found = error_log(world, job_id)
    texts = [match[1] if (match := ERROR_LINE.fullmatch(line)) else line for line in found]
    assert texts == [row[0] for row in datatable], found


@then(phrase('the last error of the job "{job_id}" begins with "{text}"'))
def last_error_begins(world: World, job_id: str, text: str) -> None:
    """The job's last error begins so."""
    assert world.job(job_id)["lastError"].startswith(text), world.job(job_id)


@then(phrase('the last error of the job "{job_id}" names "{text}"'))
def last_error_names(world: World, job_id: str, text: str) -> None:
    """The job's last error has these words."""
    assert text in world.job(job_id)["lastError"], world.job(job_id)


@when(phrase('I delete the file "{name}"'))
def delete_file(world: World, name: str) -> None:
    """The file is gone."""
    (world.folder / name).unlink()


@when(phrase('the file "{name}" has a line'))
@then(phrase('the file "{name}" soon has a line again'))
def file_has_a_line(world: World, name: str) -> None:
    """The file comes to have a line."""
    until(f"a line in {name}", lambda: lines(world.folder / name))
