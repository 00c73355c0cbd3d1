"""What is said where: results go to stdout, talk goes to stderr, colour only to a terminal."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any, Final, TextIO

from k1s.cli.display.brokenpipe import give_up
from k1s.cli.failing import tell

COLUMNS: Final = 80


def print_json(value: Any) -> None:
    """A value as JSON: on one line, or indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    _print(f"{json.dumps(value, indent=indent, ensure_ascii=not _writes_unicode())}\n")


def print_json_line(value: Any) -> None:
    """One of many values as JSON: on one line, always."""
    print(json_line(value), end="", flush=True)


def json_line(value: Any) -> str:
    """The same as text, with its newline."""
    return f"{json.dumps(value, ensure_ascii=not _writes_unicode())}\n"


def say(text: str) -> None:
    """Talk that is no result."""
    tell(text)


def has_colour(stream: TextIO) -> bool:
    """Whether colours are for this stream: a terminal that has some, and nobody objects."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO) -> int | None:
    """How many columns a terminal has; None where lines may be as long as they like."""
    if not stream.isatty():
        return None
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told) > 0:
        return int(told)
    try:
        # A terminal that nobody has measured says 0.
        return os.get_terminal_size(stream.fileno()).columns or COLUMNS
    except OSError:
        return COLUMNS


def print_lines(lines: Iterable[str]) -> None:
    """Lines of text as one result."""
    _print(spelled("".join(f"{line}\n" for line in lines)))


def _print(text: str) -> None:
    """As a result; who reads no more of it does not keep the command from doing what it was told.

    What ends with its output, as a stream of logs does, does not use this.
    """
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        give_up(sys.stdout)


def spelled(text: str) -> str:
    """A text in which what stdout cannot spell is shown as a sign."""
    if _writes_unicode():
        return text
    encoding = sys.stdout.encoding or "ascii"
    return text.replace("…", "~").encode(encoding, "backslashreplace").decode(encoding)


def _writes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")
