"""The JSON Schema of a jobs file says what the program does."""

import json
import operator
import re
from typing import Any

import jsonschema
import pytest
import tomli
from attrs import fields_dict
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema.validators import Draft202012Validator, extend

from k1s.durations import SECONDS_MAX
from k1s.errors import ConfigError
from k1s.job import PERIOD_S_MIN, RESTART_DELAY_S, RETRY_MAX, JobSpec
from k1s.jobsfile.parsing import JOB_KEYS, parse
from k1s.jobsfile.schema import DESCRIPTIONS, schema

SCHEMA = schema()


def _pattern(_: object, pattern: str, value: object, __: object) -> Any:
    """`$` as JSON Schema means it: the end, and no newline before it."""
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield jsonschema.ValidationError("does not match")


VALIDATOR = extend(Draft202012Validator, {"pattern": _pattern})(SCHEMA)


def _toml(value: Any) -> str:
    """A value in TOML: JSON, but for tables."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k)} = {_toml(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


def _is_parsed(document: dict[str, Any]) -> bool:
    text = "".join(f"{json.dumps(key)} = {_toml(value)}\n" for key, value in document.items())
    assert tomli.loads(text) == document
    try:
        parse(text.encode(), "k1s.toml")
    except ConfigError:
        return False
    return True


def test_it_is_a_schema() -> None:
    """The schema is one, by its own dialect's rules, and the same each time."""
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA == schema()


@pytest.mark.parametrize("of", DESCRIPTIONS)
def test_every_key_is_described(of: type) -> None:
    """Each key has its words, and no words are left of a key that is gone."""
    wanted = JOB_KEYS if of is JobSpec else fields_dict(of)
    assert list(DESCRIPTIONS[of]) == list(wanted)


def test_what_editors_show() -> None:
    """Enums, bounds, defaults and what is needed are the program's own."""
    job = SCHEMA["properties"]["job"]["additionalProperties"]
    assert job["required"] == ["type", "executable"]
    assert job["additionalProperties"] is False
    assert job["properties"]["type"]["enum"] == ["one-time", "periodic", "continuous"]
    retry = job["properties"]["max_retry"]
    assert (retry["type"], retry["minimum"], retry["maximum"]) == ("integer", -1, RETRY_MAX)
    assert "0 for one-time, 5 for periodic, 5 for continuous" in retry["description"]
    period = job["properties"]["period_in_seconds"]
    assert (period["minimum"], period["maximum"]) == (PERIOD_S_MIN, SECONDS_MAX)
    assert job["properties"]["arguments"]["default"] == []
    assert SCHEMA["properties"]["server"]["properties"]["port"]["default"] == 4567
    assert SCHEMA["additionalProperties"] is False


# TOML and k1s tell 1.0 from 1; a schema does not.
FRACTIONS = st.integers(-3, 10**9).map(lambda number: number + 0.5)
ODD: SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.integers(-2, 2**63),
    FRACTIONS,
    st.text("ab\0=.\n", max_size=3),
    st.lists(st.sampled_from(["a", "\0", 1]), max_size=2),
    st.dictionaries(st.sampled_from(["a", "=", "", "port", "key"]), st.just("x"), max_size=2),
)


def _near(bound: float) -> SearchStrategy[Any]:
    """Numbers at a bound and around it."""
    return st.sampled_from([bound, bound - 1, bound + 1, bound - 0.001, bound + 0.001]).map(
        lambda number: int(number) if float(number).is_integer() else number
    )


def _values(of: dict[str, Any]) -> SearchStrategy[Any]:
    """Values that a schema takes, and some that it might not."""
    known = [True, False] if of.get("type") == "boolean" else of.get("enum")
    if known:
        return st.sampled_from(known)
    bounds = [each[word] for each in (of, *of.get("anyOf", ())) for word in each if "imum" in word]
    match of["type"]:
        case "object":
            return _objects(of)
        case "array":
            return st.lists(_values(of["items"]), max_size=3)
        case "string":
            return st.sampled_from(["a", "b\n", "c d", "\u20ac", "", "\0"])
        case ["string", "integer"]:
            return st.just("alice") | st.one_of(*map(_near, bounds))
        case _:
            return st.one_of(st.just(0), *map(_near, bounds))


def _objects(of: dict[str, Any]) -> SearchStrategy[Any]:
    known = of.get("properties", {})
    needed, others = of.get("required", []), of["additionalProperties"]
    some = st.lists(st.sampled_from(list(known)), max_size=3) if known else st.just([])
    values = {key: _mostly(_values(value)) for key, value in known.items()}
    named = st.builds(operator.add, _mostly(st.just(needed), st.just([])), some).flatmap(
        lambda keys: st.fixed_dictionaries({key: values[key] for key in keys})
    )
    if others is False:
        return named
    names = st.sampled_from(["a", "A.b", "a" * 128])
    return st.dictionaries(_mostly(names, st.text("a=\0\n.", max_size=2)), _values(others))


def _mostly(usual: SearchStrategy[Any], other: SearchStrategy[Any] = ODD) -> SearchStrategy[Any]:
    return st.integers(0, 15).flatmap(lambda number: usual if number else other)


def _is_beyond_schemas(document: dict[str, Any]) -> bool:
    """Whether a job's longest pause is below its shortest, which no schema can say."""
    jobs = document.get("job", {})
    return any(_is_upside_down(job) for job in jobs.values()) if isinstance(jobs, dict) else False


def _is_upside_down(job: Any) -> bool:
    if not isinstance(job, dict):
        return False
    shortest = job.get("restart_delay_seconds", RESTART_DELAY_S)
    longest = job.get("max_restart_delay_seconds", SECONDS_MAX)
    numbers = isinstance(shortest, int | float) and isinstance(longest, int | float)
    return numbers and longest < shortest


TABLES = {key: value for key, value in SCHEMA["properties"].items() if key != "limits"}
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={key: _mostly(_values(value)) for key, value in TABLES.items()}
)
JOBS = _values(SCHEMA["properties"]["job"]["additionalProperties"])


@settings(max_examples=300)
@given(DOCUMENTS | JOBS.map(lambda job: {"job": {"a": job}}))
def test_the_schema_and_the_program_agree(document: dict[str, Any]) -> None:
    """What one of them takes, the other takes, as far as a schema can say it."""
    is_valid = VALIDATOR.is_valid(document)
    event(f"valid: {is_valid}")
    if _is_beyond_schemas(document):
        assert is_valid or not _is_parsed(document)
    else:
        assert is_valid == _is_parsed(document), document


LIMITS = _values(SCHEMA["properties"]["limits"])


@given(_mostly(LIMITS))
def test_limits_agree(limits: Any) -> None:
    """The same for limits, alone: small ones refuse jobs."""
    assert VALIDATOR.is_valid({"limits": limits}) == _is_parsed({"limits": limits})
