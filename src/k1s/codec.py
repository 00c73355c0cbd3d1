"""Between a line of JSON and the values of `protocol`: strict, and in words when it refuses.

A key that is null counts as not given.

The original client spells its commands in camelCase and may send the same
four keys with every command. Its requests are brought into today's form first
(`_modernise`), so that the strict path is the only one.
"""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, assert_never
from weakref import WeakKeyDictionary

from attrs import fields, fields_dict
from cattrs import ClassValidationError

from k1s.errors import Code, InvalidValueError, RequestError, shown
from k1s.job import JobSpec, JobType, State
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    ExplainJob,
    Explanation,
    GetAllJobs,
    GetJobById,
    GetLogs,
    GetServerInfo,
    JobReply,
    JobsReply,
    KillJob,
    LogStream,
    Message,
    Refusal,
    Reply,
    Request,
    RestartJob,
    ServerInfo,
    SignalJob,
    Sized,
    StartJob,
    WaitJob,
    WatchJobs,
)
from k1s.spelling import camel_case
from k1s.strict import did_you_mean, enum_hook, first_mistake, keys, make_converter
from k1s.strictjson import read_object
from k1s.transition import Transition
from k1s.views import JobView, ProspectView, TransitionView

_TRANSITIONS_KEPT: Final = 1024

COMMANDS: Final[Mapping[str, type[Request]]] = {
    "get-all-jobs": GetAllJobs,
    "get-job-by-id": GetJobById,
    "create-job": CreateJob,
    "create-jobs": CreateJobs,
    "start-job": StartJob,
    "restart-job": RestartJob,
    "kill-job": KillJob,
    "signal-job": SignalJob,
    "delete-job": DeleteJob,
    "wait-job": WaitJob,
    "explain-job": ExplainJob,
    "get-server-info": GetServerInfo,
    "watch-jobs": WatchJobs,
    "get-logs": GetLogs,
}
_ORIGINAL_COMMANDS: Final[Mapping[str, str]] = {
    "getAllJobs": "get-all-jobs",
    "getJobById": "get-job-by-id",
    "createJob": "create-job",
    "killJob": "kill-job",
    "deleteJob": "delete-job",
}


def decode(line: bytes) -> Request:
    """The request in a line of JSON, with or without its newline. Raises `RequestError`.

    A token is no part of a request: whoever wants one has it taken out by
    `take_token` between the two halves of this function.
    """
    message = read_object(line)
    take_token(message)
    return interpret(message)


def take_token(message: dict[str, Any]) -> str | None:
    """Take the token, if there is one, out of a message. No error quotes it."""
    token = message.pop("token", None)
    if token is not None and not isinstance(token, str):
        raise RequestError(Code.INVALID_REQUEST, "token wants text, got something else")
    return token


def interpret(message: dict[str, Any]) -> Request:
    """The request that an object of JSON is meant to be. Raises `RequestError`."""
    message = _modernise(message)
    command = _command(message)
    arguments = {key: value for key, value in message.items() if key != "command"}
    _check_presence(COMMANDS[command], arguments)
    try:
        return _CONVERTER.structure(arguments, COMMANDS[command])
    except ClassValidationError as error:
        mistake = first_mistake(error, camel_case)
        text = str(mistake) if mistake.path else f"{command} {mistake}"
        raise RequestError(Code.INVALID_REQUEST, text) from None


def message_of(request: Request) -> dict[str, Any]:
    """A request as an object of JSON: the inverse of `interpret`. What is None is left out."""
    return {"command": _WORDS[type(request)], **_given(_CONVERTER.unstructure(request))}


def encode(reply: Reply) -> bytes:
    """A reply as one line of JSON, its newline included."""
    match reply:
        case JobReply():
            return _encode_job(reply.job) + b"\n"
        case JobsReply():
            return b"[" + b",".join(map(_encode_job, reply.jobs)) + b"]\n"
        case Message() | Refusal() | Explanation() | ServerInfo():
            return encode_line(_CONVERTER.unstructure(reply))
        case _:
            assert_never(reply)


# A thousand watchers are told of one move: it is put into JSON once.
@lru_cache(maxsize=_TRANSITIONS_KEPT)
def encode_transition(transition: Transition) -> bytes:
    """A move of a job as one line of JSON."""
    return encode_line(_CONVERTER.unstructure(TransitionView.of(transition)))


def encode_line(value: Any) -> bytes:
    """JSON values as one line."""
    return _json(value) + b"\n"


def _encode_job(view: JobView) -> bytes:
    """A view of a job as JSON. The registry gives the same one out again until the job moves."""
    encoded = _encoded.get(view)
    if encoded is None:
        encoded = _json(_CONVERTER.unstructure(view))
        if len(encoded) <= _KEPT_BYTES_MAX:
            _encoded[view] = encoded
    return encoded


def _json(value: Any) -> bytes:
    # Only the server's own folder can hold bytes that are not UTF-8.
    return _ENCODER.encode(value).encode(errors="backslashreplace")


def _given(value: Any) -> Any:
    """Plain values of JSON, without the keys that are None: these count as not given."""
    match value:
        case dict():
            return {key: _given(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_given(item) for item in value]
        case StrEnum():
            return value.value
        case _:
            return value


def _modernise(message: dict[str, Any]) -> dict[str, Any]:
    """A request of the original client in today's form; any other as it is."""
    command = message.get("command")
    if not isinstance(command, str) or command not in _ORIGINAL_COMMANDS:
        return message
    modern = _ORIGINAL_COMMANDS[command]
    foreign = set(_ORIGINAL_KEYS) - set(keys(COMMANDS[modern], camel_case))
    if modern == "delete-job":
        foreign.add("signal")  # it says what a kill would send
    job = message.get("job")
    if isinstance(job, dict) and job.get("workingDirectory") == "":
        del job["workingDirectory"]  # its way to say that none was given
    kept = {key: value for key, value in message.items() if key not in foreign}
    return {**kept, "command": modern}


def _command(message: Mapping[str, Any]) -> str:
    command = message.get("command")
    if not isinstance(command, str):
        got = shown(command) if "command" in message else "nothing"
        text = f"command wants one of {_listed(COMMANDS)}, got {got}"
        raise RequestError(Code.INVALID_REQUEST, text)
    if command not in COMMANDS:
        hint = did_you_mean(command, COMMANDS) or f": use {_listed(COMMANDS)}"
        raise RequestError(Code.UNKNOWN_COMMAND, f"Unknown command {shown(command)}{hint}")
    return command


def _check_presence(request: type[Request], arguments: dict[str, Any]) -> None:
    """Refuse what has a word of its own when it is missing, or null."""
    _drop_nulls(arguments, _KEYS)
    _check_lengths(request, arguments)
    if request is CreateJob:
        _check_job(arguments.get("job"), "job", is_given="job" in arguments)
    elif request is CreateJobs and isinstance(jobs := arguments.get("jobs"), list):
        for index, job in enumerate(jobs):
            _check_job(job, f"jobs[{index}]")
    elif "job_id" in fields_dict(request) and "jobId" not in arguments:
        raise RequestError(Code.JOB_ID_REQUIRED, "Job ID is required")


def _check_lengths(request: type[Request], arguments: dict[str, Any]) -> None:
    """Refuse a list that is too long before its items are looked at: that can take a while."""
    for key, attribute in _LISTS[request]:
        if type(arguments.get(key)) is list:
            try:
                attribute.validator(None, attribute, arguments[key])
            except InvalidValueError as error:
                text = f"{key} wants {error.wants}, got {error.got}"
                raise RequestError(Code.INVALID_REQUEST, text) from None


def _check_job(job: object, name: str, *, is_given: bool = True) -> None:
    if not isinstance(job, dict):
        got = shown(job) if is_given else "nothing"
        raise RequestError(Code.INVALID_REQUEST, f"{name} wants an object, got {got}")
    _drop_nulls(job, _JOB_KEYS)
    if "id" not in job:
        raise RequestError(Code.JOB_ID_REQUIRED, "Job ID is required")
    if job.get("type") not in _JOB_TYPES:
        got = shown(job["type"]) if "type" in job else "nothing"
        text = f"Invalid job type: use {_listed(_JOB_TYPES)}, not {got}"
        raise RequestError(Code.INVALID_JOB_TYPE, text)


def _drop_nulls(mapping: dict[str, Any], droppable: Iterable[str]) -> None:
    for key in droppable:
        if key in mapping and mapping[key] is None:
            del mapping[key]


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"


_ORIGINAL_KEYS: Final = frozenset({"jobId", "job", "signal"})
_KEYS: Final = frozenset(key for request in COMMANDS.values() for key in keys(request, camel_case))
_STATE_WANTS: Final = "pending, running, restarting, killed, exhausted or done"
_LISTS: Final = {
    request: [(camel_case(a.name), a) for a in fields(request) if isinstance(a.validator, Sized)]
    for request in COMMANDS.values()
}
_WORDS: Final = {request: command for command, request in COMMANDS.items()}
_JOB_KEYS: Final = tuple(keys(JobSpec, camel_case))
_JOB_TYPES: Final = tuple(str(job_type) for job_type in JobType)
# What is larger is put into JSON anew for each who asks.
_KEPT_BYTES_MAX: Final = 16_384
_encoded: Final[WeakKeyDictionary[JobView, bytes]] = WeakKeyDictionary()
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)
_CONVERTER: Final = make_converter(
    inputs=(JobSpec, *COMMANDS.values()),
    outputs=(
        *(JobSpec, *COMMANDS.values()),
        *(JobView, TransitionView, ProspectView, Explanation, ServerInfo, Message, Refusal),
    ),
    rename=camel_case,
    hooks={
        State: enum_hook(State, _STATE_WANTS),
        LogStream: enum_hook(LogStream, "stdout, stderr or error"),
    },
    lists={JobSpec: "a list of jobs", LogStream: "a list of stdout, stderr and error"},
)
