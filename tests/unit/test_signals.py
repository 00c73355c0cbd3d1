"""Signals as people type them."""

from signal import Signals

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.cli.line.signals import name_of, without_dash

VALUED = ("-s", "--signal", "-p", "-h")


@pytest.mark.parametrize("signal", Signals)
def test_a_signal_has_a_name_and_a_number(signal: Signals) -> None:
    """In any case, with or without its SIG, or by its number."""
    short = signal.name.removeprefix("SIG")
    for text in (signal.name, short, signal.name.lower(), short.lower(), str(int(signal))):
        assert name_of(text) == signal.name


@pytest.mark.parametrize(
    "text", ["", "SIG", "NOPE", "0", "99", "-9", "+9", "9.0", "\u0669", "9" * 5000]
)
def test_what_is_no_signal(text: str) -> None:
    """Nothing is guessed."""
    assert name_of(text) is None


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["-9", "web"], ["--signal=9", "web"]),
        (["web", "-KILL"], ["web", "--signal=KILL"]),
        (["-SIGTERM", "web", "-9"], ["--signal=SIGTERM", "web", "-9"]),
        (["web", "--", "-9"], ["web", "--", "-9"]),
        (["-99", "-hup", "-NOPE", "-", "9"], ["-99", "-hup", "-NOPE", "-", "9"]),
        (["-p", "1", "-9", "web"], ["-p", "1", "--signal=9", "web"]),
        (["-s", "-9", "web"], ["-s", "9", "web"]),
        (["web", "--signal", "-KILL"], ["web", "--signal", "KILL"]),
        (["-s", "-NOPE", "-9"], ["-s", "-NOPE", "--signal=9"]),
        (["-h", "-9", "web"], ["-h", "-9", "web"]),
        (["-s", "-p", "-9"], ["-s", "-p", "--signal=9"]),
    ],
)
def test_kill_takes_a_signal_with_a_dash(words: list[str], meant: list[str]) -> None:
    """The first of them is the value of the option; what is no signal stays as it is."""
    assert without_dash(words, "--signal=", VALUED) == meant


def test_without_an_option_the_signal_comes_first() -> None:
    """Anywhere else it would become an id."""
    assert without_dash(["-HUP", "web", "-9"], "", VALUED) == ["HUP", "web", "-9"]
    assert without_dash(["HUP", "-9"], "", VALUED) == ["HUP", "-9"]
    assert without_dash(["-p", "1", "--json", "-HUP", "-9"], "", VALUED) == [
        *("-p", "1", "--json", "HUP", "-9")
    ]
    assert without_dash(["-p", "1", "HUP", "-9"], "", VALUED) == ["-p", "1", "HUP", "-9"]
    assert without_dash([], "", VALUED) == []


@given(st.lists(st.sampled_from(["web", "-9", "-KILL", "-x", "--json", "9", "-p", "-s"])))
def test_nothing_else_changes(words: list[str]) -> None:
    """One word at the most becomes another one."""
    meant = without_dash(words, "--signal=", VALUED)
    assert len(meant) == len(words)
    assert sum(one != other for one, other in zip(words, meant, strict=True)) <= 1
