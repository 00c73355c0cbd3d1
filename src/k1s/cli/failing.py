"""How a command ends that could not do what it was asked: one sentence and an exit code."""

import sys
from typing import Final, NoReturn

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
    print("\n".join(f"k1s: {line}" for line in text.split("\n")), file=sys.stderr)
