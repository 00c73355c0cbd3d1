"""`k1s up`: makes the running jobs equal to a jobs file."""

from pathlib import Path
from typing import Annotated

from k1s.cli.line.options import SERVER, Server
from k1s.cli.line.words import Kind, Word


def up(
    file: Annotated[Path, Word(kind=Kind.FILE)],
    /,
    *,
    prune: bool = False,
    dry_run: bool = False,
    take_over: bool = False,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Make the running jobs equal to a jobs file.

    The plan is shown first, one line a job, with the keys that force a replacement.
    A job that is as the file says is left alone, whatever its state. One that
    differs is replaced; if another file has made it, nothing at all is done. Who
    presses Ctrl-C in the middle is told what is done and what is not. Exits with 1
    if a job of the file could not be made or started, or is exhausted.

    The server is the one that the file's own [server] names, unless a flag or the
    environment says otherwise.

    ```
    k1s up jobs.toml --dry-run
    k1s up jobs.toml --prune
    ```

    Parameters
    ----------
    file
        A TOML file with a table [job.NAME] for each job; see k1s schema.
    prune
        Delete the jobs that this file has made and does not have any more.
    dry_run
        Only say what would be done.
    take_over
        Replace what differs even if another file has made it.
    json
        Print one JSON object at the end: file, dryRun, steps and failures.
    """
    from k1s.cli.aligning import Wish, perform

    perform(Wish(file, server, prune=prune, dry_run=dry_run, take_over=take_over, json=json))
