"""`k1s restart`: stops jobs and runs them again."""

from k1s.cli.acting import Step, act
from k1s.cli.options import SERVER, Ids, Server
from k1s.cli.starting import started


def restart(*ids: Ids, json: bool = False, server: Server = SERVER) -> None:
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
    step = Step(lambda id: {"command": "restart-job", "jobId": id}, started, ends=True)
    act(server.destination, ids, "restarting", step, json=json)
