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
    elif words[0] == "_complete":
        from k1s.cli.completing import complete

        complete(words[1:])
    elif words[0] != "list" or not _list_plainly(words[1:]):
        from k1s.cli.app import dispatch

        dispatch(words)


def _list_plainly(words: list[str]) -> bool:
    """List the jobs without the help of cyclopts, if the words are plain enough."""
    from k1s.cli.plain import read

    plain = read(words)
    if plain is None:
        return False
    from k1s.cli import overview
    from k1s.cli.asking import destination

    where = destination(plain.host, plain.port, plain.socket)
    overview.show(where, plain.ids, json=plain.json)
    return True
