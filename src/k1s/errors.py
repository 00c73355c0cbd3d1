"""What can go wrong, by whose fault it is.

A caller's mistake is a `RequestError` and becomes an error reply; a run that
the engine cannot start is a `StartError` and becomes a fact of that run; a
mistake in the configuration is a `ConfigError` and ends the program before it
has begun. Everything else is a defect of k1s.
"""

from enum import StrEnum
from typing import Final

SHOWN_CHARACTERS_MAX: Final = 60
INTEGER_BITS_MAX: Final = 64


class Code(StrEnum):
    """The machine-readable half of an error reply."""

    JOB_NOT_FOUND = "job-not-found"
    JOB_ID_REQUIRED = "job-id-required"
    JOB_EXISTS = "job-exists"
    INVALID_JOB_TYPE = "invalid-job-type"
    NOT_KILLABLE = "not-killable"
    ALREADY_FINISHED = "already-finished"
    NOT_RUNNING = "not-running"
    BEING_KILLED = "being-killed"
    OVERTAKEN = "overtaken"
    TIMED_OUT = "timed-out"
    HALF_CLOSED = "half-closed"
    UNREADABLE_LOG = "unreadable-log"
    UNREACHABLE_STATE = "unreachable-state"
    UNKNOWN_COMMAND = "unknown-command"
    INVALID_JSON = "invalid-json"
    INVALID_REQUEST = "invalid-request"
    LINE_TOO_LONG = "line-too-long"
    NOT_ALLOWED = "not-allowed"
    TOO_MANY_JOBS = "too-many-jobs"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    TOO_SLOW = "too-slow"
    SHUTTING_DOWN = "shutting-down"
    INTERNAL_ERROR = "internal-error"


class K1sError(Exception):
    """The root of all errors that k1s raises on purpose."""


class RequestError(K1sError):
    """The caller asked for something that cannot be done; nothing has changed."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class InvalidValueError(K1sError):
    """A value of a job breaks a rule; `field` is the Python name of the attribute."""

    def __init__(self, field: str, wants: str, got: str) -> None:
        super().__init__(f"{field} wants {wants}, got {got}")
        self.field = field
        self.wants = wants
        self.got = got


class StartError(K1sError):
    """A run could not be started; the text says why, in words."""


class ConfigError(K1sError):
    """The configuration is wrong; the text names the key and the mend.

    It names the file, too, unless it has a `field`: that of `[server]` which is to blame, and
    who has said it is known elsewhere.
    """

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.field = field


def shown(value: object) -> str:
    """Quote a caller's value in an error: on one line, and short whatever was sent."""
    match value:
        case None | bool():
            text = str(value).lower().replace("none", "null")
        case int() if value.bit_length() > INTEGER_BITS_MAX:
            text = "a huge number"
        case str() | int() | float():
            text = ascii(value)
        case list():
            text = "a list"
        case dict():
            text = "an object"
        case _:
            text = f"a value of type {type(value).__name__}"
    return _shortened(text)


def shown_name(name: str) -> str:
    """A caller's name as a part of a path: as it is, unless it is odd or long."""
    return _shortened(name if name.isprintable() else ascii(name))


def unwritable(error: ValueError) -> str:
    """Why a text cannot be given to the kernel, in words; only the first bad character is told."""
    if isinstance(error, UnicodeEncodeError):
        character = error.object[error.start]
        return f"the server's locale ({error.encoding}) cannot write {character!r}"
    return str(error)


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]}..."
