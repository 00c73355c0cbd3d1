"""The nouns: what a job is asked to be (`JobSpec`) and what has become of it (`Job`).

Seconds are plain numbers. Two clocks are kept apart: schedules run on the
monotonic one, people read the wall clock, and a `Moment` carries both.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from signal import SIGRTMIN, Signals
from typing import Any, Final, Self

from attrs import Attribute, Factory, define, field, fields, frozen

from k1s.durations import SECONDS_MAX
from k1s.errors import InvalidValueError, shown, shown_name
from k1s.rules import Rule, rule

PERIOD_S_MIN: Final = 0.1
HEALTHY_S_MIN: Final = 0.001
RETRY_FOR_EVER: Final = -1
RETRY_MAX: Final = 1_000_000_000
RESTART_DELAY_S: Final = 0.1
RESTART_DELAY_S_MAX: Final = 30
STOP_TIMEOUT_S: Final = 10

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")
_ID_RULE: Final = "1 to 128 of A-Z a-z 0-9 . _ - : @, beginning with a letter or a digit"


class JobType(StrEnum):
    """When a job runs."""

    ONE_TIME = "one-time"
    PERIODIC = "periodic"
    CONTINUOUS = "continuous"


class State(StrEnum):
    """Where in its life a job is."""

    PENDING = "pending"
    RUNNING = "running"
    RESTARTING = "restarting"
    KILLED = "killed"
    EXHAUSTED = "exhausted"
    DONE = "done"


WAITING: Final = frozenset({State.PENDING, State.RESTARTING})
FINAL: Final = frozenset({State.KILLED, State.EXHAUSTED, State.DONE})
DEFAULT_MAX_RETRY: Final[Mapping[JobType, int]] = {
    JobType.ONE_TIME: 0,
    JobType.PERIODIC: 5,
    JobType.CONTINUOUS: 5,
}


@frozen
class Moment:
    """One instant on both clocks, in seconds; the wall clock counts from 1970 in UTC."""

    monotonic: float
    wall: float


@frozen
class Exit:
    """How a process ended, as the kernel tells it: with a code or by a signal, never both."""

    code: int | None = None
    signal: int | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the program says that it did its work."""
        return self.code == 0

    def __str__(self) -> str:
        if self.signal is None:
            return f"exited with code {self.code}"
        return f"died of {signal_name(self.signal)} (signal {self.signal})"


def signal_name(number: int) -> str:
    """`SIGTERM` for 15; a real-time signal is named by its distance from SIGRTMIN."""
    try:
        return Signals(number).name
    except ValueError:
        distance = number - SIGRTMIN
        return f"SIGRTMIN+{distance}" if distance > 0 else f"SIG{number}"  # the C library's own


# Regular expressions as JSON Schema writes them: without a NUL character, empty or not.
_TEXT: Final = r"^[^\u0000]*$"
_TEXT_NOT_EMPTY: Final = r"^[^\u0000]+$"
_VARIABLE: Final = r"^[^=\u0000]+$"
_TYPES: Final = "one-time, periodic or continuous"


# What comes over the wire or from a file has the right types by now; who makes a job in Python can
# be mistaken there, too, hence `object` below.


def _number(low: float, high: float, *, whole: bool = False) -> Rule:
    """Demand a number from `low` to `high`, or nothing where the default is nothing."""
    kinds = (int,) if whole else (int, float)

    @rule(minimum=low, maximum=high)
    def check(_: object, attribute: "Attribute[Any]", value: Any) -> None:
        if value is None and attribute.default is None:
            return
        if type(value) in kinds and low <= value <= high:  # which no NaN is, and no truth value
            return
        wants = _range(low, high)
        if whole and type(value) is float:
            wants = wants.replace("a number", "a whole number")
        raise InvalidValueError(attribute.name, wants, shown(value))

    return check


def _range(low: float, high: float) -> str:
    return f"a number from {low:g} to {high:g}".replace("e+0", "e")


def _text(value: object, name: str) -> None:
    """Demand what the kernel takes as a path, an argument or a variable."""
    if not isinstance(value, str):
        raise InvalidValueError(name, "text", shown(value))
    if "\0" in value:
        raise InvalidValueError(name, "text without a NUL character", shown(value))
    if value.isascii():
        return
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidValueError(name, "text without lone surrogates", shown(value))


@rule(pattern=_TEXT_NOT_EMPTY)
def _path(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is None and attribute.default is None:
        return
    if value == "":
        raise InvalidValueError(attribute.name, "a path", "an empty text")
    _text(value, attribute.name)


@rule(pattern=f"^{_ID.pattern}$")
def _id(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not (isinstance(value, str) and _ID.fullmatch(value)):
        raise InvalidValueError(attribute.name, _ID_RULE, shown(value))


def _type(value: JobType | str) -> JobType:
    """The type itself where its name is given; all rules about types rely on that."""
    try:
        return JobType(value)
    except ValueError:
        raise InvalidValueError("type", _TYPES, shown(value)) from None


@rule(items={"pattern": _TEXT})
def _arguments(_: object, attribute: "Attribute[Any]", values: object) -> None:
    if not isinstance(values, (tuple, list)):  # a text would be taken letter by letter
        raise InvalidValueError(attribute.name, "a list of texts", shown(values))
    for position, value in enumerate(values):
        _text(value, f"{attribute.name}[{position}]")


@rule(propertyNames={"pattern": _VARIABLE}, additionalProperties={"pattern": _TEXT})
def _environment(_: object, attribute: "Attribute[Any]", variables: object) -> None:
    """Demand names that a shell could read back. A value is secret: no error quotes one."""
    if not isinstance(variables, Mapping):
        raise InvalidValueError(attribute.name, "texts by name", "something else (not shown)")
    for name, value in variables.items():
        if not isinstance(name, str):
            raise InvalidValueError(attribute.name, "names that are text", shown(name))
        if not name or "=" in name:
            # What stands behind the sign was meant to be a value.
            before, sign, _value = name.partition("=")
            got = shown(f"{before}=..." if sign else name)
            raise InvalidValueError(attribute.name, "names without '=', not empty", got)
        _text(name, attribute.name)
        if not isinstance(value, str):
            got = "a value that is none (not shown)"
            raise InvalidValueError(f"{attribute.name}.{shown_name(name)}", "text", got)
        if "\0" in value or not value.isascii():
            _secret(value, f"{attribute.name}.{shown_name(name)}")


def _secret(value: str, name: str) -> None:
    try:
        _text(value, name)
    except InvalidValueError as error:
        raise InvalidValueError(name, error.wants, "a value that has some (not shown)") from None


def _default_max_retry(spec: "JobSpec") -> int:
    return DEFAULT_MAX_RETRY[spec.type]


def _default_max_restart_delay(spec: "JobSpec") -> float:
    delay = spec.restart_delay_seconds
    # Defaults are found before anything is checked.
    return max(RESTART_DELAY_S_MAX, delay) if type(delay) in (int, float) else delay


@frozen
class JobSpec:
    """What a job is asked to be. Breaking a rule raises `InvalidValueError`.

    `origin` is the path of the jobs file that the job comes from, if it comes from one.
    """

    id: str = field(validator=_id)
    type: JobType = field(converter=_type)
    executable: str = field(validator=_path)
    arguments: tuple[str, ...] = field(default=(), validator=_arguments)
    working_directory: str | None = field(default=None, validator=_path)
    environment: Mapping[str, str] = field(factory=dict, validator=_environment, repr=False)
    period_in_seconds: float | None = field(
        default=None, validator=_number(PERIOD_S_MIN, SECONDS_MAX)
    )
    max_retry: int = field(
        default=Factory(_default_max_retry, takes_self=True),
        validator=_number(RETRY_FOR_EVER, RETRY_MAX, whole=True),
    )
    stdout_log_path: str | None = field(default=None, validator=_path)
    stderr_log_path: str | None = field(default=None, validator=_path)
    error_log_path: str | None = field(default=None, validator=_path)
    restart_delay_seconds: float = field(default=RESTART_DELAY_S, validator=_number(0, SECONDS_MAX))
    max_restart_delay_seconds: float = field(
        default=Factory(_default_max_restart_delay, takes_self=True),
        validator=_number(0, SECONDS_MAX),
    )
    healthy_after_seconds: float | None = field(
        default=None, validator=_number(HEALTHY_S_MIN, SECONDS_MAX)
    )
    stop_timeout_seconds: float = field(default=STOP_TIMEOUT_S, validator=_number(0, SECONDS_MAX))
    origin: str | None = field(default=None, validator=_path)

    def __attrs_post_init__(self) -> None:
        """Check the rules between two keys."""
        if self.type is JobType.PERIODIC and self.period_in_seconds is None:
            raise InvalidValueError(
                "period_in_seconds",
                f"{_range(PERIOD_S_MIN, SECONDS_MAX)} in a periodic job",
                "nothing",
            )
        if self.type is not JobType.PERIODIC and self.period_in_seconds is not None:
            raise InvalidValueError(
                "period_in_seconds", "a periodic job", f"a {self.type} one: leave it out"
            )
        if self.max_restart_delay_seconds < self.restart_delay_seconds:
            raise InvalidValueError(
                "max_restart_delay_seconds",
                f"at least the restart delay ({self.restart_delay_seconds:g})",
                shown(self.max_restart_delay_seconds),
            )

    @property
    def log_paths(self) -> tuple[str, str, str]:
        """Where the logs of a job that has been `located` are: stdout, stderr and error."""
        stdout, stderr, error = self.stdout_log_path, self.stderr_log_path, self.error_log_path
        assert stdout is not None, "the registry has located every log"
        assert stderr is not None, "as above"
        assert error is not None, "as above"
        return stdout, stderr, error

    def located(self, folder: str) -> Self:
        """The same job with the paths of its logs absolute; relative ones lie below `folder`."""

        def absolute(path: str | None, stream: str) -> str:
            name = path or f"{stream}_{self.id}.log"
            return name if name.startswith("/") else f"{folder.rstrip('/')}/{name}"

        # Made past the checks, which have been passed: the folder is the server's own, and may
        # have a name that no client could send.
        located = object.__new__(type(self))
        for name in _SPEC_NAMES:
            object.__setattr__(located, name, getattr(self, name))
        object.__setattr__(located, "stdout_log_path", absolute(self.stdout_log_path, "stdout"))
        object.__setattr__(located, "stderr_log_path", absolute(self.stderr_log_path, "stderr"))
        object.__setattr__(located, "error_log_path", absolute(self.error_log_path, "error"))
        return located


_SPEC_NAMES: Final = tuple(attribute.name for attribute in fields(JobSpec))


@define(eq=False)
class Job:
    """What has become of a job. Only `lifecycle` changes one.

    `creation` tells two jobs apart that bore the same id one after the other.
    Names ending in `_at` hold wall-clock seconds; `due`, `first_start`,
    `started`, `stop_deadline` and `wake_at` hold monotonic ones.
    """

    spec: JobSpec
    creation: int
    created_at: float
    due: float | None
    state: State = State.PENDING
    run_count: int = 0
    failed_count: int = 0
    missed_count: int = 0
    kill_requested: bool = False
    kill_signal: Signals | None = None
    pid: int | None = None
    exit: Exit | None = None
    last_error: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    started: float | None = None
    first_start: float | None = None
    ticks: int = 0
    stop_deadline: float | None = None
    wake_at: float | None = None

    @property
    def id(self) -> str:
        """The name that the caller gave the job."""
        return self.spec.id
