"""`k1s logs`: reads and follows the logs of jobs, through the server."""

import sys
from typing import Annotated, Final

from k1s.cli.failing import REFUSED
from k1s.cli.line.options import SERVER, Ids, Server, whole
from k1s.cli.line.words import Word

LINES: Final = 10
# As the server has it; a test compares the two.
LINES_MAX: Final = 1_000_000_000
_ALL: Final = -1


def _lines(text: str) -> int:
    """A number of lines, or `all`."""
    if text == "all":
        return _ALL
    try:
        count = whole(text)
    except ValueError:
        count = _ALL
    if not 0 <= count <= LINES_MAX:
        raise ValueError(f'wants a number of lines up to {LINES_MAX}, or "all", got {text!r}.')
    return count


def logs(
    *ids: Ids,
    follow: Annotated[bool, Word(("--follow", "-f"))] = False,
    lines: Annotated[
        int, Word(("--lines", "-n"), value="N", choices=("all",), read=_lines)
    ] = LINES,
    stdout: bool = False,
    stderr: bool = False,
    error: bool = False,
    all: bool = False,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Show what jobs have written, and follow what they write, through the server.

    Of one log, the bytes are shown exactly as they are. Of several, each line has
    the name of its log in front. Following goes on over restarts and rotation of
    logs, until the job is deleted or Ctrl-C. Stderr tells when a job that is followed
    is over, and counts what was gone before it could be shown.

    ```
    k1s logs web
    k1s logs -f 'worker-*' --all
    k1s logs backup --stderr -n 100
    k1s logs web -n all > web.log
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes, which mean the jobs that there are now.
    follow
        Go on with what is written from now on.
    lines
        How many of the last lines to begin with; "all" for everything that is kept.
    stdout
        Show the output. This is so when nothing else is chosen; flags add up.
    stderr
        Show the error output.
    error
        Show what k1s has to say of the job.
    all
        Show all three.
    json
        Print one object a line: {"jobId", "stream"} with a piece as "text" (or as "base64" where
        it is no UTF-8), or with "missedBytes".
    """
    from k1s.cli import reading

    flags = zip(reading.STREAMS, (stdout, stderr, error), strict=True)
    chosen = [stream for stream, is_wanted in flags if is_wanted or all]
    streams, count = chosen or [reading.DEFAULT], None if lines == _ALL else lines
    wanted = reading.Wanted(streams, count, follow=follow, is_chosen=bool(chosen))
    if not reading.read(server.destination, ids, wanted, json=json):
        sys.exit(REFUSED)
