"""Steps of the feature "Jobs files" that no other feature has."""

import json

import tomli
from jsonschema import Draft202012Validator
from pytest_bdd import given, scenarios, then, when

from .phrases import phrase
from .waiting import until
from .world import Table, World

scenarios("jobs_file.feature")


@given(phrase('a file "{name}" with {count:d} jobs that have no type'))
def file_of_mistakes(world: World, name: str, count: int) -> None:
    """The same mistake in each job."""
    tables = [f"[job.j{number}]\nexecutable = 'true'\n" for number in range(count)]
    (world.folder / name).write_text("".join(tables))


def schema(world: World) -> Draft202012Validator:
    """The output as a schema."""
    printed = json.loads(world.run.out)
    Draft202012Validator.check_schema(printed)
    return Draft202012Validator(printed)


@then("the output is a JSON Schema that takes:")
def schema_takes(world: World, docstring: str) -> None:
    """The document is what the schema describes."""
    schema(world).validate(tomli.loads(docstring))


@then("the output is a JSON Schema that refuses each of:")
def schema_refuses(world: World, datatable: Table) -> None:
    """No document is what the schema describes."""
    validator = schema(world)
    taken = [row[0] for row in datatable if validator.is_valid(tomli.loads(row[0]))]
    assert not taken


@then("the server has said on its error output exactly:")
def server_complained(world: World, docstring: str) -> None:
    """These lines, and nothing else until now."""
    assert world.server.complained == docstring + "\n"


@then(phrase('the server has said on its error output "{words}"'))
def server_has_said(world: World, words: str) -> None:
    """The words have been said by now."""
    assert words in world.server.complained


@then(phrase("each of its {count:d} jobs has a process or has ended"))
def all_have_been_started(world: World, count: int) -> None:
    """None is about to be started at this moment."""
    jobs = world.jobs()
    assert len(jobs) == count
    assert [job["id"] for job in jobs if job["pid"] is None and job["endedAt"] is None] == []


@when("a job of its file has been started")
def one_has_been_started(world: World) -> None:
    """There is a log."""
    until("a log", lambda: list(world.folder.glob("stdout_*.log")))


@then(phrase("it has never said that it listens, and started fewer than {count:d} jobs"))
def has_not_started_all(world: World, count: int) -> None:
    """It was told to stop before it was through."""
    assert world.server.said == ""
    assert len(list(world.folder.glob("stdout_*.log"))) < count


@then(phrase("the error output of the server has {count:d} lines"))
def server_complaint_lines(world: World, count: int) -> None:
    """So many and no more."""
    assert len(world.server.complained.splitlines()) == count
