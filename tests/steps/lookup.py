"""Finding the definition of a step without asking pytest for each of all of them every time.

pytest-bdd goes through the name of every fixture there is, about a thousand, for
every step of every scenario: in a whole run that takes more time than all else
that the suite itself does for the scenarios. Which definitions a file sees does
not change once it has been collected, so they are looked up once for each file.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

import pytest
from pytest_bdd import compat
from pytest_bdd.parser import Step
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

Definition = tuple[Any, StepFunctionContext]


def remember_definitions() -> None:
    """Let pytest-bdd find the definitions of steps here."""
    theirs = vars(import_module("pytest_bdd.scenario"))
    assert "find_fixturedefs_for_step" in theirs, "pytest-bdd has another way now: look again"
    theirs["find_fixturedefs_for_step"] = _fitting


def _fitting(step: Step, fixturemanager: Any, node: pytest.Item) -> Iterator[Any]:
    """The definitions that fit a step, among those that its scenario sees."""
    for definition, context in _seen_by(fixturemanager, node.parent):
        has_type = context.type is None or context.type == step.type
        if has_type and context.parser.is_matching(step.name):
            yield definition


@lru_cache(maxsize=2)
def _seen_by(fixturemanager: Any, file: pytest.Collector) -> list[Definition]:
    """All definitions of steps that a file sees."""
    names = compat.get_fixture_names(fixturemanager=fixturemanager)
    seen = [
        definition
        for name in names
        for definition in compat.getfixturedefs(fixturemanager, name, file) or ()
    ]
    contexts = [step_function_context_registry.get(definition.func) for definition in seen]
    return [(what, context) for what, context in zip(seen, contexts, strict=True) if context]
