"""Steps of the feature "Why" that no other feature has."""

import json
import re
from typing import Any

from pytest_bdd import scenarios, then, when

from .conftest import request
from .phrases import phrase
from .wire import connect, encode
from .world import Table, World

scenarios("why.feature")

_TIME = r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}(?:[+-]\d\d:\d\d)?"
_SPAN = r"\d+(?:\.\d+)? (?:ms|s|min|h|d)(?: \d+ (?:s|min|h))?"
STANDS_FOR = {
    "after SPAN": f"(?:after {_SPAN}|at once)",
    "SPAN": _SPAN,
    "TIME": _TIME,
    "COUNT": r"\d+",
}


def _expression(text: str) -> str:
    """The regular expression of an output whose times vary."""
    expression = re.escape(text)
    for words, meaning in STANDS_FOR.items():
        expression = expression.replace(re.escape(words), meaning)
    return expression


@then("the output is, but for times:")
def output_is(world: World, docstring: str) -> None:
    """The output has these lines and no others."""
    assert re.fullmatch(_expression(docstring + "\n"), world.run.out), world.run.out


@then("the output has these lines, but for times:")
def output_has(world: World, docstring: str) -> None:
    """The output has these lines, one after the other."""
    assert re.search(f"(?m)^{_expression(docstring)}$", world.run.out), world.run.out


@then(phrase('the output has the line "{line}", but for times'))
def output_has_line(world: World, line: str) -> None:
    """One of the lines of the output is this, however far it is indented."""
    assert re.search(f"(?m)^ *{_expression(line)}$", world.run.out), world.run.out


@when(phrase('I ask for the job "{job_id}" to be restarted without waiting for the reply'))
def restart_without_waiting(world: World, job_id: str) -> None:
    """The server has been told to restart the job, and has begun."""
    client = connect(world.address)
    world.clients.append(client)
    client.sendall(encode({"command": "restart-job", "jobId": job_id}))
    world.jobs()


@when(phrase('I ask for the job "{job_id}" to be started'))
def start(world: World, job_id: str) -> None:
    """The server is told to start the job, and answers."""
    request(world, "start-job", jobId=job_id)


def explanation(world: World, job_id: str) -> dict[str, Any]:
    """What the last command has printed about a job."""
    printed = json.loads(world.run.out)
    return next(found for found in printed if found["job"]["id"] == job_id)


def _check_rows(table: Table, seen: list[dict[str, Any]]) -> None:
    head, *rows = table
    shown = [["null" if row[key] is None else _text(row[key]) for key in head] for row in seen]
    assert shown == rows, shown


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@then(phrase('the explanation of "{job_id}" has a history of:'))
def history_is(world: World, job_id: str, datatable: Table) -> None:
    """These moves are told, in this order."""
    _check_rows(datatable, explanation(world, job_id)["history"])


@then(phrase('the explanation of "{job_id}" has a forecast of:'))
def forecast_is(world: World, job_id: str, datatable: Table) -> None:
    """These prospects are told, in this order."""
    _check_rows(datatable, explanation(world, job_id)["forecast"])


@then(phrase('the explanation of "{job_id}" names the orders "{orders}"'))
def orders_are(world: World, job_id: str, orders: str) -> None:
    """These orders mean something to the job as it is."""
    assert explanation(world, job_id)["orders"] == orders.split(", ")
