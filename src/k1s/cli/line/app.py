"""What is not plain on a command line is read by cyclopts, which also knows what to say of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Annotated, Any, NoReturn

import attrs
from cyclopts import (
    App,
    CycloptsError,
    Group,
    Parameter,
    Token,
    UnknownOptionError,
    UnusedCliTokensError,
)
from cyclopts.validators import Number

from k1s import __version__
from k1s.cli.commands import BY_NAME, COMMANDS, GROUPS, Command
from k1s.cli.failing import WRONG_USAGE, fail
from k1s.cli.line.hints import unknown, unknown_option
from k1s.cli.line.signals import without_dash
from k1s.cli.line.words import Said, Vocabulary, vocabulary
from k1s.errors import shown


def composed(commands: Iterable[Command]) -> App:
    """These commands in one."""
    app = App(
        name="k1s",
        help="Run programs, look after them, and keep their logs.",
        version=__version__,
        help_flags=["--help"],
        version_flags=["--version"],
        result_action="return_value",
    )
    groups = {name: Group(name, sort_key=number) for number, name in enumerate(GROUPS)}
    for command in commands:
        function = command.load()
        app.command(
            translated(function),
            name=command.name,
            group=groups[command.group],
            usage=_usage(command.name, vocabulary(function)),
        )
    return app


def _usage(name: str, known: Vocabulary) -> str:
    """The form of a command in one line, with the program behind `--`."""
    wanted = [
        f"{option} {said.word.value}"
        for option, said in known.options.items()
        if said.is_wanted and option == said.names[0]
    ]
    places = [f"{place.argument.upper()}{'...' * place.repeats}" for place in known.places]
    shown = (
        text if place.is_wanted else f"[{text}]"
        for place, text in zip(known.places, places, strict=True)
    )
    options = ["[OPTIONS]"] if known.options else []
    program = ["-- PROGRAM ARG..."] if known.takes_program else []
    return " ".join(["Usage: k1s", name, *wanted, *options, *shown, *program])


def read(words: list[str]) -> partial[None]:
    """The call of a command, or of the help, that the words of a command line say.

    What is wrong with them ends the program.
    """
    command = BY_NAME.get(words[0]) if words else None
    if command is None:
        words = _without_command(words)
        return _parsed(composed(COMMANDS), words, None)[0]
    known = vocabulary(command.load())
    program: list[str] = []
    if _asks_for_help(words, command, known):
        words = [command.name, "--help"]
    if known.takes_program:
        words, program = _without_program(words)
    if known.dashed_signal is not None:
        words = [command.name, *without_dash(words[1:], known.dashed_signal, known.valued)]
    call, unread = _parsed(composed([command]), words, command)
    groups = {
        name: group(*attrs.astuple(call.keywords[name]))
        for name, group in known.groups.items()
        if name in call.keywords
    }
    return partial(call, **groups, **dict.fromkeys(unread, program))


def _parsed(
    app: App, words: list[str], command: Command | None
) -> tuple[partial[None], Iterable[str]]:
    """The call, and the arguments that cyclopts does not care for."""
    if not {"--help", "--version"}.isdisjoint(words):
        _let_go(app)
    try:
        function, bound, unread = app.parse_args(
            _bound(words), exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        fail(WRONG_USAGE, f"{_one_line(error, command)} See {_name(command)} --help")
    _check_ids(bound.arguments.get("ids", ()), command)
    return partial(function, *bound.args, **bound.kwargs), unread


def _let_go(app: App) -> None:
    """Let who reads no more of the help make no error of it: rich would end with exit code 1."""

    def hand_on() -> NoReturn:
        raise BrokenPipeError

    console = app.console
    console.on_broken_pipe = hand_on  # type: ignore[method-assign]
    app.console = console


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


def _asks_for_help(words: list[str], command: Command, known: Vocabulary) -> bool:
    """Whether there is a `-h` with nothing behind it that could be a host.

    Where `-h` is the host that is a mistake, and not taken for the wish to see the help: a
    script that has forgotten a host must not believe that all is done.
    """
    own = words
    if known.takes_program:
        own = words[: words.index("--")] if "--" in words else words[:2]
    bound = _bound(own)
    if not any(
        word == "-h" and follower.startswith("-")
        for word, follower in zip(bound, [*bound[1:], "-"], strict=True)
    ):
        return False
    if "-h" in known.options:
        fail(WRONG_USAGE, f"-h is the host here, and wants one. See {_name(command)} --help")
    return True


def _check_ids(ids: Iterable[str], command: Command | None) -> None:
    """Refuse what cyclopts takes for an id because it could be a negative number."""
    for id in ids:
        if id.startswith("-"):
            fail(WRONG_USAGE, f"{_unknown_option(id, command)} See {_name(command)} --help")


def _name(command: Command | None) -> str:
    return f"k1s {command.name}" if command else "k1s"


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


def _unknown_option(word: str, command: Command | None) -> str:
    return unknown_option(
        word, ["--help", *(vocabulary(command.load()).options if command else ())]
    )


def _one_line(error: CycloptsError, command: Command | None) -> str:
    if isinstance(error, UnknownOptionError):
        return _unknown_option(error.token.keyword or error.token.value, command)
    if isinstance(error, UnusedCliTokensError):
        return f"Too many words: {' '.join(map(shown, error.unused_tokens or ()))}."
    return " ".join(str(error).split())


# Our words in those of cyclopts


def translated(function: FunctionType) -> FunctionType:
    """The same function, annotated for cyclopts."""
    known = vocabulary(function)
    said = {(one.group, one.argument): one for one in known.all}
    parts = function.__code__, function.__globals__, function.__name__, function.__defaults__
    copy = FunctionType(*parts, function.__closure__)
    copy.__kwdefaults__, copy.__doc__ = function.__kwdefaults__, function.__doc__
    copy.__annotations__ = {
        name: Annotated[annotation, _parameter(said[None, name])]
        for name, annotation in function.__annotations__.items()
        if (None, name) in said
    }
    for name, type in known.groups.items():
        copy.__annotations__[name] = _group(name, type, said)
    return copy


def _group(name: str, group: Any, said: Mapping[tuple[str | None, str], Said]) -> Any:
    """A class with the same members as a group: of a named tuple cyclopts sees only the types."""
    annotations = {
        member: Annotated[annotation, _parameter(said[name, member])]
        for member, annotation in group.__annotations__.items()
    }
    members = {**group._field_defaults, "__annotations__": annotations, "__doc__": group.__doc__}
    made = attrs.frozen(type(group.__name__, (), members))
    return Annotated[made, Parameter(name="*", group=group.__name__)]


def _parameter(said: Said) -> Parameter:
    word = said.word
    read = word.read or (_path if said.type is Path else None)
    is_many = said.is_flag or said.repeats
    return Parameter(
        name=word.names or None,
        converter=_converter(read) if read else None,
        validator=Number(gte=word.bounds[0], lte=word.bounds[1]) if word.bounds else None,
        negative=() if is_many else None,
        show_default=False if is_many else None,
        required=True if word.is_required else None,
        metavar=word.value or None,
        parse=False if word.is_program else None,
        allow_leading_hyphen=word.is_raw,
    )


def _path(text: str) -> Path:
    """A path as it was typed; an empty one would be this folder, which nobody means by that."""
    if not text:
        raise ValueError("wants a path, got ''.")
    return Path(text)


def _converter(read: Callable[[str], Any]) -> Callable[[Any, Sequence[Token]], Any]:
    def convert(_: Any, tokens: Sequence[Token]) -> Any:
        return read(tokens[0].value)

    return convert
