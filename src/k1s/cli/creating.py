"""Has the server make a job, and tells what came of it, in terms of the flags."""

import os
import re
from typing import Any, Final

from k1s.cli import asking
from k1s.cli.acting import Failed
from k1s.cli.display.output import print_json, print_lines
from k1s.cli.display.starting import started
from k1s.cli.failing import REFUSED, WRONG_USAGE, fail
from k1s.cli.jobs import Asked
from k1s.destination import Destination
from k1s.spelling import camel_case

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


def make(where: Destination, job: dict[str, Any], *, json: bool) -> None:
    """Make a job as `k1s create` was asked to, and say how it has started."""
    job = {key: value for key, value in job.items() if value is not None}
    made = submit(where, job)
    said = started(job["id"], made)
    if json:
        print_json(made)
    elif isinstance(said, str):
        print_lines([said])
    if isinstance(said, Failed):
        fail(REFUSED, f"{said.text}{_hint(made)}")


def submit(where: Destination, job: dict[str, Any]) -> dict[str, Any]:
    """Have the server make a job, or end with its refusal, in terms of the flags."""
    message = {"command": "create-job", "job": job}
    made: dict[str, Any] = asking.reply(where, message, lambda: check(job))
    if asking.is_refusal(made):
        check(job)
        is_invalid = made.get("code") == "invalid-request"
        fail(REFUSED, _in_flags(made) if is_invalid else Asked(where).explained(job["id"], made))
    return made


def check(job: dict[str, Any]) -> None:
    """End the command if a value is one that no server takes.

    The server checks that, too. Nothing is checked here before it has refused a job, or was not
    there to do so: to load the rules takes longer than all the rest of a command that works.
    """
    from attrs import fields_dict

    from k1s.errors import InvalidValueError
    from k1s.job import JobSpec, JobType

    names = {camel_case(name): name for name in fields_dict(JobSpec)}
    given = {names[key]: value for key, value in job.items()}
    given["type"] = JobType(job["type"])
    try:
        JobSpec(**given)
    except InvalidValueError as error:
        name, *rest = re.split(r"(?=[.[])", error.field, maxsplit=1)  # an item, or a variable
        flag = "".join([_FLAGS[name], *rest])
        fail(WRONG_USAGE, f"{flag} wants {error.wants}, got {error.got}")


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
