"""How a command ends that could not do what it was asked: one sentence and an exit code."""

import sys
from typing import Final, NoReturn

from k1s.cli.display.brokenpipe import give_up

REFUSED: Final = 1
WRONG_USAGE: Final = 2
NO_SERVER: Final = 3
INTERRUPTED: Final = 130


def fail(code: int, text: str) -> NoReturn:
    """Say what is wrong on stderr and exit with the code."""
    complain(text)
    sys.exit(code)


def complain(text: str) -> None:
    """Say what is wrong, and go on. A text of several lines has a sentence in each."""
    tell("\n".join(f"k1s: {line}" for line in text.split("\n")))


def tell(text: str) -> None:
    """Say it on stderr; where nobody listens, or a disk is full, the command goes on anyway."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        give_up(sys.stderr)
