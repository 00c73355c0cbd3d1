"""Steps of the feature "Simulating a jobs file"."""

import json
import xml.etree.ElementTree as ET

from pytest_bdd import given, scenarios, then

from .phrases import phrase
from .world import Table, World

scenarios("simulating.feature")


@given(phrase('the file "{name}" has {periodic:d} periodic and {continuous:d} continuous jobs'))
def many_jobs(world: World, name: str, periodic: int, continuous: int) -> None:
    """Jobs with periods from one minute to an hour, and services."""
    tables = [
        f'[job.tick-{number}]\ntype = "periodic"\nexecutable = "x"\n'
        f"period_in_seconds = {60 + 45 * number}\n"
        for number in range(periodic)
    ]
    tables += [
        f'[job.web-{number}]\ntype = "continuous"\nexecutable = "x"\n'
        for number in range(continuous)
    ]
    (world.folder / name).write_text("\n".join(tables))


def told_of(world: World, job_id: str) -> list[str]:
    """The lines about a job, without its id."""
    events, _, _ = world.run.out.partition("\n\n")
    columns = [line.split(maxsplit=2) for line in events.splitlines()]
    return [f"{at}  {words}" for at, of, words in columns if of == job_id]


@then("the output is:")
def output_is(world: World, docstring: str) -> None:
    """The output is this text."""
    assert world.run.out == docstring + "\n"


@then(phrase('the output tells of "{job_id}":'))
def output_tells(world: World, job_id: str, docstring: str) -> None:
    """These lines are about the job, and no others."""
    assert told_of(world, job_id) == docstring.splitlines()


@then(phrase('the output tells of "{job_id}" in {count:d} lines'))
def output_tells_in(world: World, job_id: str, count: int) -> None:
    """So many lines are about the job."""
    assert len(told_of(world, job_id)) == count


@then(phrase("the output has at most {count:d} lines"))
def output_is_short(world: World, count: int) -> None:
    """The output can be read."""
    assert 0 < len(world.run.out.splitlines()) <= count


@then("each line of the output is a JSON object")
def output_is_json(world: World) -> None:
    """A script can read it line by line."""
    assert all(isinstance(json.loads(line), dict) for line in world.run.out.splitlines())


@then("one line of the output shows:")
def one_line_shows(world: World, datatable: Table) -> None:
    """Exactly one line has these keys and values, whatever else it has."""
    wanted = world.values(datatable)
    lines = [json.loads(line) for line in world.run.out.splitlines()]
    assert sum(wanted.items() <= line.items() for line in lines) == 1, lines


@then(phrase('the picture "{name}" shows the texts:'))
def picture_shows(world: World, name: str, datatable: Table) -> None:
    """The file is an SVG picture, and these words are in it."""
    root = ET.fromstring((world.folder / name).read_text())
    texts = {"".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {row[0] for row in datatable} <= texts


@then(phrase('the file "{name}" has at most {size:d} kB'))
def file_is_small(world: World, name: str, size: int) -> None:
    """The file is not larger."""
    assert 0 < (world.folder / name).stat().st_size <= size * 1000
