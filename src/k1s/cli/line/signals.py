"""Signals as people type them."""

import re
from collections.abc import Collection, Sequence
from signal import Signals
from typing import Final

WANTED: Final = "the name or the number of a signal, as in TERM or 15"
# Small letters are left to the options: `-hup` is the host `up`.
_OWN: Final = ("--signal", "-s")
_DASHED: Final = re.compile(r"-([A-Z][A-Z0-9]*|[0-9]+)")


def name_of(text: str) -> str | None:
    """`SIGKILL` for `9`, `KILL`, `SIGKILL` and `kill`; None for what is no signal."""
    try:
        if text.isascii() and text.isdigit():
            return Signals(int(text)).name
        return Signals[f"SIG{text.upper().removeprefix('SIG')}"].name
    except (ValueError, KeyError):
        return None


def without_dash(words: Sequence[str], option: str, valued: Collection[str]) -> list[str]:
    """The words, with a signal that has a dash, as kill(1) takes it, as the value of the option.

    Where there is no option, only the first word that is none itself can be a
    signal; behind two dashes there is none. What follows one of the `valued`
    options is its value, and a signal only behind --signal.
    """
    awaiting = ""
    for index, word in enumerate(words):
        if word == "--":
            break
        dashed = _DASHED.fullmatch(word)
        is_signal = dashed is not None and name_of(dashed[1]) is not None
        if is_signal and (not awaiting or awaiting in _OWN):
            return [*words[:index], f"{'' if awaiting else option}{word[1:]}", *words[index + 1 :]]
        if not (option or awaiting or word.startswith("-")):
            break
        awaiting = word if word in valued and not awaiting else ""
    return list(words)
