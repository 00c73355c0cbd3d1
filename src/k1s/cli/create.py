"""`k1s create`: makes a job and starts it."""

import os
import re
from typing import Annotated, Any, Final

from attrs import fields_dict

from k1s.cli import asking
from k1s.cli.acting import Failed
from k1s.cli.environment import variables
from k1s.cli.failing import REFUSED, WRONG_USAGE, fail
from k1s.cli.here import absolute
from k1s.cli.jobs import Asked
from k1s.cli.options import (
    SERVER,
    Folder,
    Program,
    Retries,
    Seconds,
    Server,
    Variables,
)
from k1s.cli.output import print_json, print_lines
from k1s.cli.starting import started
from k1s.cli.words import Kind, Word
from k1s.destination import Destination
from k1s.errors import InvalidValueError
from k1s.job import JobSpec, JobType
from k1s.spelling import camel_case

LogFile = Annotated[str, Word(kind=Kind.FILE)]
_FLAGS: Final = {
    "period_in_seconds": "--every",
    "max_retry": "--max-retry",
    "working_directory": "--working-directory",
    "environment": "--environment",
    "restart_delay_seconds": "--restart-delay",
    "max_restart_delay_seconds": "--max-restart-delay",
    "healthy_after_seconds": "--healthy-after",
    "stop_timeout_seconds": "--stop-timeout",
    "stdout_log_path": "--stdout-log",
    "stderr_log_path": "--stderr-log",
    "error_log_path": "--error-log",
    "executable": "PROGRAM",
    "arguments": "ARG",
    "id": "ID",
}
_FLAGS_ON_THE_WIRE: Final = {camel_case(name): flag for name, flag in _FLAGS.items()}


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

    Without --every and --continuous it runs once. Times are seconds, or as in
    250ms, 5min, 2h or 1d. Exits with 1 if the program could not be started; the
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
        Make it periodic: the time from one start to the next.
    continuous
        Run it again whenever it ends.
    max_retry
        How many failures in a row are forgiven; -1 forgives all. [default: 5; 0 if it runs once]
    working_directory
        The folder to run it in. [default: the server's]
    environment
        A variable as KEY=VALUE; may be repeated. Those that are named are the whole environment,
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
    job = {key: value for key, value in job.items() if value is not None}
    check(job)
    made = submit(server.destination, job)
    said = started(id, made)
    if json:
        print_json(made)
    elif isinstance(said, str):
        print_lines([said])
    if isinstance(said, Failed):
        fail(REFUSED, f"{said.text}{_hint(made)}")


def check(job: dict[str, Any]) -> None:
    """End the command if a value is one that no server takes; none is asked for that."""
    names = {camel_case(name): name for name in fields_dict(JobSpec)}
    given = {names[key]: value for key, value in job.items()}
    given["type"] = JobType(job["type"])
    try:
        JobSpec(**given)
    except InvalidValueError as error:
        name, *rest = re.split(r"(?=[.[])", error.field, maxsplit=1)  # an item, or a variable
        flag = "".join([_FLAGS[name], *rest])
        fail(WRONG_USAGE, f"{flag} wants {error.wants}, got {error.got}")


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
    flag = _FLAGS_ON_THE_WIRE.get(key)
    return " ".join([flag, *rest]) if flag else sentence


def _hint(job: dict[str, Any]) -> str:
    """The commonest surprises: quotes around all words, and where a relative path is looked for."""
    program = str(job["executable"])
    if " " in program and not job["arguments"]:
        return " (leave out the quotes: a program and its arguments are words of their own)"
    is_relative = "/" in program and not program.startswith("/")
    if is_relative and job["workingDirectory"] is None and os.path.exists(program):
        return " (seen from the server's folder; -w . makes it this one)"
    return ""
