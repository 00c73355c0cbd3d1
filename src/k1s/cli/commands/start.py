"""`k1s start`: runs jobs again."""

from typing import Annotated

from k1s.cli.line.options import SERVER, Server
from k1s.cli.line.words import Kind, Word


def start(
    *ids: Annotated[str, Word(kind=Kind.STARTABLE, is_required=True)],
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Run jobs that are over again, with a fresh budget of retries.

    A job that waits for its next run is run now. One that is running already is
    left alone.

    ```
    k1s start web
    k1s start 'batch-*'
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes.
    json
        Print one object: the server's reply for each id.
    """
    from k1s.cli.acting import Step, act
    from k1s.cli.display.starting import started

    step = Step(lambda id: {"command": "start-job", "jobId": id}, started)
    act(server.destination, ids, "starting", step, json=json)
