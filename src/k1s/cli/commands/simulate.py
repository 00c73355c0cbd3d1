"""`k1s simulate`: plays a jobs file on a virtual clock."""

from pathlib import Path
from typing import Annotated

from k1s.cli.line.words import Kind, Word

File = Annotated[Path, Word(kind=Kind.FILE, value="FILE")]


def simulate(
    file: File,
    /,
    *,
    for_: Annotated[str, Word(value="DURATION")] = "24h",
    fail: Annotated[list[str] | None, Word(value="ID=RUNS[:AFTER]")] = None,
    lasts: Annotated[list[str] | None, Word(value="ID=[RUNS:]DURATION")] = None,
    kill: Annotated[list[str] | None, Word(value="ID=AT")] = None,
    svg: File | None = None,
    all: bool = False,
    json: bool = False,
) -> None:
    """Play a jobs file on a virtual clock, and show each start, retry, skip and end.

    The rules are those of the server; only the programs are made up. A
    continuous program runs on, any other takes 50 ms and succeeds, unless an
    option says what it does. RUNS are numbers, as in 3 or 1,3-5 or 2- or all.
    An ID may be a glob. Each of these options may be repeated; a later one
    beats an earlier one, and --fail beats --lasts.

    The database ends every hour, and its third run fails after 10 s:

    k1s simulate jobs.toml --lasts db=1h --fail db=3:10s --svg timeline.svg

    Backups take 20 min, the fifth hangs, and somebody kills the queue after 6 h:

    k1s simulate jobs.toml --lasts backup=20min --lasts backup=5:forever --kill queue=6h

    Whatever begins with web fails each time:

    k1s simulate jobs.toml --for 1h --fail 'web*=all'

    Parameters
    ----------
    file
        A TOML file with a table [job.NAME] for each job.
    for_
        How long to play: 90s, 15min, 24h, 1.5h, 7d.
    fail
        These runs fail (exit code 1), at once or after a time.
    lasts
        The runs of a job, or these, last so long; forever is a duration, too.
    kill
        Somebody kills the job at this time after the start.
    svg
        Draw the timeline into this file.
    all
        Show every event; without it what repeats is told once.
    json
        Print one JSON object for each event: the line that watch-jobs has for it, with times
        that count from 1970, or a note (skip, forgive, refuse) that is no transition.
    """
    import gc

    gc.disable()  # events are kept to the end, and next to nothing refers to itself
    from k1s.cli.simulating import Wish, perform

    perform(
        Wish(
            file=file,
            lasts_for=for_,
            fail=tuple(fail or ()),
            lasts=tuple(lasts or ()),
            kill=tuple(kill or ()),
            svg=svg,
            all=all,
            json=json,
        )
    )
