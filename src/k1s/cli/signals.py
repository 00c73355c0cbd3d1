"""Signals as people type them."""

import re
from collections.abc import Sequence
from signal import Signals
from typing import Final

WANTED: Final = "the name or the number of a signal, as in TERM or 15"
# Small letters are left to the options: `-hup` is the host `up`.
_DASHED: Final = re.compile(r"-([A-Z][A-Z0-9]*|[0-9]+)")


def name_of(text: str) -> str | None:
    """`SIGKILL` for `9`, `KILL`, `SIGKILL` and `kill`; None for what is no signal."""
    try:
        if text.isascii() and text.isdigit():
            return Signals(int(text)).name
        return Signals[f"SIG{text.upper().removeprefix('SIG')}"].name
    except (ValueError, KeyError):
        return None


def without_dash(words: Sequence[str], option: str) -> list[str]:
    """The words, with a signal that has a dash, as kill(1) takes it, as the value of the option.

    Where there is no option, only the first of the words can be one; behind two
    dashes there is none.
    """
    for index, word in enumerate(words if option else words[:1]):
        if word == "--":
            break
        dashed = _DASHED.fullmatch(word)
        if dashed and name_of(dashed[1]):
            return [*words[:index], f"{option}{dashed[1]}", *words[index + 1 :]]
    return list(words)
