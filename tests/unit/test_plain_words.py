"""The way around cyclopts reads words as cyclopts does, or not at all."""

import pytest
from cyclopts import CycloptsError
from hypothesis import given, settings
from hypothesis import strategies as st

from k1s.cli.app import composed
from k1s.cli.list import list_jobs
from k1s.cli.plain import Plain, read

APP = composed()
USUAL = ["web", "w*", "--json", "--host", "-h", "--port", "-p", "--socket", "near", "80", "/k1s"]
ODD = ["--help", "--version", "--", "-", "-1", "--port=80", "--no-json", "--json=true", "-p80"]
NUMBERS = ["99999", "0x50", "080", "1_0", " 80", "+80", "\u0665", "a b", ""]
WORDS = st.lists(st.sampled_from([*USUAL, *ODD, *NUMBERS]), max_size=6)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_both_readers_agree(words: list[str]) -> None:
    """Whatever the short way understands, cyclopts understands in the same way."""
    plain = read(words)
    if plain is None:
        return
    try:
        function, bound, _ = APP.parse_args(
            ["list", *words], exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        pytest.fail(f"{words} is refused: {error}")
    bound.apply_defaults()
    values = bound.arguments
    server = values["server"]
    assert function is list_jobs
    assert plain == Plain(values["ids"], values["json"], server.host, server.port, server.socket)


@pytest.mark.parametrize(
    "words",
    [[], ["web", "db"], ["--json"], ["-p", "80", "web"], ["--host", "near", "--port", "0"]],
)
def test_what_is_common_is_plain(words: list[str]) -> None:
    """The short way is the usual one."""
    assert read(words) is not None


@pytest.mark.parametrize(
    "words", [["--help"], ["--host"], ["--port=80"], ["-p", "x"], ["--", "web"], ["-p", "70000"]]
)
def test_what_is_not_plain_is_left_to_cyclopts(words: list[str]) -> None:
    """Help, mistakes and rarer spellings are not the business of the short way."""
    assert read(words) is None
