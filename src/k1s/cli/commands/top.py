"""`k1s top`: the list, live."""

import os
import sys

from k1s.cli.failing import NO_SERVER, REFUSED, WRONG_USAGE, fail
from k1s.cli.line.options import SERVER, AnyJobs, Server
from k1s.destination import Destination, DestinationError


def top(
    *ids: AnyJobs,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Show the list of jobs on the whole screen, and keep it as it is in the server.

    The server tells what happens at the moment that it does; nothing polls. The
    arrows, PgUp, PgDn, Home and End move through a long list; q and Ctrl-C end it.
    Where the output is no terminal, the list is printed once, as k1s list does.

    ```
    k1s top
    k1s top 'worker-*'
    ```

    Parameters
    ----------
    ids
        The jobs to show, or globs in quotes. [default: all]
    json
        Print the list once, as k1s list --json does.
    """
    where = server.destination
    if json or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        from k1s.cli import overview

        overview.show(where, ids, json=json)
        return
    from k1s.cli import live
    from k1s.cli.line.matching import is_glob
    from k1s.client.transport import ServerGoneError

    _check(where, [id for id in ids if not is_glob(id)])
    try:
        code = live.show(live.Question(where, ids))
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))
    sys.exit(code)


def _check(where: Destination, ids: list[str]) -> None:
    """A glob may mean jobs that are still to come; an id that is unknown is a mistake."""
    from k1s.cli.jobs import Asked
    from k1s.cli.line.matching import explain_unknown

    known = [job["id"] for job in Asked(where).all] if ids else []
    for id in ids:
        if id not in known:
            fail(REFUSED, explain_unknown(id, known))
