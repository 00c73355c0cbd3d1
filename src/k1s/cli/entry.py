"""The first and the last thing that happens in every command; it imports next to nothing."""

import errno
import os
import sys
from collections.abc import Callable
from typing import Final

from k1s import __version__
from k1s.cli.display.brokenpipe import give_up
from k1s.cli.failing import INTERRUPTED, REFUSED, complain

# What a file or a terminal says that takes no more of our output.
_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def main() -> None:
    """Run one command line; no mistake of a user ends in a traceback."""
    _open_what_is_closed()
    try:
        _run_and_flush(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough, and that is no error of ours.
        give_up(sys.stdout)
        sys.exit(0)
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        give_up(sys.stdout)
        complain(f"the output cannot be written: {str(error.strerror).lower()}")
        sys.exit(REFUSED)


def _open_what_is_closed() -> None:
    """Without an output, as after `>&-`, there is nobody to be told anything."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (open to the end)
        sys.stdout = sys.stdout or nowhere
        sys.stderr = sys.stderr or nowhere


def _run_and_flush(words: list[str]) -> None:
    try:
        _run(words)
    finally:
        sys.stdout.flush()


def _run(words: list[str]) -> None:
    if not words:
        from k1s.cli.guide import GUIDE

        print(GUIDE)
    elif words == ["--version"]:
        print(__version__)
    elif words[0] == "_complete":
        from k1s.cli.line.completing import complete

        complete(words[1:])
    else:
        call(words)()


def call(words: list[str]) -> Callable[[], None]:
    """What the words say; cyclopts is asked only if they are not plain."""
    from k1s.cli.commands import BY_NAME
    from k1s.cli.line import plain

    command = BY_NAME.get(words[0])
    read = command and plain.read(words[1:], command.load())
    if read:
        return read
    from k1s.cli.line import app

    return app.read(words)
