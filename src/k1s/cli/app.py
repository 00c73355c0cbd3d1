"""The composition of all commands: words are read by cyclopts, and the command is called."""

from collections.abc import Iterable
from inspect import BoundArguments
from typing import Any

from cyclopts import App, CycloptsError, Group, UnusedCliTokensError

from k1s import __version__
from k1s.cli.commands import COMMANDS, GROUPS, Command
from k1s.cli.failing import WRONG_USAGE, fail
from k1s.cli.grammar import GRAMMARS
from k1s.cli.hints import unknown
from k1s.cli.signals import without_dash
from k1s.errors import shown


def composed() -> App:
    """All commands in one; each is imported when it is looked at."""
    app = App(
        name="k1s",
        help="Run programs, look after them, and keep their logs.",
        version=__version__,
        help_flags=["--help"],
        version_flags=["--version"],
        result_action="return_value",
    )
    groups = {name: Group(name, sort_key=number) for number, name in enumerate(GROUPS)}
    for command in COMMANDS:
        app.command(command.function, name=command.name, group=groups[command.group])
    return app


def dispatch(words: list[str]) -> None:
    """Do what the words of a command line say, or say what is wrong with them."""
    known = {command.name: command for command in COMMANDS}
    command = known.get(words[0]) if words else None
    if command is None:
        words = _without_command(words)
    elif _asks_for_help(words, command):
        words = [command.name, "--help"]
    program: list[str] = []
    if command and command.takes_program:
        words, program = _without_program(words)
    if command and command.dashed_signal is not None:
        words = [command.name, *without_dash(words[1:], command.dashed_signal, _valued(command))]
    app = composed()
    if command is None:
        _import_all(app)
    try:
        function, bound, ignored = app.parse_args(
            _bound(words), exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        fail(WRONG_USAGE, f"{_one_line(error)} See {_name(command)} --help")
    _check_ids(bound.arguments.get("ids", ()), command)
    _call(function, bound, {"program": program} if "program" in ignored else {})


def _without_command(words: list[str]) -> list[str]:
    """The words of a command line that asks for help or the version; any other is refused."""
    if not words or words[0] in ("-h", "--help"):
        return ["--help"]
    if words[0] == "--version":
        return words
    if words[0].startswith("-"):
        text = f"Unknown option: {words[0]}. Options stand behind a command, as in k1s list --json"
        return fail(WRONG_USAGE, f"{text}: see k1s --help")
    return fail(WRONG_USAGE, unknown(words[0]))


def _asks_for_help(words: list[str], command: Command) -> bool:
    """Whether there is a `-h` with nothing behind it that could be a host.

    Where `-h` is the host that is a mistake, and not taken for the wish to see the help: a
    script that has forgotten a host must not believe that all is done.
    """
    own = words
    if command.takes_program:
        own = words[: words.index("--")] if "--" in words else words[:2]
    bound = _bound(own)
    if not any(
        word == "-h" and follower.startswith("-")
        for word, follower in zip(bound, [*bound[1:], "-"], strict=True)
    ):
        return False
    if any("-h" in names.split() for names in GRAMMARS[command.name].options):
        fail(WRONG_USAGE, f"-h is the host here, and wants one. See {_name(command)} --help")
    return True


def _import_all(app: App) -> None:
    """The list of all commands shows the first sentence of each."""
    for command in COMMANDS:
        app[command.name]


def _check_ids(ids: Iterable[str], command: Command | None) -> None:
    """Refuse what cyclopts takes for an id because it could be a negative number."""
    for id in ids:
        if id.startswith("-"):
            fail(WRONG_USAGE, f"Unknown option: {id}. See {_name(command)} --help")


def _valued(command: Command) -> set[str]:
    """The options that have a value, by all their names."""
    options = GRAMMARS[command.name].options.items()
    return {name for names, kind in options if kind is not None for name in names.split()}


def _name(command: Command | None) -> str:
    return f"k1s {command.name}" if command else "k1s"


def _call(function: Any, bound: BoundArguments, more: dict[str, Any]) -> None:
    function(*bound.args, **bound.kwargs, **more)


def _without_program(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before the first `--`, and those behind it."""
    if "--" in words:
        index = words.index("--")
        return words[:index], words[index + 1 :]
    if "--help" not in words:
        fail(WRONG_USAGE, f"put -- in front of the program: k1s {words[0]} ... -- PROGRAM ARG...")
    return words, []


def _bound(words: list[str]) -> list[str]:
    """Bind `-a` to the word behind it, which may look like any option, `--help` among them."""
    bound: list[str] = []
    for word in words:
        if bound and bound[-1] in ("-a", "--arguments"):
            bound[-1] = f"--arguments={word}"
        else:
            bound.append(word)
    return bound


def _one_line(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"Too many words: {' '.join(map(shown, error.unused_tokens or ()))}."
    return " ".join(str(error).split())
