"""A way around cyclopts: importing it takes longer than all the rest of most commands, which are
used in loops and prompts, and a server would never get rid of it.

Only plain words are read here: ids and other places, and options, each by its
whole name and once, with its value as a word of its own or behind `=`. For
anything else, and for a value that is wrong, `read` returns None, and cyclopts
reads it (and says what is wrong with it). A test compares the two readers.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from types import FunctionType
from typing import Any, Final

from k1s.cli.line.words import Said, Vocabulary, vocabulary

_DIGITS_MAX: Final = 15


def read(words: Sequence[str], function: FunctionType) -> partial[None] | None:
    """The call of a command that the words behind its name say; None unless all are plain."""
    known = vocabulary(function)
    try:
        places, named = _read(list(words), known)
    except ValueError:
        return None
    return partial(function, *places, **named)


def _read(words: list[str], known: Vocabulary) -> tuple[list[Any], dict[str, Any]]:
    program: dict[str, Any] = {}
    if known.program is not None:
        index = words.index("--")
        words, program = words[:index], {known.program.argument: words[index + 1 :]}
    reader = _Reader(known)
    reader.take(_without_dash(words, known))
    return reader.places(), {**reader.named(), **program}


def _without_dash(words: list[str], known: Vocabulary) -> list[str]:
    option = known.dashed_signal
    if option is None or all(word in known.options or word[:1] != "-" for word in words):
        return words
    from k1s.cli.line.signals import without_dash

    return without_dash(words, option, known.valued)


class _Reader:
    """What has been read so far."""

    def __init__(self, known: Vocabulary) -> None:
        self._known = known
        self._given: list[str] = []
        self._values: dict[tuple[str | None, str], Any] = {}

    def take(self, words: Iterable[str]) -> None:
        """Read all of them."""
        rest = iter(words)
        for word in rest:
            name, equals, value = word, "", ""
            if word.startswith("--"):
                name, equals, value = word.partition("=")
            said = self._known.options.get(name)
            if said is None:
                self._given.append(word)
            elif not said.is_flag:
                self._set(said, value=_value(said, value if equals else next(rest, "")))
            elif equals:
                raise ValueError(word)
            else:
                self._set(said, value=True)

    def _set(self, said: Said, *, value: Any) -> None:
        key = said.group, said.argument
        if said.repeats:
            self._values.setdefault(key, []).append(value)
        elif key in self._values:
            raise ValueError(said.names)
        else:
            self._values[key] = value

    def places(self) -> list[Any]:
        """The values of the places, from the first on."""
        given, places = self._given, self._known.places
        more = places[-1:] * (len(given) - len(places)) if places and places[-1].repeats else ()
        if not sum(place.is_wanted for place in places) <= len(given) <= len(places) + len(more):
            raise ValueError(given)
        return [_value(said, text) for said, text in zip((*places, *more), given, strict=False)]

    def named(self) -> dict[str, Any]:
        """The values of the options, in their groups; all that are wanted must be there."""
        for said in self._known.options.values():
            if said.is_wanted and (said.group, said.argument) not in self._values:
                raise ValueError(said.names)
        alone = {name: value for (group, name), value in self._values.items() if group is None}
        for group, type in self._known.groups.items():
            values = {name: value for (of, name), value in self._values.items() if of == group}
            if values:
                alone[group] = type(**values)
        return alone


def _value(said: Said, text: str) -> Any:
    """The value of a text that nobody can take for anything else; raises ValueError otherwise."""
    if not text or (text[0] == "-" and not said.word.is_raw and not _is_negative(said, text)):
        raise ValueError(text)
    if said.word.read is not None:
        value = said.word.read(text)
        if said.word.bounds and not said.word.bounds[0] <= value <= said.word.bounds[1]:
            raise ValueError(text)
        return value
    if said.choices and text not in said.choices:
        raise ValueError(text)
    if said.type is float:
        return _number(text)
    return said.type(text) if isinstance(said.type, type) and said.type is not str else text


def _is_negative(said: Said, text: str) -> bool:
    """Whether it is a number such as -1, where one is wanted."""
    return said.type is int and bool(said.names) and text[1:].isdigit()


def _number(text: str) -> float:
    if text.isascii() and len(text) <= _DIGITS_MAX and text.replace(".", "", 1).isdigit():
        return float(text)
    raise ValueError(text)
