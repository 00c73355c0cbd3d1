"""`k1s show`: all about a job."""

import sys
import time
from collections.abc import Iterable
from typing import Any, Final

from k1s.cli.failing import REFUSED
from k1s.cli.line.options import SERVER, Ids, Server
from k1s.destination import Destination

LINES: Final = 10


def show(*ids: Ids, json: bool = False, server: Server = SERVER) -> None:
    """Show all about a job, with the last lines of its error log.

    ```
    k1s show web
    k1s show 'worker-*' --json
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes.
    json
        Print one array: each job as the server shows it, with "errorLog", its last lines.
    """
    from k1s.cli.display.output import print_json
    from k1s.cli.jobs import Asked

    where = server.destination
    found, all_found = Asked(where).each(ids, "get-job-by-id")
    jobs = [{**job, "errorLog": _error_log(where, job["id"])} for job in found]
    if json:
        print_json(jobs)
    else:
        _print(jobs)
    if not all_found:
        sys.exit(REFUSED)


def _print(jobs: Iterable[dict[str, Any]]) -> None:
    from k1s.cli.display import describing
    from k1s.cli.display.output import has_colour, print_lines

    for number, job in enumerate(jobs):
        if number:
            print_lines([""])
        colour = has_colour(sys.stdout)
        print_lines(describing.lines(job, job["errorLog"], time.time(), has_colour=colour))


def _error_log(where: Destination, id: str) -> list[str]:
    """The last lines; none when the log cannot be read, which is no reason to show nothing."""
    from k1s.cli import asking
    from k1s.cli.display.logpieces import bytes_of

    request = {"command": "get-logs", "jobIds": [id], "streams": ["error"], "lines": LINES}
    with asking.stream(where, request) as stream:
        data = b"".join(map(bytes_of, asking.to_the_end(stream)))
    return data.decode(errors="replace").splitlines()[-LINES:]
