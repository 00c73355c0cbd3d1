"""What `k1s list` shows, and `k1s top` where there is no screen."""

import sys
import time
from collections.abc import Sequence
from typing import Final

from k1s.cli.display import listing
from k1s.cli.display.output import columns, has_colour, print_json, print_lines, say
from k1s.cli.failing import REFUSED, complain
from k1s.cli.jobs import Asked
from k1s.cli.line.matching import explain_unknown, match
from k1s.destination import Destination

LONG: Final = 20


def show(where: Destination, patterns: Sequence[str], *, json: bool) -> None:
    """Print one line for each job that is meant; all, if none is named."""
    jobs = Asked(where).all
    ids = [job["id"] for job in jobs]
    unknown: list[str] = []
    if patterns:
        meant, unknown = match(patterns, ids)
        jobs = [job for job in jobs if job["id"] in set(meant)]
    if json:
        print_json(jobs)
    elif jobs:
        _print(jobs)
    elif not patterns:
        say(listing.EMPTY)
    for pattern in unknown:
        complain(explain_unknown(pattern, ids))
    if unknown:
        sys.exit(REFUSED)


def _print(jobs: Sequence[listing.Job]) -> None:
    place, colour = columns(sys.stdout), has_colour(sys.stdout)
    print_lines(listing.lines(jobs, time.time(), place, has_colour=colour))
    if place is not None and len(jobs) >= LONG:
        say(listing.summary(jobs))
