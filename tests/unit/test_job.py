"""What a job may be asked to be."""

import math
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL, SIGRTMAX, SIGRTMIN, SIGTERM
from typing import Any

import attrs
import pytest
from builders import make_job, make_spec

from k1s.errors import InvalidValueError
from k1s.job import DEFAULT_MAX_RETRY, FINAL, WAITING, Exit, Job, JobSpec, JobType, State

LOGS = ("stdout_log_path", "stderr_log_path", "error_log_path")
PATHS = ("executable", "working_directory", *LOGS)
BAD_IDS = [
    "", ".", "..", "../a", "a/b", "/", "a\0", "a\n", "\na", "a b", "a\x7f", "é", "a\u0661",
    "_a", ":a", "@a", "a" * 129, "a\ud800", "a*", "a\\b",
]  # fmt: skip


def _refused(type: JobType = JobType.CONTINUOUS, **given: Any) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        make_spec(type, **given)
    return caught.value


def test_types_and_states_are_as_on_the_wire() -> None:
    """There are three types and six states, with these names."""
    assert [*JobType] == ["one-time", "periodic", "continuous"]
    assert [*State] == ["pending", "running", "restarting", "killed", "exhausted", "done"]


def test_every_state_waits_runs_or_is_final() -> None:
    """Each state but running is either waiting or final, and none is both."""
    assert WAITING | FINAL | {State.RUNNING} == set(State)
    assert not WAITING & FINAL


@pytest.mark.parametrize(
    ("type", "budget"), [(JobType.ONE_TIME, 0), (JobType.PERIODIC, 5), (JobType.CONTINUOUS, 5)]
)
def test_default_budget(type: JobType, budget: int) -> None:
    """The default of maxRetry goes by the type."""
    assert make_spec(type).max_retry == budget == DEFAULT_MAX_RETRY[type]


def test_defaults() -> None:
    """What was not given has the promised default."""
    spec = make_spec()
    assert (spec.arguments, spec.environment, spec.working_directory) == ((), {}, None)
    assert (spec.restart_delay_seconds, spec.max_restart_delay_seconds) == (0.1, 30)
    assert (spec.healthy_after_seconds, spec.stop_timeout_seconds) == (None, 10)
    assert spec.period_in_seconds is None
    assert [getattr(spec, name) for name in LOGS] == [None, None, None]


@pytest.mark.parametrize("type", JobType)
def test_the_name_of_a_type_is_that_type(type: JobType) -> None:
    """Who writes a spec by hand need not import the names."""
    period = 1 if type is JobType.PERIODIC else None
    spec = make_spec(type.value, period_in_seconds=period)
    assert spec.type is type
    assert spec == make_spec(type, period_in_seconds=period)


@pytest.mark.parametrize("type", ["sometimes", "", "PERIODIC", None, 5, []])
def test_what_is_no_type(type: Any) -> None:
    """It is refused before its default budget is looked for."""
    error = _refused(type)
    assert (error.field, error.wants) == ("type", "one-time, periodic or continuous")


@pytest.mark.parametrize(
    ("field", "value", "wants", "got"),
    [
        ("id", 5, "1 to 128", "5"),
        ("executable", None, "text", "null"),
        ("executable", Path("/bin/true"), "text", "a value of type PosixPath"),
        ("working_directory", b"/", "text", "a value of type bytes"),
        ("stdout_log_path", 3, "text", "3"),
        ("arguments", "--all", "a list of texts", "'--all'"),
        ("arguments", None, "a list of texts", "null"),
        ("arguments", {"a"}, "a list of texts", "a value of type set"),
        ("environment", ["A=1"], "texts by name", "something else (not shown)"),
        ("environment", None, "texts by name", "something else (not shown)"),
        ("environment", {1: "a"}, "names that are text", "1"),
        ("max_retry", "3", "a number from -1", "'3'"),
        ("max_retry", 3.0, "a whole number from -1", "3.0"),
        ("max_retry", True, "a number from -1", "true"),
        ("max_retry", None, "a number from -1", "null"),
        ("restart_delay_seconds", "1s", "a number from 0", "'1s'"),
        ("restart_delay_seconds", None, "a number from 0", "null"),
        ("max_restart_delay_seconds", [5], "a number from 0", "a list"),
        ("healthy_after_seconds", timedelta(1), "a number from 0", "a value of type timedelta"),
        ("stop_timeout_seconds", False, "a number from 0", "false"),
    ],
)
def test_a_value_of_another_type(field: str, value: Any, wants: str, got: str) -> None:
    """Who makes a job in Python is told as much as who writes JSON."""
    error = _refused(**{field: value})
    assert error.field == field
    assert wants in error.wants
    assert error.got == got


def test_an_argument_and_a_variable_of_another_type() -> None:
    """The error says which one it is, and shows no value of a variable."""
    error = _refused(arguments=["-n", 5])
    assert (error.field, error.wants, error.got) == ("arguments[1]", "text", "5")
    error = _refused(environment={"PORT": 8080})
    assert (error.field, error.wants) == ("environment.PORT", "text")
    assert "8080" not in error.got


@pytest.mark.parametrize("delay", [31, 1000.5, 1e9])
def test_default_maximum_follows_a_long_delay(delay: float) -> None:
    """The maximum delay is never below the delay itself unless somebody asks for that."""
    assert make_spec(restart_delay_seconds=delay).max_restart_delay_seconds == delay


@pytest.mark.fault("I1")
@pytest.mark.parametrize("id", ["a", "0", "A.b_c-d:e@f", "a" * 128, "a..", "9--"])
def test_good_ids(id: str) -> None:
    """An id has 1 to 128 safe characters and begins with a letter or a digit."""
    assert make_spec(id=id).id == id


@pytest.mark.fault("I1")
@pytest.mark.parametrize("id", BAD_IDS)
def test_bad_ids(id: str) -> None:
    """An id that could not name a file anywhere is refused with the rule."""
    error = _refused(id=id)
    assert error.field == "id"
    assert error.wants == "1 to 128 of A-Z a-z 0-9 . _ - : @, beginning with a letter or a digit"


@pytest.mark.fault("I2")
@pytest.mark.parametrize("id", ["-", "-a", "--help"])
def test_ids_that_look_like_options(id: str) -> None:
    """An id never begins with a hyphen, so that no command takes it for an option."""
    assert _refused(id=id).field == "id"


BOUNDS: list[tuple[str, float, float]] = [
    ("period_in_seconds", 0.1, 1e9),
    ("restart_delay_seconds", 0, 1e9),
    ("healthy_after_seconds", 0.001, 1e9),
    ("stop_timeout_seconds", 0, 1e9),
    ("max_retry", -1, 1_000_000_000),
]


def _type_for(name: str) -> JobType:
    return JobType.PERIODIC if name == "period_in_seconds" else JobType.CONTINUOUS


@pytest.mark.parametrize(("name", "low", "high"), BOUNDS)
def test_bounds_are_included(name: str, low: float, high: float) -> None:
    """A number at either bound is taken as it is."""
    for value in (low, high):
        assert getattr(make_spec(_type_for(name), **{name: value}), name) == value


@pytest.mark.fault("C9")
@pytest.mark.parametrize(("name", "low", "high"), BOUNDS)
def test_beyond_the_bounds(name: str, low: float, high: float) -> None:
    """A number beyond a bound, or no number at all, is refused by name and with the bounds."""
    beyond = (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), -1e308, 1e308)
    for value in (*beyond, math.nan, math.inf, -math.inf):
        error = _refused(_type_for(name), **{name: value})
        assert error.field == name
        assert f"number from {low:g} to 1e9" in error.wants


@pytest.mark.parametrize("value", [0, 0.05, 29])
def test_maximum_below_the_delay(value: float) -> None:
    """A maximum delay below the delay contradicts it."""
    error = _refused(restart_delay_seconds=29.5, max_restart_delay_seconds=value)
    assert error.field == "max_restart_delay_seconds"
    assert "at least the restart delay (29.5)" in error.wants


def test_maximum_beyond_its_bounds() -> None:
    """The maximum delay has the same bounds as the delay."""
    for value in (-0.1, 1.1e9, math.nan):
        assert _refused(max_restart_delay_seconds=value).field == "max_restart_delay_seconds"


def test_period_belongs_to_periodic_jobs() -> None:
    """A periodic job needs a period, and no other job takes one."""
    assert _refused(JobType.PERIODIC, period_in_seconds=None).field == "period_in_seconds"
    for type in (JobType.ONE_TIME, JobType.CONTINUOUS):
        error = _refused(type, period_in_seconds=5)
        assert error.field == "period_in_seconds"
        assert f"{type}" in error.got


@pytest.mark.fault("P9")
@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "a\udfffb"])
@pytest.mark.parametrize("name", PATHS)
def test_paths_that_the_kernel_cannot_take(name: str, text: str) -> None:
    """NUL and lone surrogates are refused in every path."""
    assert _refused(**{name: text}).field == name


@pytest.mark.fault("P2")
@pytest.mark.parametrize("name", PATHS)
def test_empty_paths(name: str) -> None:
    """An empty text is no path."""
    error = _refused(**{name: ""})
    assert (error.field, error.got) == (name, "an empty text")


@pytest.mark.fault("P9")
@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_arguments_that_the_kernel_cannot_take(text: str) -> None:
    """A bad argument is named by its position."""
    assert _refused(arguments=("fine", text)).field == "arguments[1]"


def test_arguments_may_be_anything_else() -> None:
    """Empty, spaced, multi-line and foreign arguments are fine."""
    arguments = ("", " ", "a\nb", "é", "\U0001f600", "-x", "$HOME")
    assert make_spec(arguments=arguments).arguments == arguments


@pytest.mark.fault("P10")
@pytest.mark.parametrize("name", ["", "=", "A=B", "=A"])
def test_variables_without_a_proper_name(name: str) -> None:
    """The name of a variable is not empty and has no equals sign."""
    assert _refused(environment={name: "x"}).field == "environment"


@pytest.mark.fault("P9")
@pytest.mark.parametrize("name", ["A\0", "\ud800"])
def test_variable_names_that_the_kernel_cannot_take(name: str) -> None:
    """NUL and lone surrogates are refused in the name of a variable."""
    assert _refused(environment={name: "x"}).field == "environment"


@pytest.mark.fault("P9")
@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_a_secret_is_never_quoted(bad: str) -> None:
    """A bad value of a variable is named by its variable and not shown."""
    error = _refused(environment={"TOKEN": f"hunter2{bad}"})
    assert error.field == "environment.TOKEN"
    assert "hunter2" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_variables_may_be_anything_else() -> None:
    """A value may be empty, foreign or have equals signs."""
    variables = {"A": "", "b": "x=y=z", "É": "ü", "1": "a\nb"}
    assert make_spec(environment=variables).environment == variables


def test_environment_stays_out_of_repr() -> None:
    """No log line that prints a job can leak its environment."""
    assert "hunter2" not in repr(make_spec(environment={"TOKEN": "hunter2"}))


def test_a_spec_is_frozen() -> None:
    """What was asked for cannot change afterwards."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        make_spec().id = "b"  # type: ignore[misc]


def test_located_logs_have_default_names() -> None:
    """Without paths the three logs are named after the job, in the server's folder."""
    spec = make_spec(id="web").located("/srv")
    assert [getattr(spec, name) for name in LOGS] == [
        "/srv/stdout_web.log",
        "/srv/stderr_web.log",
        "/srv/error_web.log",
    ]


def test_located_logs_as_given() -> None:
    """A relative path is below the server's folder and an absolute one stays."""
    spec = make_spec(stdout_log_path="out/x.log", stderr_log_path="/dev/shm/y").located("/srv/")
    assert (spec.stdout_log_path, spec.stderr_log_path) == ("/srv/out/x.log", "/dev/shm/y")
    assert spec.log_paths == ("/srv/out/x.log", "/dev/shm/y", "/srv/error_a.log")
    assert make_spec().located("/").stdout_log_path == "/stdout_a.log"


def test_located_changes_nothing_else() -> None:
    """Only the three paths differ after they were located."""
    spec = make_spec(arguments=("x",), environment={"A": "b"}, max_retry=7)
    back = attrs.evolve(spec.located("/srv"), **dict.fromkeys(LOGS))
    assert back == spec


def test_located_in_a_folder_that_is_not_utf8() -> None:
    """A server may stand in a folder whose name Python can only write with surrogates."""
    spec = make_spec().located("/srv/\udcff")
    assert spec.stdout_log_path == "/srv/\udcff/stdout_a.log"


@pytest.mark.parametrize(
    ("exit", "succeeded", "text"),
    [
        (Exit(code=0), True, "exited with code 0"),
        (Exit(code=3), False, "exited with code 3"),
        (Exit(code=130), False, "exited with code 130"),
        (Exit(signal=SIGKILL), False, "died of SIGKILL (signal 9)"),
        (Exit(signal=SIGTERM), False, "died of SIGTERM (signal 15)"),
        (Exit(signal=SIGRTMIN), False, "died of SIGRTMIN (signal 34)"),
        (Exit(signal=SIGRTMIN + 1), False, "died of SIGRTMIN+1 (signal 35)"),
        (Exit(signal=SIGRTMAX), False, "died of SIGRTMAX (signal 64)"),
    ],
)
@pytest.mark.fault("P22")
def test_exit(exit: Exit, *, succeeded: bool, text: str) -> None:
    """Only code 0 is a success, and a code is told apart from a signal."""
    assert exit.succeeded is succeeded
    assert str(exit) == text


@pytest.mark.parametrize("number", [32, 33])
def test_signals_below_the_first_real_time_one(number: int) -> None:
    """The two signals that libc keeps for itself have a readable name too."""
    assert "+-" not in str(Exit(signal=number))


def test_a_job_has_identity() -> None:
    """Two jobs that look alike are two jobs, and a job is named by its spec."""
    first, second = make_job(), make_job()
    assert first != second
    assert first.id == first.spec.id == "a"


def test_a_job_is_small() -> None:
    """A job has slots and no dictionary."""
    assert not hasattr(make_job(), "__dict__")
    assert not hasattr(make_spec(), "__dict__")


def test_all_payload_keys_are_there() -> None:
    """A job is asked for with exactly these attributes."""
    assert set(attrs.fields_dict(JobSpec)) == {
        "id", "type", "executable", "arguments", "working_directory", "environment",
        "period_in_seconds", "max_retry", "stdout_log_path", "stderr_log_path", "error_log_path",
        "restart_delay_seconds", "max_restart_delay_seconds", "healthy_after_seconds",
        "stop_timeout_seconds", "origin",
    }  # fmt: skip


def test_a_new_job_waits_for_its_first_run() -> None:
    """A new job is pending, with nothing counted and nobody asking for its end."""
    job: Job = make_job()
    assert job.state is State.PENDING
    assert (job.run_count, job.failed_count, job.missed_count, job.ticks) == (0, 0, 0, 0)
    assert not job.kill_requested
