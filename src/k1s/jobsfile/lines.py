"""On which line of a TOML document a key stands.

tomli tells lines of syntax errors only. But a statement of TOML that is cut
anywhere inside is no TOML any more, and a whole one is TOML by itself: so the
document is divided by asking the parser itself where each statement ends, and
what it says, be it in quotes, with dots or over many lines.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import tomli

Path = tuple[str, ...]

# job, its id, environment, a variable: no key of ours lies deeper.
DEPTH_MAX: Final = 4
# A statement of many lines may be asked about again and again, but not without end.
_ASKED_TIMES: Final = 4
_ASKED_CHARACTERS: Final = 100_000
# What can end a statement that did not end on its first line.
_CLOSING: Final = re.compile(r"\]|\}|'''|\"\"\"")


def key_lines(document: str) -> Mapping[Path, int]:
    """The number of the first line of each key, and of each table that has a head of its own.

    The document has to be TOML. Keys in arrays of tables are left out, and all that comes
    behind a statement whose end is too hard to find.
    """
    found: dict[Path, int] = {}
    arrays: set[Path] = set()
    table: Path | None = ()
    for number, statement, said in _statements(document):
        if statement.lstrip().startswith("["):
            table = head = _head(said)
            paths = [head[:end] for end in range(1, len(head) + 1)]
            if not arrays.isdisjoint(paths):
                table, paths = None, []
            elif statement.lstrip().startswith("[["):
                arrays.add(head)
                table = None
        else:
            paths = [] if table is None else list(_paths(table, said))
        for path in paths:
            found.setdefault(path, number)
    return found


def _statements(document: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each with the number of its first line, and with what it says."""
    left = _ASKED_TIMES * len(document) + _ASKED_CHARACTERS
    first, statement = 1, ""
    for number, line in enumerate(document.split("\n"), 1):
        is_first = not statement
        statement += f"{line}\n"
        if not is_first and not _CLOSING.search(line):
            continue
        left -= len(statement)
        if left < 0:
            return
        said = _read(statement)
        if said is not None:
            yield first, statement, said
            first, statement = number + 1, ""


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomli.loads(text)
    except ValueError:
        return None


def _head(said: Any) -> Path:
    """The table that a head opens, or the array."""
    path: list[str] = []
    while isinstance(said, dict) and said:
        ((name, said),) = said.items()
        path.append(name)
    return tuple(path)


def _paths(table: Path, said: Mapping[str, Any]) -> Iterator[Path]:
    for name, value in said.items():
        path = (*table, name)
        yield path
        if isinstance(value, dict) and len(path) < DEPTH_MAX:
            yield from _paths(path, value)
