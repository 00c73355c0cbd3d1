"""`k1s client`: the original client, with its flags and no others."""

from typing import Annotated, Any, Literal

from k1s.cli.failing import REFUSED, fail
from k1s.cli.line.options import Host, Port, Variables, whole
from k1s.cli.line.words import Kind, Word


def client(
    *,
    command: Annotated[
        Literal["get-all-jobs", "get-job-by-id", "create-job", "kill-job", "delete-job"],
        Word(("--command", "-c"), value="COMMAND"),
    ],
    host: Host | None = None,
    port: Port | None = None,
    id: Annotated[str | None, Word(("--id", "-i"), Kind.JOB, "ID")] = None,
    type: Annotated[
        Literal["one-time", "periodic", "continuous"] | None,
        Word(("--type", "-t"), value="TYPE"),
    ] = None,
    executable: Annotated[str | None, Word(("--executable", "-x"), Kind.PROGRAM, "PROGRAM")] = None,
    arguments: Annotated[str | None, Word(("--arguments", "-a"), value="TEXT", is_raw=True)] = None,
    working_directory: Annotated[
        str | None, Word(("--working-directory", "--workingDirectory", "-w"), Kind.FOLDER, "DIR")
    ] = None,
    environment: Variables | None = None,
    period: Annotated[float | None, Word(("--period", "-r"), value="SECONDS")] = None,
    max_retry: Annotated[
        int | None, Word(("--max-retry", "--maxRetry", "-m"), value="N", read=whole)
    ] = None,
) -> None:
    """Send one command to a server and print its reply as JSON.

    Without --host and --port, K1S_SOCKET can name the Unix socket of the server.

    ```
    k1s client -c get-all-jobs
    k1s client -c create-job -i hello -t periodic -x /bin/echo -a hello -r 30
    k1s client -c kill-job -i hello
    ```

    Parameters
    ----------
    command
        What the server is asked to do.
    host
        Where the server is, unless K1S_HOST says it. [default: 127.0.0.1]
    port
        The port that it listens on, unless K1S_PORT says it. [default: 4567]
    id
        The job's id.
    type
        When the job runs.
    executable
        The program: a path, or a name on the PATH.
    arguments
        Its arguments in one text, split on spaces.
    working_directory
        The folder to run it in.
    environment
        A variable; may be repeated. Naming one replaces the server's environment.
    period
        Seconds from one start to the next, for a periodic job.
    max_retry
        How many failures in a row are forgiven; -1 forgives all.
    """
    from k1s.cli.asking import destination, is_refusal, reply
    from k1s.cli.display.output import print_json
    from k1s.cli.line.environment import variables

    job = {
        "id": id,
        "type": type,
        "executable": executable,
        "arguments": None if arguments is None else [word for word in arguments.split(" ") if word],
        "workingDirectory": working_directory,
        "environment": variables(environment or []) or None,
        "periodInSeconds": int(period) if period is not None and period.is_integer() else period,
        "maxRetry": max_retry,
    }
    message: dict[str, Any] = {"command": command}
    if command == "create-job":
        message["job"] = {key: value for key, value in job.items() if value is not None}
    elif command != "get-all-jobs":
        message["jobId"] = id
    value = reply(destination(host, port, None), message)
    print_json(value)
    if is_refusal(value):
        fail(REFUSED, str(value["error"]))
