"""Converters that coerce nothing."""

from collections.abc import Mapping
from signal import SIGINT, SIGTERM, Signals
from typing import Any

import pytest
from attrs import field, frozen
from cattrs import ClassValidationError
from hypothesis import given
from hypothesis import strategies as st

from k1s.errors import InvalidValueError
from k1s.job import JobType
from k1s.strict import Mistake, did_you_mean, first_mistake, keys, make_converter


def _no_zero(_: object, attribute: Any, value: float) -> None:
    if value == 0:
        raise InvalidValueError(attribute.name, "anything but zero", "0")


def _defect(_: object, __: object, value: int) -> None:
    if value == 13:
        raise LookupError("a defect of a validator")


@frozen
class Inner:
    some_text: str = "x"
    some_ratio: float = field(default=1, validator=_no_zero)


@frozen
class Outer:
    whole_number: int = field(default=0, validator=_defect)
    many_texts: tuple[str, ...] = ()
    some_variables: Mapping[str, str] = field(factory=dict)
    some_signal: Signals = SIGINT
    job_type: JobType = JobType.ONE_TIME
    inner_part: Inner = field(factory=Inner)
    maybe_text: str | None = None


@frozen
class Demanding:
    needed_key: str


def _dashed(name: str) -> str:
    return name.replace("_", "-")


PLAIN = make_converter(inputs=(Inner, Outer, Demanding), outputs=(Inner,))
DASHED = make_converter(inputs=(Inner, Outer, Demanding), outputs=(Inner,), rename=_dashed)


def _mistake(document: object, of: type = Outer) -> str:
    with pytest.raises(ClassValidationError) as caught:
        DASHED.structure(document, of)
    return str(first_mistake(caught.value, _dashed))


def test_values_are_taken_as_they_are() -> None:
    """A document of the right types becomes the value with nothing changed."""
    outer = PLAIN.structure(
        {
            "whole_number": 5,
            "many_texts": ["a", ""],
            "some_variables": {"A": "b"},
            "some_signal": "SIGTERM",
            "job_type": "periodic",
            "inner_part": {"some_text": "y", "some_ratio": 2},
            "maybe_text": None,
        },
        Outer,
    )
    assert outer == Outer(5, ("a", ""), {"A": "b"}, SIGTERM, JobType.PERIODIC, Inner("y", 2), None)
    assert type(outer.inner_part.some_ratio) is int


NOT_TEXT = (None, True, 1, 1.5, [], {})
NOT_WHOLE = (None, True, False, 1.0, "1", [], {})
NOT_NUMBER = (None, True, "1.5", [], {})
NOT_LIST = (None, True, 1, "abc", {}, {"a": 1})
NOT_OBJECT = (None, True, 1, "abc", [], [["a", "b"]])


@pytest.mark.fault("C10")
@pytest.mark.parametrize(
    ("key", "wants", "values"),
    [
        ("maybe-text", "text", NOT_TEXT[1:]),
        ("whole-number", "a whole number", NOT_WHOLE),
        ("many-texts", "a list of texts", NOT_LIST),
        ("some-variables", "an object of texts", NOT_OBJECT),
        ("inner-part", "an object", NOT_OBJECT),
        ("some-signal", "", (*NOT_TEXT, "", "SIG", "FOO", "9", "SIG_DFL", "SIGSIGINT")),
        ("job-type", "", (*NOT_TEXT, "", "Periodic", "one_time", "ONE_TIME")),
    ],
)
def test_nothing_is_coerced(key: str, wants: str, values: tuple[object, ...]) -> None:
    """A value of another type is refused with its key and what was wanted."""
    for value in values:
        assert _mistake({key: value}).startswith(f"{key} wants {wants}"), value


def test_nothing_is_coerced_below() -> None:
    """What is wrong inside is named with the whole path, as the document spells it."""
    for value in NOT_TEXT:
        assert _mistake({"inner-part": {"some-text": value}}).startswith(
            "inner-part.some-text wants text, got "
        )
    for value in NOT_NUMBER:
        assert _mistake({"inner-part": {"some-ratio": value}}).startswith(
            "inner-part.some-ratio wants a number, got "
        )
    assert _mistake({"many-texts": ["a", 5]}) == "many-texts[1] wants text, got 5"


def test_a_variable_keeps_its_spelling_and_its_secret() -> None:
    """A wrong variable is named as it was written, and its value is not quoted."""
    mistake = _mistake({"some-variables": {"MY_VAR": 12345}})
    assert mistake == "some-variables.MY_VAR wants text, got something else"


def test_rules_are_told_with_the_path() -> None:
    """A value that breaks a rule is named with the whole path too."""
    mistake = _mistake({"inner-part": {"some-ratio": 0}})
    assert mistake == "inner-part.some-ratio wants anything but zero, got 0"


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"whole-numbre": 1}, "has no key 'whole-numbre': did you mean whole-number?"),
        ({"whole_number": 1}, "has no key 'whole_number': did you mean whole-number?"),
        ({"zzz": 1}, "has no key 'zzz'"),
        ({"b": 1, "a": 1}, "has no key 'a'"),
        ({"inner-part": {"text": 1}}, "inner-part has no key 'text': did you mean some-text?"),
    ],
)
def test_unknown_keys(document: object, text: str) -> None:
    """An unknown key is refused by name, with the one that was probably meant."""
    assert _mistake(document) == text


def test_missing_keys() -> None:
    """A key that is needed and missing is named."""
    assert _mistake({}, Demanding) == "needed-key is missing"


@pytest.mark.parametrize("document", [*NOT_OBJECT])
def test_a_document_of_another_kind(document: object) -> None:
    """A document that is no object at all is never taken for one."""
    with pytest.raises(Exception, match="an object"):
        PLAIN.structure(document, Outer)


def test_a_defect_is_not_blamed_on_the_caller() -> None:
    """An error that no rule raised is no mistake of a document, and comes through."""
    with pytest.raises(ClassValidationError) as caught:
        PLAIN.structure({"whole_number": 13}, Outer)
    with pytest.raises(LookupError, match="a defect"):
        first_mistake(caught.value)


@given(st.sampled_from(Signals), st.sampled_from([str.upper, str.lower, str.title]), st.booleans())
def test_signals_by_name(signal: Signals, case: Any, short: bool) -> None:
    """A signal is named in any case, with or without its SIG."""
    name = case(signal.name.removeprefix("SIG") if short else signal.name)
    assert PLAIN.structure({"some_signal": name}, Outer).some_signal is signal


@pytest.mark.parametrize("job_type", JobType)
def test_job_types_by_name(job_type: JobType) -> None:
    """A job type is its own word."""
    assert PLAIN.structure({"job_type": str(job_type)}, Outer).job_type is job_type


def test_outputs_are_renamed() -> None:
    """What goes out is spelled as what comes in."""
    assert DASHED.unstructure(Inner()) == {"some-text": "x", "some-ratio": 1}
    assert PLAIN.unstructure(Inner()) == {"some_text": "x", "some_ratio": 1}


def test_converters_are_private() -> None:
    """Two converters know nothing of each other, nor of the global one."""
    assert DASHED.structure({"needed-key": "x"}, Demanding) == Demanding("x")
    assert PLAIN.structure({"needed_key": "x"}, Demanding) == Demanding("x")


def test_mistake_as_text() -> None:
    """A mistake at the root has no path, and no space for it."""
    assert str(Mistake("", "is wrong")) == "is wrong"
    assert str(Mistake("a.b", "is wrong")) == "a.b is wrong"


@pytest.mark.parametrize(
    ("word", "hint"),
    [("prot", ": did you mean port?"), ("hots", ": did you mean host?"), ("zzz", ""), ("", "")],
)
def test_did_you_mean(word: str, hint: str) -> None:
    """A word near a known one gets a hint, and any other gets none."""
    assert did_you_mean(word, ("host", "port")) == hint


def test_keys() -> None:
    """The keys of a class are its attributes in the spelling of the document."""
    assert keys(Inner) == ["some_text", "some_ratio"]
    assert keys(Inner, _dashed) == ["some-text", "some-ratio"]
