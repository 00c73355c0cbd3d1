"""The tree of errors, and how they quote a caller's value."""

import pytest

from k1s.errors import (
    SHOWN_CHARACTERS_MAX,
    Code,
    ConfigError,
    InvalidValueError,
    K1sError,
    RequestError,
    StartError,
    shown,
    unwritable,
)


@pytest.mark.parametrize("error", [RequestError, InvalidValueError, StartError, ConfigError])
def test_one_root(error: type[Exception]) -> None:
    """Every error that is raised on purpose belongs to one tree."""
    assert issubclass(error, K1sError)


def test_request_error_carries_its_code() -> None:
    """A caller's error has a code for programs and a sentence for people."""
    error = RequestError(Code.JOB_NOT_FOUND, "Job not found")
    assert (error.code, error.message, str(error)) == (
        Code.JOB_NOT_FOUND,
        "Job not found",
        "Job not found",
    )


def test_invalid_value_names_all_three() -> None:
    """An invalid value is told with its place, what is wanted and what was got."""
    error = InvalidValueError("port", "a number", "true")
    assert (error.field, error.wants, error.got) == ("port", "a number", "true")
    assert str(error) == "port wants a number, got true"


@pytest.mark.parametrize("code", Code)
def test_codes_are_kebab_case(code: Code) -> None:
    """A code is its own name in kebab-case."""
    assert code == code.name.lower().replace("_", "-")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (-1.5, "-1.5"),
        ("none", "'none'"),
        ("", "''"),
        ("a\nb", r"'a\nb'"),
        ("é\ud800", r"'\xe9\ud800'"),
        ([1], "a list"),
        ({"a": 1}, "an object"),
        (object(), "a value of type object"),
    ],
)
def test_shown(value: object, text: str) -> None:
    """A value is quoted as JSON people know it, in ASCII and on one line."""
    assert shown(value) == text


@pytest.mark.parametrize(
    ("length", "cut"), [(SHOWN_CHARACTERS_MAX - 2, False), (SHOWN_CHARACTERS_MAX - 1, True)]
)
def test_shown_is_short(length: int, *, cut: bool) -> None:
    """A long value is cut at the bound, and says that it was cut."""
    text = shown("x" * length)
    assert text.endswith("...") is cut
    assert len(text) <= SHOWN_CHARACTERS_MAX + 3


@pytest.mark.fault("P9")
def test_text_that_a_locale_cannot_write() -> None:
    """One character is told, and nothing else of a text that may be a secret."""
    with pytest.raises(UnicodeEncodeError) as caught:
        "TOKEN-€ß".encode("ascii")
    assert unwritable(caught.value) == "the server's locale (ascii) cannot write '€'"
    assert unwritable(ValueError("embedded null byte")) == "embedded null byte"
