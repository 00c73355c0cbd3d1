"""The JSON Schema of a jobs file, made from the classes that read it.

Types, defaults and bounds are taken from the attributes and their rules, so
that the schema cannot say anything else than the program does. Only the words
for people stand here. What lies between two keys (a longest pause below the
shortest) is more than a schema says; `type` and `period_in_seconds` go
together in both.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import UnionType
from typing import Any, Final, get_args, get_origin

from attrs import NOTHING, Attribute, fields, fields_dict, has

from k1s.config import Config, LogsConfig, ServerConfig, TlsConfig
from k1s.job import DEFAULT_MAX_RETRY, RESTART_DELAY_S_MAX, JobSpec, JobType
from k1s.jobsfile.complaints import JOB_KEYS, JOB_TABLE
from k1s.limits import Limits
from k1s.rules import Rule

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_PLAIN: Final[Mapping[type, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
}
_RETRIES: Final = ", ".join(f"{count} for {of}" for of, count in DEFAULT_MAX_RETRY.items())
DESCRIPTIONS: Final[Mapping[type, Mapping[str, str]]] = {
    Config: {
        "server": "Where the server listens, and to whom.",
        "limits": "How much the server bears.",
        "logs": "How far each log grows before it is rotated.",
    },
    ServerConfig: {
        "host": "The address to listen on.",
        "port": "The port to listen on; 0 picks a free one.",
        "socket": "The path of a Unix socket to listen on besides.",
        "tcp": "Whether to listen on host and port; if not, on the socket alone.",
        "auth": "Whom a loopback address obeys: the server's own user, or every local user.",
        "allow_users": "Names or numbers of users who are obeyed besides.",
        "token_file": "A file with the token that every request over TCP has to bear.",
        "tls": "Speak TLS over TCP.",
    },
    TlsConfig: {
        "certificate": "The server's certificate, a file in PEM.",
        "key": "The key of the certificate, a file in PEM.",
        "client_ca": "An authority, a file in PEM: only clients that it vouches for get in.",
    },
    LogsConfig: {
        "max_bytes": "The size at which a log is rotated; 0 lets logs grow for ever.",
        "backups": "How many older parts of each log are kept.",
    },
    Limits: {
        "connections": "Connections at once.",
        "jobs": "Jobs in all.",
        "line_bytes": "The length of a request.",
        "unsent_bytes": "What all clients together may leave unread.",
        "line_deadline_seconds": "The time until a request has arrived.",
        "reply_deadline_seconds": "The time until a reply has been read.",
        "arguments": "Arguments of a job.",
        "argument_bytes": "The size of a job's arguments.",
        "environment_variables": "Variables of a job.",
        "environment_bytes": "The size of a job's variables.",
        "transitions": "Transitions of jobs that are remembered.",
    },
    JobSpec: {
        "type": "When the job runs.",
        "executable": "A path, seen from the working directory, or a name on the PATH.",
        "arguments": "What the program is given, each as it stands.",
        "working_directory": "Where the program runs; the server's folder unless given.",
        "environment": "Variables; if there is any, they replace the server's.",
        "period_in_seconds": "Periodic jobs: from one start to the next.",
        "max_retry": f"Failures in a row that are forgiven ({_RETRIES}); -1 forgives all.",
        "stdout_log_path": "The log of what the program writes; stdout_NAME.log unless given.",
        "stderr_log_path": "The log of the program's errors; stderr_NAME.log unless given.",
        "error_log_path": "The log of what went wrong with runs; error_NAME.log unless given.",
        "restart_delay_seconds": "The pause before another run.",
        "max_restart_delay_seconds": (
            f"The longest that the pause grows; {RESTART_DELAY_S_MAX} unless given."
        ),
        "healthy_after_seconds": "A run that lasts this long resets the count of failures.",
        "stop_timeout_seconds": "The time from the signal that stops the job to SIGKILL.",
    },
}


def schema() -> Schema:
    """The schema as JSON values, the same each time."""
    return {
        "$schema": DIALECT,
        "title": "A jobs file of k1s",
        "description": "For k1s up, k1s simulate and k1s server -c.",
        "type": "object",
        "properties": {**_object(Config)["properties"], JOB_TABLE: _jobs()},
        "additionalProperties": False,
    }


def _jobs() -> Schema:
    return {
        "description": "A table for each job; the name of the table is the job's id.",
        "type": "object",
        "propertyNames": _rule(fields_dict(JobSpec)["id"]),
        "additionalProperties": _job(),
    }


def _job() -> Schema:
    periodic = {"properties": {"type": {"const": str(JobType.PERIODIC)}}}
    return {
        **_object(JobSpec, JOB_KEYS),
        "if": periodic,
        "then": {"required": ["period_in_seconds"]},
        "else": {"properties": {"period_in_seconds": False}},
    }


def _object(of: type, keys: tuple[str, ...] | None = None) -> Schema:
    described = [
        (each, DESCRIPTIONS[of][each.name])
        for each in fields(of)
        if keys is None or each.name in keys
    ]
    required = [each.name for each, _ in described if each.default is NOTHING]
    return {
        "type": "object",
        "properties": {each.name: _property(each, words) for each, words in described},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _property(attribute: "Attribute[Any]", words: str) -> Schema:
    return {
        "description": words,
        **_merged(_type(attribute.type), _rule(attribute)),
        **_default(attribute),
    }


def _default(attribute: "Attribute[Any]") -> Schema:
    """A default that depends on other keys, or that is nothing, is told in words."""
    match attribute.default:
        case str() | int() | float() as plain:
            return {"default": plain}
        case tuple() as several:
            return {"default": list(several)}
    return {}


def _rule(attribute: "Attribute[Any]") -> Schema:
    return dict(attribute.validator.schema) if isinstance(attribute.validator, Rule) else {}


def _type(of: Any) -> Schema:
    """A type as a schema. A key that may be nothing is one that may be left out."""
    if isinstance(of, type) and issubclass(of, StrEnum):
        return {"enum": [str(each) for each in of]}
    if isinstance(of, UnionType):
        known = [each for each in get_args(of) if each is not type(None)]
        return _type(known[0]) if len(known) == 1 else {"type": [_PLAIN[each] for each in known]}
    if get_origin(of) is tuple:
        return {"type": "array", "items": _type(get_args(of)[0])}
    if get_origin(of) is Mapping:
        return {"type": "object", "additionalProperties": _type(get_args(of)[1])}
    return _object(of) if has(of) else {"type": _PLAIN[of]}


def _merged(one: Schema, other: Schema) -> Schema:
    """Both; what stands below the same key in both is merged, too."""
    both = {key: _merged(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}
