"""What somebody may have meant who typed a command that k1s does not have."""

import pytest

from k1s.cli.commands import COMMANDS
from k1s.cli.line.hints import ELSEWHERE, unknown
from k1s.codec import COMMANDS as WIRE

NAMES = {command.name for command in COMMANDS}


@pytest.mark.parametrize("word", ELSEWHERE)
def test_a_hint_is_true(word: str) -> None:
    """What is named there is a command that k1s has, and the word itself is none."""
    assert word not in NAMES
    for meant in ELSEWHERE[word].split(" or "):
        program, name, *_ = meant.split()
        assert program == "k1s"
        assert name in NAMES | {"--help", "--version"}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *(("stop", "kill"), ("ls", "list"), ("ps", "list"), ("rm", "delete"), ("hlep", "help")),
        *(("get-all-jobs", "list"), ("get-job", "show"), ("get-job-by-id", "show")),
        *(("getJobById", "show"), ("get-jobs", "list"), ("create-job", "create")),
        *(("kill-job", "kill"), ("restart-job", "restart"), ("get-logs", "logs")),
        *(("explain-job", "why"), ("wait-job", "wait"), ("watch-jobs", "top"), ("lsit", "list")),
    ],
)
def test_what_was_meant(word: str, meant: str) -> None:
    """By the names of other tools, and of the wire."""
    assert unknown(word) == f"there is no command {word!r}: did you mean k1s {meant}?"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_slip_of_the_finger_in_each_command(name: str) -> None:
    """A letter too many, and two that have changed places, are seen through."""
    assert unknown(f"{name}x").endswith(f"did you mean k1s {name}?")
    if len(name) > 3:
        assert f"did you mean k1s {name}?" in unknown(f"{name[1]}{name[0]}{name[2:]}")


@pytest.mark.parametrize("word", sorted(set(WIRE) - {"get-server-info"}))
def test_every_command_of_the_wire_is_known(word: str) -> None:
    """But for one that has no command of its own: there is nothing to be done with it by hand."""
    assert word in ELSEWHERE


def test_what_is_far_from_everything() -> None:
    """No hint is better than a wrong one, and a long word costs no time."""
    assert unknown("qqq") == "there is no command 'qqq': see k1s --help"
    assert unknown("x" * 100_000).endswith(": see k1s --help")
