"""Steps of the feature "Everyday commands" that no other feature has."""

import json
import re
from datetime import datetime, timedelta, timezone

from pytest_bdd import given, scenarios, then, when

from . import commands
from .phrases import phrase
from .world import Table, World

scenarios("everyday.feature")

STANDS_FOR = {"SECONDS": r"[\d.]+ s", "COUNT": r"[1-9]\d*", "NUMBER": r"\d+"}
_COLOUR = re.compile(r"\x1b\[\d+m")


@given(phrase('{count:d} continuous jobs "many-N" that run "sleep 1000"'))
def many_jobs(world: World, count: int) -> None:
    """So many jobs run."""
    for number in range(count):
        job = {"id": f"many-{number}", "type": "continuous", "executable": "sleep"}
        reply = world.ask(command="create-job", job={**job, "arguments": ["1000"]})
        assert reply["state"] == "running", reply


@when(phrase('I run "{line}" on a terminal of {columns:d} columns'))
def run_on_wide_terminal(world: World, line: str, columns: int) -> None:
    """A command line runs with a terminal of this width as its output."""
    world.last_run = commands.run_on_terminal(world.fill(line), world.folder, columns)


@when(phrase('I run "{line}" with its talk on a terminal'))
def run_with_talk(world: World, line: str) -> None:
    """A command line runs with a terminal as its error output."""
    world.last_run = commands.run_with_talk_on_terminal(world.fill(line), world.folder)


@then(phrase('the JSON of the output has the job "{job_id}" as "{state}"'))
def json_has_job(world: World, job_id: str, state: str) -> None:
    """What came of this id is the job in this state."""
    job = json.loads(world.run.out)[job_id]
    assert (job["id"], job["state"]) == (job_id, state)


@then(phrase('the JSON of the output has the error "{code}" for "{job_id}"'))
def json_has_error(world: World, code: str, job_id: str) -> None:
    """What came of this id is a refusal."""
    assert json.loads(world.run.out)[job_id]["code"] == code


@then("the list shows:")
def list_shows(world: World, datatable: Table) -> None:
    """Each line of the list has these cells, under these titles."""
    titles, *rows = datatable
    title_line, *lines = world.run.out.splitlines()
    assert len(lines) == len(rows), world.run.out
    for line, row in zip(lines, rows, strict=True):
        shown = cells(title_line, line)
        assert shown.keys() >= set(titles), title_line
        for title, wanted in zip(titles, row, strict=True):
            pattern = re.escape(wanted)
            for name, expression in STANDS_FOR.items():
                pattern = pattern.replace(name, expression)
            assert re.fullmatch(pattern, shown[title]), (title, wanted, line)


@then(phrase('the process of the job "{job_id}" is the one that the list names'))
def list_names_process(world: World, job_id: str) -> None:
    """The list shows the process id that the server tells."""
    title_line, *lines = world.run.out.splitlines()
    shown = {row["ID"]: row["PID"] for row in (cells(title_line, line) for line in lines)}
    assert shown[job_id] == str(world.job(job_id)["pid"])


def cells(title_line: str, line: str) -> dict[str, str]:
    """The cells of a line: they end or begin where their title does."""
    found: dict[str, str] = {}
    for title in re.finditer(r"\S+(?: \S+)*", title_line):
        begin, end = title.span()
        # A number stands at the right end below its title, a text at the left one.
        while begin > 0 and line[begin - 1 : begin] not in ("", " "):
            begin -= 1
        rest = line[begin:] if title[0] == "WHAT NEXT" else line[begin : _gap(line, end)]
        found[title[0]] = rest.strip()
    return found


def _gap(line: str, start: int) -> int:
    """Where two blanks come, from there on; the end of the line otherwise."""
    index = line.find("  ", max(start - 1, 0))
    return len(line) if index < 0 else index


@then(phrase('the output lists the jobs "{ids}"'))
def output_lists(world: World, ids: str) -> None:
    """The output is an array of these jobs, in this order."""
    assert [job["id"] for job in json.loads(world.run.out)] == ids.split(", ")


@then(phrase('the output lists the job "{job_id}" as the server does'))
def output_lists_alike(world: World, job_id: str) -> None:
    """The output is an array of the one job, with all its keys."""
    assert json.loads(world.run.out) == [world.job(job_id)]


@then(phrase("the first job of the output has an error log of {count:d} lines"))
def output_has_error_log(world: World, count: int) -> None:
    """The JSON of the job has the last lines of its error log."""
    assert len(json.loads(world.run.out)[0]["errorLog"]) == count


@then(phrase("no line of the terminal has more than {columns:d} columns"))
def lines_fit(world: World, columns: int) -> None:
    """What is visible of each line fits."""
    lines = [_COLOUR.sub("", line) for line in world.run.out.splitlines()]
    assert max(map(len, lines)) <= columns, world.run.out


@then(phrase('the output does not name "{words}"'))
def output_does_not_name(world: World, words: str) -> None:
    """The output does not have these words."""
    assert words not in world.run.out


@then(phrase('each time of the output ends with "{zone}"'))
def times_end_with(world: World, zone: str) -> None:
    """There are some, and all are written in this zone."""
    times = re.findall(r"\d{4}-\d\d-\d\d[T ][\d:]{8}(?:\.\d+)?([^\s\",]*)", world.run.out)
    assert len(times) >= 4, world.run.out
    assert set(times) == {zone}, world.run.out


@then(phrase('the times of the output are those of the job "{job_id}" in a zone of +05:30'))
def times_are_local(world: World, job_id: str) -> None:
    """When it was created is told so."""
    created = datetime.fromisoformat(world.job(job_id)["createdAt"])
    there = created.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert f"{there.time().isoformat('milliseconds')}  created" in world.run.out
