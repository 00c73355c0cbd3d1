"""Finding the definition of a step without asking pytest for each of all of them every time.

pytest-bdd goes through the name of every fixture there is, about a thousand, for
every step of every scenario, and makes a fixture of what it finds: in a whole run
that takes more time than all else that the suite itself does for the scenarios.
Which definitions a file sees does not change once it has been collected, so they
are looked up once for each file.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any

import pytest
from pytest_bdd import compat
from pytest_bdd.parser import Step
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry


def remember_definitions() -> None:
    """Let pytest-bdd find the definitions of steps here."""
    theirs = vars(import_module("pytest_bdd.scenario"))
    assert "get_step_function" in theirs, "pytest-bdd has another way now: look again"
    theirs["get_step_function"] = _definition


def _definition(request: Any, step: Step) -> StepFunctionContext | None:
    """The definition that fits a step, among those that its scenario sees: there is but one."""
    return _fitting(request._fixturemanager, request.node.parent, step.type, step.name)


@lru_cache(maxsize=1000)
def _fitting(
    fixturemanager: Any, file: pytest.Collector, type_: str, text: str
) -> StepFunctionContext | None:
    """The first definition that fits this sentence; outlines and backgrounds repeat theirs."""
    for context in _seen_by(fixturemanager, file):
        if context.type in {None, type_} and context.parser.is_matching(text):
            return context
    return None


@lru_cache(maxsize=2)
def _seen_by(fixturemanager: Any, file: pytest.Collector) -> list[StepFunctionContext]:
    """All definitions of steps that a file sees."""
    names = compat.get_fixture_names(fixturemanager=fixturemanager)
    seen = [
        step_function_context_registry.get(definition.func)
        for name in names
        for definition in compat.getfixturedefs(fixturemanager, name, file) or ()
    ]
    return [context for context in seen if context]
