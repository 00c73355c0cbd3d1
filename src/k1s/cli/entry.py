"""The first and the last thing that happens in every command; it imports next to nothing."""

import errno
import os
import sys
from typing import Final

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
        # Whoever read our output has seen enough.
        _write_no_more()
        sys.exit(REFUSED)
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        _write_no_more()
        complain(f"the output cannot be written: {str(error.strerror).lower()}")
        sys.exit(REFUSED)


def _open_what_is_closed() -> None:
    """Without an output, as after `>&-`, there is nobody to be told anything."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (open to the end)
        sys.stdout = sys.stdout or nowhere
        sys.stderr = sys.stderr or nowhere


def _write_no_more() -> None:
    """Python would flush once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run_and_flush(words: list[str]) -> None:
    try:
        _run(words)
    finally:
        sys.stdout.flush()


def _run(words: list[str]) -> None:
    if not words:
        from k1s.cli.guide import GUIDE

        print(GUIDE)
    elif words[0] == "_complete":
        from k1s.cli.completing import complete

        complete(words[1:])
    elif not (words[0] in _PLAINLY and _PLAINLY[words[0]](words[1:])):
        from k1s.cli.app import dispatch

        dispatch(words)


def _list_plainly(words: list[str]) -> bool:
    """List the jobs without the help of cyclopts, if the words are plain enough."""
    from k1s.cli.plain import LISTING, read

    plain = read(words, LISTING)
    if plain is None:
        return False
    from k1s.cli import overview
    from k1s.cli.asking import destination

    where = destination(plain.host, plain.port, plain.socket)
    overview.show(where, plain.ids, json=plain.json)
    return True


def _serve_plainly(words: list[str]) -> bool:
    """Serve without the help of cyclopts, if the words are plain enough."""
    from k1s.cli.plain import SERVING, read

    plain = read(words, SERVING)
    if plain is None or plain.ids:
        return False
    from pathlib import Path

    from k1s.cli import serving

    config = None if plain.config is None else Path(plain.config)
    serving.run(config, plain.host, plain.port, plain.socket)
    return True


def _teach_plainly(words: list[str]) -> bool:
    """Print the script that shells read whenever they start, if one is named."""
    from k1s.cli.shells import SCRIPTS

    if len(words) != 1 or words[0] not in SCRIPTS:
        return False
    print(SCRIPTS[words[0]], end="")
    return True


_PLAINLY: Final = {
    "completion": _teach_plainly,
    "list": _list_plainly,
    "server": _serve_plainly,
}
