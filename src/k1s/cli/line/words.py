"""The words of a command, as the signature of its function says them.

Each command says once what can be typed behind its name: by the types of its
arguments, and by a `Word` where a type does not say it all. `plain` and `app`
read command lines by that, and `completing` offers what they would read.

Imports next to nothing, because every command does this.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from types import FunctionType
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

_HAS_REST: Final = 0x04  # inspect.CO_VARARGS, which would be slow to ask for


class Kind(Enum):
    """What a word can be, for shells that complete it."""

    NOTHING = auto()
    """Something that only the user knows, or one of the `choices`."""
    FILE = auto()
    FOLDER = auto()
    PROGRAM = auto()
    """The program of the user, and behind it its arguments."""
    JOB = auto()
    KILLABLE = auto()
    STARTABLE = auto()
    RESTARTABLE = auto()
    RUNNING = auto()
    SIGNAL = auto()


class Word(NamedTuple):
    """What the type of an argument does not say."""

    names: tuple[str, ...] = ()
    """What an option is called; by default as the argument, with dashes."""
    kind: Kind = Kind.NOTHING
    value: str = ""
    """What stands for the value of an option in the help, as in `--every DURATION`."""
    choices: tuple[str, ...] = ()
    """What is worth offering; of a `Literal`, all that it can be."""
    read: Callable[[str], Any] | None = None
    """The value of a text; raises ValueError with what is wanted and what was got."""
    bounds: tuple[int, int] | None = None
    """The smallest and the largest number that the value can be."""
    is_required: bool = False
    """At least one is wanted of what can be said as often as one likes."""
    is_raw: bool = False
    """The value is the next word, whatever that looks like."""
    is_program: bool = False
    """It is all that stands behind the first `--`, exactly as typed."""


class Said(NamedTuple):
    """An argument of a command, and how it is said."""

    argument: str
    """Its name in the function, or in the group of arguments that it belongs to."""
    type: Any
    """What one value is, without the `None` of what is not said."""
    word: Word
    names: tuple[str, ...] = ()
    """Of an option; a place has none."""
    is_wanted: bool = False
    repeats: bool = False
    group: str | None = None
    """The argument of the function that this is a part of."""

    @property
    def is_flag(self) -> bool:
        """Whether it has no value."""
        return self.type is bool

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it can be, or that are worth offering."""
        return get_args(self.type) if get_origin(self.type) is Literal else self.word.choices


class Vocabulary(NamedTuple):
    """All that can be said behind the name of a command."""

    places: tuple[Said, ...] = ()
    options: Mapping[str, Said] = {}
    """By each of their names."""
    groups: Mapping[str, Any] = {}
    """The classes of groups of arguments, by the argument that takes one."""
    program: Said | None = None
    """What takes the program behind `--`, if there is any."""

    @property
    def all(self) -> tuple[Said, ...]:
        """Each argument, however it is said; options by each of their names."""
        program = () if self.program is None else (self.program,)
        return (*self.places, *self.options.values(), *program)

    @property
    def takes_program(self) -> bool:
        """Whether the words behind `--` are a program of the user's."""
        return self.program is not None

    @property
    def dashed_signal(self) -> str | None:
        """What comes in front of a signal that is typed as `-9` or `-KILL`, where that is one."""
        if any(said.word.kind is Kind.SIGNAL for said in self.places):
            return ""
        options = self.options.values()
        long = (said.names[0] for said in options if said.word.kind is Kind.SIGNAL)
        return next((f"{name}=" for name in long), None)

    @property
    def valued(self) -> set[str]:
        """The options that have a value, by all their names."""
        return {name for name, said in self.options.items() if not said.is_flag}


def vocabulary(function: FunctionType) -> Vocabulary:
    """The words that the signature of a command says."""
    code, types = function.__code__, function.__annotations__
    count, rest = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    wanted = count - len(function.__defaults__ or ())
    places = [
        _said(name, types[name], is_wanted=number < wanted)
        for number, name in enumerate(code.co_varnames[:count])
    ]
    if code.co_flags & _HAS_REST:
        place = _said(code.co_varnames[rest], types[code.co_varnames[rest]])
        places.append(place._replace(repeats=True, is_wanted=place.word.is_required))
    known = Vocabulary(tuple(places))
    for name in code.co_varnames[count:rest]:
        is_wanted = name not in (function.__kwdefaults__ or {})
        known = _with_option(known, name, types[name], is_wanted=is_wanted)
    return known


def _with_option(known: Vocabulary, name: str, annotation: Any, *, is_wanted: bool) -> Vocabulary:
    if hasattr(annotation, "_fields"):
        members = [
            _named(_said(member, type)._replace(group=name))
            for member, type in annotation.__annotations__.items()
        ]
        groups = {**known.groups, name: annotation}
        return known._replace(groups=groups, options={**known.options, **_by_name(members)})
    said = _said(name, annotation, is_wanted=is_wanted)
    if said.word.is_program:
        return known._replace(program=said)
    return known._replace(options={**known.options, **_by_name([_named(said)])})


def _by_name(options: Iterable[Said]) -> dict[str, Said]:
    return {name: said for said in options for name in said.names}


def _said(name: str, annotation: Any, *, is_wanted: bool = False) -> Said:
    type, word = _taken_apart(annotation)
    if get_origin(type) is list:
        return Said(name, get_args(type)[0], word, is_wanted=is_wanted, repeats=True)
    return Said(name, type, word, is_wanted=is_wanted)


def _named(said: Said) -> Said:
    names = said.word.names or (f"--{said.argument.strip('_').replace('_', '-')}",)
    return said._replace(names=names)


def _taken_apart(annotation: Any) -> tuple[Any, Word]:
    """What a value is, without `None`, and its word."""
    word = Word()
    while True:
        if hasattr(annotation, "__metadata__"):
            word = annotation.__metadata__[-1]
            annotation = annotation.__origin__
        elif type(None) in (members := get_args(annotation)):
            (annotation,) = (member for member in members if member is not type(None))
        else:
            return annotation, word
