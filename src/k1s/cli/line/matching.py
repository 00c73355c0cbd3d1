"""Which jobs are meant by the ids and globs of a command line."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_SPECIAL: Final = re.compile(r"[*?\[]")


class Matched(NamedTuple):
    """The ids that are meant, each once, and the patterns that nothing matches."""

    ids: list[str]
    unknown: list[str]


def is_glob(pattern: str) -> bool:
    """Whether a pattern may mean several ids: no id has a star, a question mark or a bracket."""
    return _SPECIAL.search(pattern) is not None


def match(patterns: Iterable[str], ids: Sequence[str]) -> Matched:
    """Compare patterns with the ids that there are."""
    known = dict.fromkeys(ids)
    meant: dict[str, None] = {}
    unknown: list[str] = []
    for pattern in patterns:
        found = _found(pattern, known)
        meant.update(dict.fromkeys(found))
        if not found:
            unknown.append(pattern)
    return Matched(list(meant), unknown)


def _found(pattern: str, known: dict[str, None]) -> list[str]:
    if not is_glob(pattern):
        return [pattern] if pattern in known else []
    from fnmatch import translate

    fits = re.compile(translate(pattern)).match
    return [id for id in known if fits(id)]


def explain_unknown(pattern: str, ids: Sequence[str]) -> str:
    """One sentence about a pattern that means no job, with what may have been meant."""
    if is_glob(pattern):
        return f"no job matches {pattern!r}: see k1s list"
    from difflib import get_close_matches

    close = get_close_matches(pattern, ids, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "see k1s list"
    return f"there is no job {pattern!r}: {hint}"
