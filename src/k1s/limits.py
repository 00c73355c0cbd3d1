"""How much a server bears: every bound that a user may move, with what it is unless he does."""

from collections.abc import Iterable
from typing import Any, Final

from attrs import Attribute, field, frozen

from k1s.errors import Code, InvalidValueError, RequestError, shown
from k1s.job import JobSpec
from k1s.rules import Rule, rule

_SECONDS_MIN: Final = 0.1
_SECONDS_MAX: Final = 3600
TRANSITIONS_MAX: Final = 10_000
_MEBIBYTE: Final = 1024 * 1024


def _from(low: float, high: float) -> Rule:
    @rule(minimum=low, maximum=high)
    def check(_: object, attribute: "Attribute[Any]", value: float) -> None:
        if not low <= value <= high:  # a NaN is not between them either
            kind = "a whole number" if attribute.type is int else "a number"
            raise InvalidValueError(attribute.name, f"{kind} from {low} to {high}", shown(value))

    return check


@frozen
class Limits:
    """`[limits]`: sizes are in bytes, times in seconds.

    `connections` are those at once, and fewer if the machine has no
    descriptors for so many. `line_bytes` is the longest request,
    `unsent_bytes` what all clients together may leave unread. A line has to
    arrive, and a reply to be read, before its deadline. `argument_bytes` and
    `environment_bytes` count as the kernel does, with an end for each text.
    `transitions` are those that are remembered for who watches.
    """

    connections: int = field(default=10_000, validator=_from(1, 1_000_000))
    jobs: int = field(default=20_000, validator=_from(1, 1_000_000))
    line_bytes: int = field(default=_MEBIBYTE, validator=_from(1024, 64 * _MEBIBYTE))
    unsent_bytes: int = field(default=64 * _MEBIBYTE, validator=_from(1024, 4096 * _MEBIBYTE))
    line_deadline_seconds: float = field(default=30, validator=_from(_SECONDS_MIN, _SECONDS_MAX))
    reply_deadline_seconds: float = field(default=30, validator=_from(_SECONDS_MIN, _SECONDS_MAX))
    arguments: int = field(default=100_000, validator=_from(0, 1_000_000))
    argument_bytes: int = field(default=_MEBIBYTE, validator=_from(0, 64 * _MEBIBYTE))
    environment_variables: int = field(default=100_000, validator=_from(0, 1_000_000))
    environment_bytes: int = field(default=_MEBIBYTE, validator=_from(0, 64 * _MEBIBYTE))
    transitions: int = field(default=TRANSITIONS_MAX, validator=_from(0, 10_000_000))

    def check_job(self, job: JobSpec, name: str) -> None:
        """Raise `RequestError` when a job is larger than it may be. No value is quoted.

        `name` is what the request calls the job.
        """
        arguments, environment = f"{name}.arguments", f"{name}.environment"
        _check(arguments, "items", len(job.arguments), self.arguments)
        _check(arguments, "bytes", _size(job.arguments), self.argument_bytes)
        _check(environment, "variables", len(job.environment), self.environment_variables)
        _check(environment, "bytes", _environment_size(job), self.environment_bytes)


def _check(key: str, what: str, got: int, most: int) -> None:
    if got > most:
        text = f"{key} has {got} {what}, and this server takes at most {most}"
        raise RequestError(Code.INVALID_REQUEST, text)


def _size(texts: Iterable[str]) -> int:
    return sum(len(text.encode()) + 1 for text in texts)


def _environment_size(job: JobSpec) -> int:
    return _size(f"{name}={value}" for name, value in job.environment.items())
