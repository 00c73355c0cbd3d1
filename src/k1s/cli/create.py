"""`k1s create`: makes a job and starts it."""

import os
from typing import Annotated, Any, Final

from cyclopts import Parameter

from k1s.cli import asking
from k1s.cli.acting import Failed
from k1s.cli.environment import variables
from k1s.cli.failing import REFUSED, WRONG_USAGE, fail
from k1s.cli.jobs import Asked
from k1s.cli.options import SERVER, Json, Program, Seconds, Server, Variables, whole
from k1s.cli.output import print_json, print_lines
from k1s.cli.starting import started
from k1s.destination import Destination

_FLAGS: Final = {
    "periodInSeconds": "--every",
    "maxRetry": "--max-retry",
    "workingDirectory": "--working-directory",
    "environment": "--environment",
    "restartDelaySeconds": "--restart-delay",
    "maxRestartDelaySeconds": "--max-restart-delay",
    "healthyAfterSeconds": "--healthy-after",
    "stopTimeoutSeconds": "--stop-timeout",
    "stdoutLogPath": "--stdout-log",
    "stderrLogPath": "--stderr-log",
    "errorLogPath": "--error-log",
    "executable": "PROGRAM",
    "arguments": "ARG",
    "id": "ID",
}


def create(
    id: str,
    /,
    *,
    program: Program,
    every: Seconds | None = None,
    continuous: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    max_retry: Annotated[int | None, Parameter(name=["--max-retry", "-m"], converter=whole)] = None,
    working_directory: Annotated[str | None, Parameter(name=["--working-directory", "-w"])] = None,
    environment: Annotated[Variables | None, Parameter(name=["--environment", "-e"])] = None,
    restart_delay: Seconds | None = None,
    max_restart_delay: Seconds | None = None,
    healthy_after: Seconds | None = None,
    stop_timeout: Seconds | None = None,
    stdout_log: str | None = None,
    stderr_log: str | None = None,
    error_log: str | None = None,
    json: Json = False,
    server: Server = SERVER,
) -> None:
    """Make a job and start it: what stands behind -- is run exactly as typed.

    Without --every and --continuous it runs once. Times are seconds, or as in
    250ms, 5min, 2h or 1d. Exits with 1 if the program could not be started; the
    job is there nevertheless, and is retried as it says.

    ```
    k1s create web --continuous -- python3 -m http.server 8000
    k1s create backup --every 1h --max-retry 3 -- ./backup.sh --fast
    k1s create report -w /srv/reports -e LANG=C -- make report
    ```

    Parameters
    ----------
    id
        A name for the job, and for its logs.
    every
        Make it periodic: the time from one start to the next.
    continuous
        Run it again whenever it ends.
    max_retry
        How many failures in a row are forgiven; -1 forgives all. [default: 5; 0 if it runs once]
    working_directory
        The folder to run it in. [default: the server's]
    environment
        A variable as KEY=VALUE; may be repeated. Naming one replaces the server's environment.
    restart_delay
        The pause before another run; each further failure doubles it. [default: 0.1]
    max_restart_delay
        The longest that the pause grows. [default: 30]
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
    if every is not None and continuous:
        fail(WRONG_USAGE, "a job is periodic or continuous: give --every or --continuous, not both")
    if not program:
        fail(WRONG_USAGE, "there is no program behind the --")
    job: dict[str, Any] = {
        "id": id,
        "type": "continuous" if continuous else "one-time" if every is None else "periodic",
        "executable": program[0],
        "arguments": program[1:],
        "workingDirectory": None
        if working_directory is None
        else os.path.abspath(working_directory),
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
    made = submit(
        server.destination, {key: value for key, value in job.items() if value is not None}
    )
    said = started(id, made)
    if json:
        print_json(made)
    elif isinstance(said, str):
        print_lines([said])
    if isinstance(said, Failed):
        fail(REFUSED, f"{said.text}{_hint(made)}")


def submit(where: Destination, job: dict[str, Any]) -> dict[str, Any]:
    """Have the server make a job, or end with its refusal."""
    made: dict[str, Any] = asking.reply(where, {"command": "create-job", "job": job})
    if asking.is_refusal(made):
        is_invalid = made.get("code") == "invalid-request"
        fail(REFUSED, _in_flags(made) if is_invalid else Asked(where).explained(job["id"], made))
    return made


def _in_flags(refusal: dict[str, Any]) -> str:
    """The server speaks of keys; who has typed flags is told of flags."""
    sentence = str(refusal["error"])
    key, *rest = sentence.removeprefix("job.").split(" ", 1)
    return " ".join([_FLAGS[key], *rest]) if key in _FLAGS else sentence


def _hint(job: dict[str, Any]) -> str:
    """Where a relative path was looked for is the commonest surprise."""
    program = str(job["executable"])
    if "/" not in program or program.startswith("/") or job["workingDirectory"] is not None:
        return ""
    return (
        " (seen from the server's folder; -w . makes it this one)"
        if os.path.exists(program)
        else ""
    )
