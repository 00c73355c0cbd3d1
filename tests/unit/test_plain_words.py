"""The way around cyclopts reads words as cyclopts does, or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclopts import CycloptsError
from hypothesis import given, settings
from hypothesis import strategies as st

from k1s.cli import entry
from k1s.cli.app import composed, dispatch
from k1s.cli.list import list_jobs
from k1s.cli.plain import LISTING, SERVING, Plain, read
from k1s.cli.serve import server
from k1s.cli.shells import SCRIPTS

APP = composed()
WHERE = ["--host", "-h", "--port", "-p", "--socket", "near", "80", "/k1s"]
USUAL = ["web", "w*", "--json", "--config", "-c", "./k1s.toml", *WHERE]
ODD = ["--help", "--version", "--", "-", "-1", "--port=80", "--no-json", "--json=true", "-p80"]
NUMBERS = ["99999", "0x50", "080", "1_0", " 80", "+80", "\u0665", "a b", ""]
WORDS = st.lists(st.sampled_from([*USUAL, *ODD, *NUMBERS]), max_size=6)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_both_readers_of_a_list_agree(words: list[str]) -> None:
    """Whatever the short way understands, cyclopts understands in the same way."""
    if plain := read(words, LISTING):
        values = _values("list", words, list_jobs)
        where = values["server"]
        assert (plain.ids, plain.json, plain.config) == (values["ids"], values["json"], None)
        assert (plain.host, plain.port, plain.socket) == (where.host, where.port, where.socket)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_both_readers_of_a_server_agree(words: list[str]) -> None:
    """Whatever the short way understands, cyclopts understands in the same way."""
    plain = read(words, SERVING)
    if plain and not plain.ids:
        config = None if plain.config is None else Path(plain.config)
        said = {"host": plain.host, "port": plain.port, "socket": plain.socket}
        assert _values("server", words, server) == {"config": config, **said}


def _values(command: str, words: list[str], wanted: Callable[..., None]) -> dict[str, Any]:
    """What cyclopts calls the function with."""
    try:
        function, bound, _ = APP.parse_args(
            [command, *words], exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        pytest.fail(f"{words} is refused: {error}")
    assert function is wanted
    bound.apply_defaults()
    return bound.arguments


@pytest.mark.parametrize(
    "words",
    [[], ["web", "db"], ["--json"], ["-p", "80", "web"], ["--host", "near", "--port", "0"]],
)
def test_what_is_common_is_plain(words: list[str]) -> None:
    """The short way is the usual one."""
    assert read(words, LISTING) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], Plain((), json=False, config=None, host=None, port=None, socket=None)),
        (
            ["-p", "0", "-c", "k1s.toml"],
            Plain((), json=False, config="k1s.toml", host=None, port=0, socket=None),
        ),
    ],
)
def test_how_servers_are_started_is_plain(words: list[str], said: Plain) -> None:
    """The short way is the usual one."""
    assert read(words, SERVING) == said


@pytest.mark.parametrize(
    "words", [["--help"], ["--host"], ["--port=80"], ["-p", "x"], ["--", "web"], ["-p", "70000"]]
)
@pytest.mark.parametrize("known", [LISTING, SERVING])
def test_what_is_not_plain_is_left_to_cyclopts(words: list[str], known: dict[str, str]) -> None:
    """Help, mistakes and rarer spellings are not the business of the short way."""
    assert read(words, known) is None


@pytest.mark.parametrize("shell", SCRIPTS)
def test_shells_read_the_same_script_either_way(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a shell reads whenever it starts is what the command prints."""
    entry._run(["completion", shell])
    shortly = capsys.readouterr().out
    dispatch(["completion", shell])
    assert shortly == capsys.readouterr().out != ""
