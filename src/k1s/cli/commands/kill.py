"""`k1s kill`: ends jobs for good."""

from typing import Annotated

from k1s.cli.line.options import SERVER, Server, SignalOption
from k1s.cli.line.words import Kind, Word


def kill(
    *ids: Annotated[str, Word(kind=Kind.KILLABLE, is_required=True)],
    signal: SignalOption = "SIGINT",
    one_time: bool = False,
    no_wait: bool = False,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """End continuous and periodic jobs, and keep them in the list.

    Returns when they are dead: the last process of each has gone. What does not
    end by itself gets SIGKILL after the job's stop timeout. A job that is being
    killed gets no second signal, but for KILL, which ends the wait. k1s start
    runs a killed job again.

    ```
    k1s kill web
    k1s kill 'worker-*' --signal TERM
    k1s kill -9 web
    k1s kill --one-time import
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes.
    signal
        What to send to every process of the job, by name or number; -TERM and -15 will do.
    one_time
        End one-time jobs, too, and keep them as well; without it they are refused.
    no_wait
        Return when the signals have been sent.
    json
        Print one object: the server's reply for each id.
    """
    from k1s.cli.acting import Step, act

    request = {"command": "kill-job", "signal": signal, **({"oneTime": True} if one_time else {})}
    ask = Step(
        lambda id: {**request, "jobId": id},
        lambda id, _: f"{id} is being killed" if no_wait else None,
    )
    wait = Step(
        lambda id: {"command": "wait-job", "jobId": id, "for": "killed"},
        lambda id, _: f"{id} is killed",
        ends=True,
        is_told=True,
    )
    act(server.destination, ids, "killing", ask, *(() if no_wait else (wait,)), json=json)
