"""`k1s signal`: sends a signal, and means nothing else by it."""

from typing import Annotated

from k1s.cli.line.options import SERVER, Server, SignalPlace
from k1s.cli.line.words import Kind, Word


def signal(
    name: SignalPlace,
    /,
    *ids: Annotated[str, Word(kind=Kind.RUNNING, is_required=True)],
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Send a signal to the main process of running jobs; what it does with it is its own affair.

    To end a job for good, use kill: after a signal, it runs on or is restarted as
    its type says.

    ```
    k1s signal HUP web
    k1s signal USR1 'worker-*'
    ```

    Parameters
    ----------
    name
        The signal, such as HUP, SIGHUP or 1.
    ids
        Ids of jobs, or globs in quotes.
    json
        Print one object: the server's reply for each id.
    """
    from k1s.cli.acting import Step, act

    step = Step(
        lambda id: {"command": "signal-job", "jobId": id, "signal": name},
        lambda id, _: f"{id} got {name}",
    )
    act(server.destination, ids, "signalling", step, json=json)
