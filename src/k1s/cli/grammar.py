"""What may follow what on a command line, for shells that complete it.

It repeats what the functions of the commands say, because importing these, and
cyclopts, takes longer than somebody wants to wait for a key; a test compares
the two.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, NamedTuple


class Kind(Enum):
    """What a word can be."""

    NOTHING = auto()
    """Something that only the user knows."""
    FILE = auto()
    FOLDER = auto()
    PROGRAM = auto()
    """The program of the user, and behind it its arguments."""
    JOB = auto()
    KILLABLE = auto()
    STARTABLE = auto()
    RESTARTABLE = auto()
    RUNNING = auto()
    STATE = auto()
    SIGNAL = auto()
    TYPE = auto()
    REQUEST = auto()
    """A command of the original client."""
    SHELL = auto()
    EVERYTHING = auto()
    """`all`."""


class Grammar(NamedTuple):
    """The words behind the name of a command.

    `places` are its arguments, the last of them as often as one likes if it
    `repeats`. An option is known by all its names, separated by blanks; one
    with no kind is a flag.
    """

    options: Mapping[str, Kind | None] = {}
    places: tuple[Kind, ...] = ()
    repeats: bool = False
    takes_program: bool = False


_SERVER: Final = {"--host -h": Kind.NOTHING, "--port -p": Kind.NOTHING, "--socket": Kind.FILE}
_USUAL: Final = {"--json": None, **_SERVER}
_LOGS: Final = {"--stdout": None, "--stderr": None, "--error": None, "--all": None}
_ENVIRONMENT: Final = {"--environment -e": Kind.NOTHING}
_LIMITS: Final = {
    "--max-retry -m": Kind.NOTHING,
    "--restart-delay": Kind.NOTHING,
    "--max-restart-delay": Kind.NOTHING,
    "--healthy-after": Kind.NOTHING,
    "--stop-timeout": Kind.NOTHING,
}
_LOG_FILES: Final = {"--stdout-log": Kind.FILE, "--stderr-log": Kind.FILE, "--error-log": Kind.FILE}


def _of_jobs(kind: Kind, options: Mapping[str, Kind | None] | None = None) -> Grammar:
    return Grammar({**(options or {}), **_USUAL}, (kind,), repeats=True)


GRAMMARS: Final[Mapping[str, Grammar]] = {
    "create": Grammar(
        {
            "--every": Kind.NOTHING,
            "--continuous": None,
            "--working-directory -w": Kind.FOLDER,
            **_ENVIRONMENT,
            **_LIMITS,
            **_LOG_FILES,
            **_USUAL,
        },
        (Kind.NOTHING,),
        takes_program=True,
    ),
    "run": Grammar(
        {
            "--working-directory -w": Kind.FOLDER,
            **_ENVIRONMENT,
            "--stop-timeout": Kind.NOTHING,
            **_USUAL,
        },
        (Kind.NOTHING,),
        takes_program=True,
    ),
    "start": _of_jobs(Kind.STARTABLE),
    "restart": _of_jobs(Kind.RESTARTABLE),
    "signal": Grammar(_USUAL, (Kind.SIGNAL, Kind.RUNNING), repeats=True),
    "kill": _of_jobs(Kind.KILLABLE, {"--signal -s": Kind.SIGNAL, "--no-wait": None}),
    "delete": _of_jobs(Kind.JOB),
    "up": Grammar(
        {"--prune": None, "--dry-run": None, "--take-over": None, **_USUAL}, (Kind.FILE,)
    ),
    "list": _of_jobs(Kind.JOB),
    "show": _of_jobs(Kind.JOB),
    "why": _of_jobs(Kind.JOB),
    "top": _of_jobs(Kind.JOB),
    "logs": _of_jobs(Kind.JOB, {"--follow -f": None, "--lines -n": Kind.EVERYTHING, **_LOGS}),
    "wait": _of_jobs(Kind.JOB, {"--for": Kind.STATE, "--timeout": Kind.NOTHING}),
    "simulate": Grammar(
        {
            "--for": Kind.NOTHING,
            "--fail": Kind.NOTHING,
            "--lasts": Kind.NOTHING,
            "--kill": Kind.NOTHING,
            "--svg": Kind.FILE,
            "--all": None,
            "--json": None,
        },
        (Kind.FILE,),
    ),
    "schema": Grammar(),
    "server": Grammar({"--config -c": Kind.FILE, **_SERVER}),
    "token": Grammar(places=(Kind.FILE,)),
    "client": Grammar(
        {
            "--command -c": Kind.REQUEST,
            "--host -h": Kind.NOTHING,
            "--port -p": Kind.NOTHING,
            "--id -i": Kind.JOB,
            "--type -t": Kind.TYPE,
            "--executable -x": Kind.PROGRAM,
            "--arguments -a": Kind.NOTHING,
            "--working-directory --workingDirectory -w": Kind.FOLDER,
            **_ENVIRONMENT,
            "--period -r": Kind.NOTHING,
            "--max-retry --maxRetry -m": Kind.NOTHING,
        }
    ),
    "diagrams": Grammar(
        {"--check": None, "--folder": Kind.FOLDER, "--readme": Kind.FILE, "--json": None}
    ),
    "completion": Grammar(places=(Kind.SHELL,)),
}
HELP: Final = "--help"


class Place(NamedTuple):
    """Where on a command line a word stands."""

    kind: Kind = Kind.NOTHING
    options: tuple[str, ...] = ()
    """The options that can stand here, each by its longest name."""
    given: tuple[str, ...] = ()
    """The arguments before it."""
    values: Mapping[str, str] = {}
    """The values of the options before it, each by the first name of the option."""
    value: str | None = None
    """The beginning of the value, in a word that holds its option, too: `--for=do`."""


def place(grammar: Grammar, words: list[str]) -> Place:
    """Where the last of the words behind the name of a command stands."""
    *before, word = words
    names = {name: option for option in grammar.options for name in option.split()}
    given: list[str] = []
    values: dict[str, str] = {}
    awaited: str | None = None
    for earlier in before:
        if awaited is not None:
            values[awaited], awaited = earlier, None
        elif earlier == "--" and grammar.takes_program:
            return Place(Kind.PROGRAM)
        elif earlier.startswith("-"):
            name, equals, value = earlier.partition("=")
            option = names.get(name)
            if option is not None and equals:
                values[_key(option)] = value
            elif option is not None:
                values[_key(option)] = ""
                awaited = _key(option) if grammar.options[option] is not None else None
        else:
            given.append(earlier)
    return _last(grammar, word, tuple(given), values, awaited)


def _key(option: str) -> str:
    return option.split(maxsplit=1)[0]


def _last(
    grammar: Grammar,
    word: str,
    given: tuple[str, ...],
    values: Mapping[str, str],
    awaited: str | None,
) -> Place:
    kinds = {_key(option): kind for option, kind in grammar.options.items()}
    if awaited is not None:
        return Place(kinds[awaited] or Kind.NOTHING, given=given, values=values)
    name, equals, value = word.partition("=")
    if name.startswith("--") and equals:
        return Place(kinds.get(name) or Kind.NOTHING, given=given, values=values, value=value)
    if word.startswith("-"):
        # What is said already need not be offered; what may be repeated is there once more.
        left = [key for key in kinds if key not in values or key == "--environment"]
        return Place(options=(*left, HELP), given=given, values=values)
    index = len(given)
    if grammar.repeats:
        index = min(index, len(grammar.places) - 1)
    kind = grammar.places[index] if index < len(grammar.places) else Kind.NOTHING
    return Place(kind, given=given, values=values)
