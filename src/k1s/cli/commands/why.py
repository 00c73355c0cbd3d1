"""`k1s why`: why a job is in its state, and what comes next."""

import sys
from typing import Any

from k1s.cli.failing import REFUSED
from k1s.cli.line.options import SERVER, Ids, Server


def why(*ids: Ids, json: bool = False, server: Server = SERVER) -> None:
    """Tell why jobs are in their states, and what comes next.

    What comes next is asked of the rules that the server itself follows.

    ```
    k1s why web
    k1s why 'worker-*' --json
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes.
    json
        Print one array: of each job its "job", "history", "forecast" and "orders".
    """
    from k1s.cli.display.output import print_json, print_lines
    from k1s.cli.jobs import Asked

    explanations, all_found = Asked(server.destination).each(ids, "explain-job")
    if json:
        print_json(explanations)
    else:
        print_lines(_lines(explanations))
    if not all_found:
        sys.exit(REFUSED)


def _lines(explanations: list[dict[str, Any]]) -> list[str]:
    """What is told, with an empty line between two jobs."""
    from k1s.cli.display.wording import printable
    from k1s.explaining import told

    pages = [[printable(line) for line in told(found)] for found in explanations]
    return [line for page in pages for line in ("", *page)][1:]
