"""The features and the steps fit together: each step has one meaning, each feature is bound."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pytest_bdd.feature import get_feature
from pytest_bdd.parser import Feature, render_string
from pytest_bdd.scenario import scenario_wrapper_template_registry
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

FEATURES = Path(__file__).parents[2] / "features"
NAMES = sorted(path.stem for path in FEATURES.glob("*.feature"))


def steps_of(module: ModuleType) -> list[StepFunctionContext]:
    """The steps that a module defines."""
    functions = (getattr(value, "_fixture_function", None) for value in vars(module).values())
    found = (step_function_context_registry.get(function) for function in functions if function)
    return [step for step in found if step is not None]


def binding_module(name: str) -> ModuleType:
    """The module that binds a feature."""
    return importlib.import_module(f"{__package__}.test_{name}")


def feature(name: str) -> Feature:
    """A feature, parsed once for its scenarios and this."""
    return get_feature(str(FEATURES), f"{name}.feature")


def step_texts(name: str) -> Iterator[tuple[str, str]]:
    """Type and text of every step of a feature, with the examples filled in."""
    for template in feature(name).scenarios.values():
        contexts = [context for table in template.examples for context in table.as_contexts()]
        for context in contexts or [{}]:
            for step in template.steps:
                yield step.type, render_string(step.name, context)


@pytest.mark.parametrize("name", NAMES)
def test_each_step_has_exactly_one_meaning(name: str) -> None:
    """No sentence of a feature is matched by two patterns, or by none."""
    shared = importlib.import_module(f"{__package__}.conftest")
    steps = steps_of(shared) + steps_of(binding_module(name))
    assert steps, "no steps were found: this test looks in the wrong place"
    for type_, text in set(step_texts(name)):
        fitting = [step for step in steps if step.type in {None, type_}]
        meanings = [step.parser.name for step in fitting if step.parser.is_matching(text)]
        assert len(meanings) == 1, f"{type_} {text!r} has the meanings {meanings}"


@pytest.mark.parametrize("name", NAMES)
def test_each_scenario_is_bound_by_a_test(name: str) -> None:
    """Every scenario of every feature file is run by the test module of its name."""
    values = vars(binding_module(name)).values()
    bound = {
        template.name
        for value in values
        if callable(value) and (template := scenario_wrapper_template_registry.get(value))
    }
    assert bound == set(feature(name).scenarios)


@pytest.mark.parametrize("name", NAMES)
def test_each_feature_says_what_it_promises(name: str) -> None:
    """A feature begins with a title and a description in prose."""
    assert feature(name).name
    assert len(feature(name).description.split()) > 20
