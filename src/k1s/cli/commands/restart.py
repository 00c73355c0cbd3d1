"""`k1s restart`: stops jobs and runs them again."""

from typing import Annotated

from k1s.cli.line.options import SERVER, Server
from k1s.cli.line.words import Kind, Word


def restart(
    *ids: Annotated[str, Word(kind=Kind.RESTARTABLE, is_required=True)],
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Stop jobs as kill does, and run them again with a fresh budget of retries.

    Returns when the new runs have been started.

    ```
    k1s restart web
    k1s restart 'worker-*'
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

    step = Step(lambda id: {"command": "restart-job", "jobId": id}, started, ends=True)
    act(server.destination, ids, "restarting", step, json=json)
