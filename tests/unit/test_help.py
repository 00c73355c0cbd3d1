"""What the help of each command says."""

import re
import sys

import pytest

from k1s.cli import entry
from k1s.cli.commands import COMMANDS, DOING, LOOKING, Command
from k1s.cli.line.words import vocabulary

EXAMPLES = {
    "server": "server -c jobs.toml",
    "client": "client -c get-all-jobs",
    "token": "token /etc/k1s.token",
    "diagrams": "diagrams --check",
    "simulate": "simulate jobs.toml",
    "schema": "schema > k1s.schema.json",
    "completion": "completion bash",
    "help": "help create",
    "run": "run -- make",
}
SAID = {
    "create": (
        *("Usage: k1s create [OPTIONS] ID -- PROGRAM ARG...", "--every DURATION"),
        *("as in 30, 250ms, 5min or 1d", "--environment -e KEY=VALUE"),
        "Those that are named are the whole environment",
        "k1s create report -w /srv/reports -e LANG=C -e PATH=",
    ),
    "run": (
        *("Usage: k1s run [OPTIONS] [ID] -- PROGRAM ARG...", "--stop-timeout DURATION"),
        "Those that are named are added to those of this shell",
        "k1s run -e LANG=C -- make report",
    ),
    "wait": (
        "Usage: k1s wait [OPTIONS] IDS...",
        "--timeout DURATION Give up after so long, as in 30, 1.5 or 5min",
    ),
    "list": ("Usage: k1s list [OPTIONS] [IDS...]", "--port -p PORT"),
    "kill": ("Usage: k1s kill [OPTIONS] IDS...", "--signal -s SIGNAL"),
    "logs": ("Usage: k1s logs [OPTIONS] IDS...", "--lines -n N"),
    "simulate": ("Usage: k1s simulate [OPTIONS] FILE", "--fail ID=RUNS[:AFTER]"),
    "client": ("Usage: k1s client --command COMMAND [OPTIONS]", "--period -r SECONDS"),
    "token": ("Usage: k1s token [FILE]", "Where to write it"),
    "server": (
        *("Usage: k1s server [OPTIONS]", "--config -c FILE", "--port -p PORT"),
        *("[default: 127.0.0.1]", "[default: 4567]"),
    ),
    "diagrams": ("--check",),
    "completion": (
        *("source <(k1s completion bash)", "k1s completion zsh > ~/.zfunc/_k1s"),
        "k1s completion fish > ~/.config/fish/completions/k1s.fish",
    ),
}
EVERYDAY = [row for row in COMMANDS if row.group in (DOING, LOOKING) or row.name == "up"]
TYPES = re.compile(r"(?<!\w)(INT|STR|FLOAT|ARGS\])")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_of_a_command(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each option and an example of its use, and what a value is: never a type of the program."""
    monkeypatch.setattr(sys, "argv", ["k1s", command.name, "--help"])
    entry.main()
    said = capsys.readouterr()
    words = re.sub(r"[\s│]+", " ", said.out)
    options = [option for option in vocabulary(command.load()).options if option[:2] == "--"]
    example = EXAMPLES.get(command.name, f"{command.name} ")
    for wanted in (f"k1s {example}", *options, *SAID.get(command.name, ())):
        assert wanted in words
    assert TYPES.search(words) is None
    assert said.err == ""


@pytest.mark.parametrize("command", EVERYDAY, ids=lambda command: command.name)
def test_everyday_commands_have_options_in_common(command: Command) -> None:
    """Where the server is, and a form for scripts."""
    assert {"--json", "--host", "--port", "--socket"} <= vocabulary(command.load()).options.keys()


def test_the_help_of_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names each command."""
    monkeypatch.setattr(sys, "argv", ["k1s", "--help"])
    entry.main()
    words = capsys.readouterr().out.split()
    assert {command.name for command in COMMANDS} <= set(words)


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ([], ["help"]),
        *((["--help"], ["-h"]), (["simulate", "--help"], ["simulate", "-h"])),
        *((["token", "--help"], ["token", "-h"]), (["help", "--help"], ["help", "help"])),
        *((["run", "--help"], ["help", "run"]), (["kill", "--help"], ["help", "kill"])),
    ],
    ids=" ".join,
)
def test_other_ways_to_ask(
    words: list[str],
    same: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In words, or with -h where no host is wanted: it is the same help."""
    texts = []
    for line in (words, same):
        monkeypatch.setattr(sys, "argv", ["k1s", *line])
        entry.main()
        texts.append(capsys.readouterr())
    assert texts[0] == texts[1]
    assert "k1s" in texts[0].out
    assert texts[0].err == ""
