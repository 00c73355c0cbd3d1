"""The first and the last thing that happens in every command; it imports next to nothing."""

import os
import sys

from k1s.cli.failing import INTERRUPTED, REFUSED


def main() -> None:
    """Run one command line; no mistake of a user ends in a traceback."""
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would flush once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(REFUSED)


def _run(words: list[str]) -> None:
    if not words:
        from k1s.cli.guide import GUIDE

        print(GUIDE)
        return
    from k1s.cli.app import dispatch

    dispatch(words)
