"""`k1s create`: makes a job and starts it."""

from typing import Annotated, Any

from k1s.cli.failing import WRONG_USAGE, fail
from k1s.cli.line.options import SERVER, Folder, Program, Retries, Seconds, Server, Variables
from k1s.cli.line.words import Kind, Word

LogFile = Annotated[str, Word(kind=Kind.FILE, value="PATH")]


def create(
    id: str,
    /,
    *,
    program: Program,
    every: Seconds | None = None,
    continuous: bool = False,
    max_retry: Retries | None = None,
    working_directory: Folder | None = None,
    environment: Variables | None = None,
    restart_delay: Seconds | None = None,
    max_restart_delay: Seconds | None = None,
    healthy_after: Seconds | None = None,
    stop_timeout: Seconds | None = None,
    stdout_log: LogFile | None = None,
    stderr_log: LogFile | None = None,
    error_log: LogFile | None = None,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Make a job and start it: what stands behind -- is run exactly as typed.

    Without --every and --continuous it runs once. A DURATION is a time in seconds, or with
    its unit, as in 30, 250ms, 5min or 1d. Exits with 1 if the program could not be started; the
    job is there nevertheless, and is retried as it says.

    ```
    k1s create web --continuous -- python3 -m http.server 8000
    k1s create backup --every 1h --max-retry 3 -- ./backup.sh --fast
    k1s create report -w /srv/reports -e LANG=C -e PATH="$PATH" -- make report
    ```

    Parameters
    ----------
    id
        A name for the job, and for its logs.
    every
        Make it periodic: the time from one start to the next, as in 30, 5min or 1h.
    continuous
        Run it again whenever it ends.
    max_retry
        How many failures in a row are forgiven; -1 forgives all. [default: 5; 0 if it runs once]
    working_directory
        The folder to run it in. [default: the server's]
    environment
        A variable; may be repeated. Those that are named are the whole environment,
        so name PATH, too, if the program needs it. [default: the server's environment]
    restart_delay
        The pause before another run; each further failure doubles it. [default: 0.1]
    max_restart_delay
        The longest that the pause grows. [default: 30, or the pause if that is longer]
    healthy_after
        A run that lasts this long also ends a row of failures. [default: off]
    stop_timeout
        From the signal that ends it to SIGKILL. [default: 10]
    stdout_log
        A file for its output, seen from the server's folder. [default: stdout_ID.log]
    stderr_log
        A file for its error output. [default: stderr_ID.log]
    error_log
        A file for what k1s has to say of it. [default: error_ID.log]
    json
        Print the job as the server shows it: one object.
    """
    from k1s.cli.creating import make
    from k1s.cli.currentfolder import absolute
    from k1s.cli.line.environment import variables

    if every is not None and continuous:
        fail(WRONG_USAGE, "a job is periodic or continuous: give --every or --continuous, not both")
    if not program:
        fail(WRONG_USAGE, "there is no program behind the --")
    job: dict[str, Any] = {
        "id": id,
        "type": "continuous" if continuous else "one-time" if every is None else "periodic",
        "executable": program[0],
        "arguments": program[1:],
        "workingDirectory": None if working_directory is None else absolute(working_directory),
        "environment": variables(environment or []) or None,
        "periodInSeconds": every,
        "maxRetry": max_retry,
        "stdoutLogPath": stdout_log,
        "stderrLogPath": stderr_log,
        "errorLogPath": error_log,
        "restartDelaySeconds": restart_delay,
        "maxRestartDelaySeconds": max_restart_delay,
        "healthyAfterSeconds": healthy_after,
        "stopTimeoutSeconds": stop_timeout,
    }
    make(server.destination, job, json=json)
