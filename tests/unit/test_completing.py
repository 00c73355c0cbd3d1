"""What can stand in a place of a command line."""

from collections.abc import Mapping

import pytest

from k1s.cli.line.completing import candidates, in_bash

JOBS = [
    {"id": id, "type": type, "state": state, "pid": pid, "killRequested": id == "dying"}
    for id, type, state, pid in (
        ("web", "continuous", "running", 7),
        ("dying", "continuous", "running", 8),
        ("beginning", "periodic", "running", None),
        ("tick", "periodic", "pending", None),
        ("again", "one-time", "restarting", None),
        ("over", "continuous", "killed", None),
        ("once", "one-time", "running", 9),
    )
]
ALL = [job["id"] for job in JOBS]


def words(line: str, asked: list[Mapping[str, str]] | None = None) -> list[str]:
    """The candidates for the end of a line."""
    fetched = [] if asked is None else asked

    def fetch(values: Mapping[str, str]) -> list[dict[str, object]]:
        fetched.append(values)
        return JOBS

    return [candidate.word for candidate in candidates(line.split(" ")[1:], fetch)]


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        ("kill", ["web", "dying", "beginning", "tick"]),
        ("start", ["tick", "again", "over"]),
        ("restart", ["web", "beginning", "tick", "again", "over", "once"]),
        ("signal HUP", ["web", "dying", "once"]),
        ("delete", ALL),
        ("wait", ALL),
        ("logs", ALL),
        ("show", ALL),
        ("list", ALL),
        ("top", ALL),
        ("client -c kill-job -i", ["web", "dying", "beginning", "tick"]),
        ("client -c get-job-by-id -i", ALL),
        ("client -c create-job -i", []),
    ],
)
def test_only_legal_ids_are_offered(command: str, ids: list[str]) -> None:
    """A job that a command would be refused for is not offered."""
    assert words(f"k1s {command} ") == ids


def test_what_has_been_typed_is_respected() -> None:
    """A beginning is kept, and what is there already is not offered again."""
    assert words("k1s delete w") == ["web"]
    assert words("k1s delete web o") == ["over", "once"]
    assert words("k1s delete web --json w") == []


def test_values_of_options() -> None:
    """What an option wants stands behind it, or in the same word."""
    assert words("k1s wait web --for r") == ["running", "restarting"]
    assert words("k1s wait --for=d") == ["--for=done"]
    assert words("k1s kill -s US") == ["USR1", "USR2"]
    assert words("k1s signal HU") == ["HUP"]
    assert words("k1s client -t ") == ["one-time", "periodic", "continuous"]
    assert words("k1s client --command get") == ["get-all-jobs", "get-job-by-id"]
    assert words("k1s completion ") == ["bash", "zsh", "fish"]
    assert words("k1s wait --timeout ") == []
    assert words("k1s server -c ") == [":file"]
    assert words("k1s server --config=x") == []
    assert words("k1s run -w ") == [":folder"]


def test_commands_and_options() -> None:
    """Commands come first, then their options, each once."""
    assert words("k1s co") == ["completion"]
    assert words("k1s --") == ["--help"]
    assert words("k1s kill --json --s") == ["--signal", "--socket"]
    assert "--json" not in words("k1s kill --json -")
    assert words("k1s run -e A=B --env") == ["--environment"]
    assert words("k1s simulate --fail web=1 --fa") == ["--fail"]
    assert words("k1s nothing ") == []
    assert words("k1s nothing -") == ["--help"]
    assert words("k1s token ") == [":file"]
    assert words("k1s token there ") == []


def test_behind_two_dashes_is_a_program() -> None:
    """It is completed by the shell, which knows programs."""
    assert words("k1s create web --continuous -- py") == [":program"]
    assert words("k1s run -- make --") == [":program"]
    assert words("k1s create ") == []


def test_the_server_of_the_line_is_asked() -> None:
    """Options that say where it is count, and the words of the line need no server."""
    asked: list[Mapping[str, str]] = []
    words("k1s delete -p 99 --socket /s ", asked)
    assert asked == [{"--port": "99", "--socket": "/s"}]
    words("k1s wait --for ", asked)
    words("k1s ", asked)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("pieces", "whole", "done"),
    [
        (["kill", "we"], ["kill", "we"], ""),
        (["kill", "a", ":", "b"], ["kill", "a:b"], "a:"),
        (["kill", "a", ":"], ["kill", "a:"], "a:"),
        (["kill", "a", "@", "b", ":", "c"], ["kill", "a@b:c"], "a@b:"),
        (["wait", "--for", "=", "d"], ["wait", "--for=d"], "--for="),
        (["wait", "--for", "="], ["wait", "--for="], "--for="),
        (["kill", ""], ["kill", ""], ""),
    ],
)
def test_bash_takes_words_to_pieces(pieces: list[str], whole: list[str], done: str) -> None:
    """They are put together again, and only the last piece is answered."""
    assert in_bash(" \t\n:=@", pieces) == (whole, done)
    assert in_bash(" ", pieces) == (pieces, "")
