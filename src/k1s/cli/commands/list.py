"""`k1s list`: one line a job."""

from k1s.cli.line.options import SERVER, AnyJobs, Server


def list_jobs(
    *ids: AnyJobs,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Show one line for each job: its state, and what happens next.

    A job can be named by its id, or by a glob in quotes. On a terminal the
    table fits its width: RUNS and TYPE give way first, and failures last.

    ```
    k1s list
    k1s list web 'worker-*'
    k1s list --json | jq '.[] | select(.state == "exhausted").id'
    ```

    Parameters
    ----------
    ids
        The jobs to show. [default: all]
    json
        Print the jobs as the server shows them: one array of objects.
    """
    from k1s.cli import overview

    overview.show(server.destination, ids, json=json)
