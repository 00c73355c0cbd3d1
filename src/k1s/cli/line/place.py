"""Where on a command line a word stands, for shells that complete it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from k1s.cli.line.words import Kind, Said, Vocabulary

HELP: Final = "--help"


class Place(NamedTuple):
    """What stands in the place of a word."""

    kind: Kind = Kind.NOTHING
    choices: tuple[str, ...] = ()
    """The words that can stand here, or that are worth offering."""
    options: tuple[str, ...] = ()
    """The options that can stand here, each by its first name."""
    given: tuple[str, ...] = ()
    """The arguments before it."""
    values: Mapping[str, str] = {}
    """The values of the options before it, each by the first name of the option."""
    value: str | None = None
    """The beginning of the value, in a word that holds its option, too: `--for=do`."""


def place(known: Vocabulary, words: list[str]) -> Place:
    """Where the last of the words behind the name of a command stands."""
    *before, word = words
    given: list[str] = []
    values: dict[str, str] = {}
    awaited: Said | None = None
    for earlier in before:
        if awaited is not None:
            values[awaited.names[0]], awaited = earlier, None
        elif earlier == "--" and known.takes_program:
            return Place(Kind.PROGRAM)
        elif earlier.startswith("-"):
            name, equals, value = earlier.partition("=")
            said = known.options.get(name)
            if said is not None:
                values[said.names[0]] = value
                awaited = None if equals or said.is_flag else said
        else:
            given.append(earlier)
    here = Place(given=tuple(given), values=values)
    return _of(awaited, here) if awaited else _last(known, word, here)


def _last(known: Vocabulary, word: str, here: Place) -> Place:
    name, equals, value = word.partition("=")
    if name.startswith("--") and equals:
        return _of(known.options.get(name), here)._replace(value=value)
    if word.startswith("-"):
        # What is said already need not be offered; what may be repeated is there once more.
        options = dict.fromkeys(
            said.names[0]
            for said in known.options.values()
            if said.repeats or said.names[0] not in here.values
        )
        return here._replace(options=(*options, HELP))
    index = len(here.given)
    if known.places and known.places[-1].repeats:
        index = min(index, len(known.places) - 1)
    return _of(known.places[index] if index < len(known.places) else None, here)


def _of(said: Said | None, here: Place) -> Place:
    return here if said is None else here._replace(kind=said.word.kind, choices=said.choices)
