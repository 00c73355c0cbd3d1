"""From the JSON of a reply to the values of `values`, or to the exception that it stands for.

Types are checked as strictly as those of requests, but a key that a newer
server may have added is passed over.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from attrs import frozen
from cattrs import ClassValidationError

from k1s.client.refusals import refused
from k1s.client.values import (
    Explanation,
    JobInfo,
    LogChunk,
    Missed,
    Prospect,
    ServerInfo,
    Transition,
)
from k1s.errors import K1sError, shown
from k1s.job import State
from k1s.protocol import LogStream
from k1s.spelling import camel_case
from k1s.strict import WrongTypeError, enum_hook, first_mistake, make_converter
from k1s.transition import Trigger

_T = TypeVar("_T")


@frozen
class _Chunk:
    """A line of `get-logs` as it is written."""

    job_id: str
    stream: LogStream
    text: str = ""
    base64: str | None = None
    missed_bytes: int = 0


class StrangeReplyError(K1sError):
    """The server answered something that this version of k1s does not understand."""


def job(reply: Any) -> JobInfo:
    """One job."""
    return _read(reply, JobInfo)


def jobs(reply: Any) -> list[JobInfo]:
    """A list of jobs."""
    _raise_refusal(reply)
    if type(reply) is not list:
        raise _strange(f"it wants a list of jobs, got {shown(reply)}")
    return [_read(item, JobInfo) for item in reply]


def done(reply: Any) -> None:
    """A message, which says no more than that it is done."""
    _object(reply)


def server_info(reply: Any) -> ServerInfo:
    """What the server is."""
    return _read(reply, ServerInfo)


def explanation(reply: Any) -> Explanation:
    """What has happened to a job, and what can come."""
    return _read(reply, Explanation)


def change(line: Any) -> Transition | Missed:
    """A line of `watch-jobs`."""
    if "missed" in _object(line):
        return _read(line, Missed)
    return _read(line, Transition)


def chunk(line: Any) -> LogChunk:
    """A line of `get-logs`."""
    found = _read(line, _Chunk)
    return LogChunk(found.job_id, found.stream, _data(found), found.missed_bytes)


def _data(found: "_Chunk") -> bytes:
    if found.base64 is None:
        return found.text.encode(errors="surrogatepass")
    try:
        return b64decode(found.base64, validate=True)
    except (binascii.Error, ValueError):
        raise _strange("base64 wants text in base64") from None


def _read(reply: Any, cls: type[_T]) -> _T:
    try:
        return _CONVERTER.structure(_object(reply), cls)
    except ClassValidationError as error:
        raise _strange(str(first_mistake(error, camel_case))) from None


def _object(reply: Any) -> dict[str, Any]:
    _raise_refusal(reply)
    if type(reply) is not dict:
        raise _strange(f"it wants an object, got {shown(reply)}")
    return reply


def _raise_refusal(reply: Any) -> None:
    if type(reply) is dict and type(reply.get("error")) is str and "code" in reply:
        raise refused(reply["error"], str(reply["code"]))


def _strange(how: str) -> StrangeReplyError:
    return StrangeReplyError(
        f"the reply is not understood ({how}): use the same version of k1s on both sides"
    )


def _time(value: object, _: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if type(value) is str else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongTypeError("a time such as 2026-11-23T06:35:15.123Z", shown(value))
    return moment


def _counts(value: object, _: object) -> Mapping[str, int]:
    if type(value) is dict and all(type(count) is int for count in value.values()):
        return value
    raise WrongTypeError("an object of whole numbers", shown(value))


_CONVERTER: Final = make_converter(
    inputs=(JobInfo, Transition, Missed, _Chunk, ServerInfo, Prospect, Explanation),
    rename=camel_case,
    hooks={
        datetime: _time,
        **{of: enum_hook(of, f"one of {', '.join(of)}") for of in (State, Trigger, LogStream)},
        Mapping[str, int]: _counts,
    },
    strict_keys=False,
)
