"""`k1s wait`: returns the moment it is so."""

from time import monotonic
from typing import Annotated, Any, Literal

from k1s.cli.line.options import SERVER, Ids, Seconds, Server
from k1s.cli.line.words import Word

State = Annotated[
    Literal["pending", "running", "restarting", "killed", "exhausted", "done"], Word(value="STATE")
]


def wait(
    *ids: Ids,
    for_: State | None = None,
    timeout: Seconds | None = None,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Return the moment that jobs are in a state: the server tells, nothing polls.

    Exits with 1 when one of them can no longer come into the state, or when the
    time is over.

    ```
    k1s wait nightly-backup
    k1s wait nightly-backup --for done && echo saved
    k1s wait 'web-*' --for running --timeout 30
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes.
    for_
        The state to wait for. [default: any that is final: killed, exhausted or done]
    timeout
        Give up after so long, as in 30, 1.5 or 5min. [default: never]
    json
        Print one object: for each id the job, or the server's refusal.
    """
    from k1s.cli.acting import Step, act
    from k1s.cli.asking import is_refusal
    from k1s.cli.display.wording import period, standing

    deadline = None if timeout is None else monotonic() + timeout

    def request(id: str) -> dict[str, Any]:
        message = {"command": "wait-job", "jobId": id}
        if for_ is not None:
            message["for"] = for_
        if deadline is None:
            return message
        return {**message, "timeoutSeconds": round(max(deadline - monotonic(), 0), 2)}

    def amend(reply: Any) -> Any:
        """Who is asked last has less than the whole time left, which is nobody's business."""
        if timeout is None or not is_refusal(reply) or reply["code"] != "timed-out":
            return reply
        return {**reply, "error": f"Job is not {for_ or 'over'} after {period(timeout)}"}

    def reached(_: str, job: dict[str, Any]) -> str:
        return standing(job)

    act(server.destination, ids, "waiting for", Step(request, reached, amend), json=json)
