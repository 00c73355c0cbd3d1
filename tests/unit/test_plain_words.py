"""The way around cyclopts reads words as cyclopts does, or not at all."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from inspect import signature
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k1s.cli import entry
from k1s.cli.commands import BY_NAME, COMMANDS, Command
from k1s.cli.line import app, plain
from k1s.cli.line.options import Server
from k1s.cli.line.words import Said, vocabulary

README = Path(__file__).parents[2] / "README.md"
GOOD = ["web", "w*", "80", "10", "A=B", "jobs.toml", "5min", "TERM", "done", "bash", "all", "1.5"]
ODD = [
    *("", "-", "--", "-1", "-9", "-KILL", "-0.5", "0", "080", "70000", "0x50", "1_0", " 80", "+80"),
    *("1e3", "nan", "none", "null", "true", "A", "=", "[1]", '["a"]', "{}", "a b", "\u0665"),
    *("-h", "--help", "--version", "--nope", "--no-json", "--json=true", "-p80", "-p=80", "-fn5"),
    *("--port=", "--port=80", "--host=x", "--for=done", "--max_retry", "-a", "-n hello", "9" * 30),
]


def _said(said: Said) -> st.SearchStrategy[list[str]]:
    """An option as it is said, well or badly."""
    names = st.sampled_from(said.names)
    if said.is_flag:
        return names.map(lambda name: [name])
    values = st.sampled_from([*said.choices, *GOOD] * 2 + ODD)
    return st.one_of(
        st.tuples(names, values).map(list),
        st.tuples(names, values).map(lambda pair: ["=".join(pair)]),
    )


@cache
def _lines(command: Command) -> st.SearchStrategy[list[str]]:
    """What somebody could type behind the name of a command."""
    known = vocabulary(command.load())
    place = st.sampled_from(
        [word for said in known.places for word in [*said.choices, *GOOD]] or [""]
    )
    options = [_said(said) for said in known.options.values()]
    odd = st.sampled_from([*ODD, *known.options])
    piece = st.one_of(*options, place.map(lambda word: [word]), odd.map(lambda word: [word]))
    most = st.one_of(*options, place.map(lambda word: [word]))
    own = st.one_of(st.lists(most, max_size=4), st.lists(piece, max_size=5)).map(
        lambda pieces: [word for piece in pieces for word in piece]
    )
    if not known.takes_program:
        return own
    program = st.sampled_from([[], ["--"], ["--", "true"], ["--", "sh", "-c", "", "--", "--help"]])
    return st.tuples(own, program).map(lambda parts: [*parts[0], *parts[1]])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_both_readers_agree(command: Command, data: st.DataObject) -> None:
    """Whatever the short way understands, cyclopts understands in the same way."""
    words = data.draw(_lines(command))
    call = plain.read(words, command.load())
    if call is not None:
        assert _arguments(call) == _arguments(app.read([command.name, *words]))


def _arguments(call: partial[None]) -> dict[str, Any]:
    """What the function is called with, what is not said included; 1 is not 1.0 here."""
    bound = signature(call.func).bind(*call.args, **call.keywords)
    bound.apply_defaults()
    return {name: (type(value), value) for name, value in bound.arguments.items()}


def _examples() -> Iterator[str]:
    """The command lines in the help of the commands, and in the README."""
    for command in COMMANDS:
        yield from re.findall(r"^ *(?:source <\()?k1s (.+)$", command.load().__doc__, re.MULTILINE)
    text = README.read_text(encoding="utf-8").replace("\\\n", "")
    yield from re.findall(r"^\$ k1s (.+)$", text, re.MULTILINE)


def _words(line: str) -> list[str]:
    """The words that a shell would give to k1s."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(takewhile(lambda word: word[0] not in "();<>|&", lexer))


EXAMPLES = [_words(line) for line in dict.fromkeys(_examples())]
EVERYDAY = [
    *EXAMPLES,
    *(["list", "-p", "80", "web"], ["list", "--host", "near", "--port", "0", "--json"]),
    *(["server", "-p", "0", "-c", "k1s.toml"], ["kill", "-9", "web"], ["kill", "web", "-KILL"]),
    *(
        ["signal", "-HUP", "web"],
        ["logs", "web", "--lines=all"],
        ["create", "a", "-m", "-1", "--", "b"],
    ),
    *(["client", "-c", "create-job", "-a", "-n hello"], ["run", "--", "grep", "--help"]),
]


def test_each_command_has_an_example() -> None:
    """So all of them are looked at here."""
    assert {words[0] for words in EXAMPLES} == set(BY_NAME)


def test_what_is_common_is_plain() -> None:
    """The short way is the usual one."""
    for words in EVERYDAY:
        assert plain.read(words[1:], BY_NAME[words[0]].load()) is not None, shlex.join(words)


def test_what_is_common_does_without_cyclopts() -> None:
    """Neither the reading nor a command itself imports it."""
    program = """
import json, sys
from k1s.cli import entry
for words in json.loads(sys.argv[1]):
    entry.call(words)
    assert "cyclopts" not in sys.modules, words
"""
    subprocess.run([sys.executable, "-c", program, json.dumps(EVERYDAY)], check=True)


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["--help"],
            ["--host"],
            ["-p80"],
            ["-p", "x"],
            ["--", "web"],
            ["-p", "70000"],
            ["-h", "-1"],
        ),
        *(
            ["web", ""],
            ["-"],
            ["-0.5"],
            ["--json=true"],
            ["--json", "--json"],
            ["-p", "1", "-p", "2"],
        ),
        *(["--port=80", "--port="], ["--nope"], ["-x"], ["--hos", "near"]),
    ],
)
@pytest.mark.parametrize("name", ["list", "kill"])
def test_what_is_not_plain_is_left_to_cyclopts(name: str, words: list[str]) -> None:
    """Help, mistakes and rarer spellings are not the business of the short way."""
    assert plain.read(["web", *words], BY_NAME[name].load()) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(("kill", []), ("up", []), ("up", ["a", "b"]), ("create", ["a"]), ("create", ["--", "b"])),
        *(
            ("client", ["-i", "web"]),
            ("completion", ["sh"]),
            ("schema", ["x"]),
            ("wait", ["a", "--for", "dead"]),
        ),
        *(
            ("create", ["a", "--every", "soon", "--", "b"]),
            ("signal", ["NOPE", "web"]),
            ("signal", ["HUP"]),
        ),
    ],
)
def test_what_is_wanted_must_be_there(name: str, words: list[str]) -> None:
    """What is missing, too much or wrong is told by cyclopts."""
    assert plain.read(words, BY_NAME[name].load()) is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_has_a_word_for_each_value(command: Command) -> None:
    """Otherwise it would say of which type of Python that is."""
    known = vocabulary(command.load())
    for name, said in known.options.items():
        assert bool(said.word.value) is not said.is_flag, name


def test_what_the_words_say() -> None:
    """Values are of the types of the function, and what is not said is left out."""
    words = ["web", "-p", "0", "--every=5min", "-e", "A=B", "-e", "C=", "--", "sh", "--", "-c"]
    call = plain.read(words, BY_NAME["create"].load())
    assert call is not None
    assert call.args == ("web",)
    assert call.keywords == {
        "every": 300,
        "environment": ["A=B", "C="],
        "server": Server(port=0),
        "program": ["sh", "--", "-c"],
    }


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        *(("kill -9 web", "SIGKILL"), ("kill web -KILL", "SIGKILL"), ("kill -s 15 web", "SIGTERM")),
        *(("kill -SIGTERM web", "SIGTERM"), ("kill web --signal hup", "SIGHUP")),
        *(("kill -s -9 web", "SIGKILL"), ("kill -h 127.0.0.1 -9 web", "SIGKILL")),
        *(("signal 1 web", "SIGHUP"), ("signal -1 web", "SIGHUP"), ("signal -HUP web", "SIGHUP")),
        *(("signal -h 127.0.0.1 -1 web", "SIGHUP"), ("signal -h 127.0.0.1 -HUP web", "SIGHUP")),
    ],
)
def test_a_signal_with_a_dash(line: str, signal: str) -> None:
    """Both readers take it as kill(1) does, and the jobs are those that are named beside it."""
    words = line.split()
    for call in (entry.call(words), app.read(words)):
        said = _arguments(call)
        assert said["name" if words[0] == "signal" else "signal"] == (str, signal)
        assert said["ids"] == (tuple, ("web",))
