"""What is said where: results go to stdout, talk goes to stderr, colour only to a terminal."""

import json
import os
import sys
from typing import Any, TextIO


def print_json(value: Any) -> None:
    """A value as JSON: on one line, or indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(value, indent=indent, ensure_ascii=not _writes_unicode()), flush=True)


def say(text: str) -> None:
    """Talk that is no result."""
    print(text, file=sys.stderr, flush=True)


def has_colour(stream: TextIO) -> bool:
    """Whether colours are for this stream: a terminal that has some, and nobody objects."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _writes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")
