"""`k1s delete`: ends jobs and forgets them."""

from k1s.cli.line.options import SERVER, Ids, Server


def delete(*ids: Ids, with_logs: bool = False, json: bool = False, server: Server = SERVER) -> None:
    """End jobs of any type, and forget them; their logs stay.

    Returns when they are gone: the last process of each has ended. What does not
    end by itself gets SIGKILL after the job's stop timeout.

    ```
    k1s delete web
    k1s delete 'batch-*' --with-logs
    ```

    Parameters
    ----------
    ids
        Ids of jobs, or globs in quotes.
    with_logs
        Remove their logs, too, with all backups.
    json
        Print one object: the server's reply for each id.
    """
    from k1s.cli.acting import Step, act

    more = {"withLogs": True} if with_logs else {}
    step = Step(
        lambda id: {"command": "delete-job", "jobId": id, **more},
        lambda id, _: f"{id} is deleted",
        ends=True,
    )
    act(server.destination, ids, "deleting", step, json=json)
