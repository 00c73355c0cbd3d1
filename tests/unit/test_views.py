"""Jobs as replies show them."""

from signal import SIGKILL

import attrs
import pytest
from builders import CRASH, FIRST, OK, WALL, YEAR_S, make_life, make_running
from hypothesis import given
from hypothesis import strategies as st

from k1s.events import Ended
from k1s.job import Exit, JobType, Moment, State
from k1s.spelling import camel_case
from k1s.views import JobView, timestamp

KEYS = [
    "id", "type", "executable", "arguments", "workingDirectory", "environment", "periodInSeconds",
    "maxRetry", "stdoutLogPath", "stderrLogPath", "errorLogPath", "restartDelaySeconds",
    "maxRestartDelaySeconds", "healthyAfterSeconds", "stopTimeoutSeconds", "origin", "state", "pid",
    "exitCode", "signal", "runCount", "failedCount", "missedCount", "killRequested", "createdAt",
    "startedAt", "endedAt", "nextRunAt", "lastError",
]  # fmt: skip


@pytest.mark.parametrize(
    ("wall", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (0.0015, "1970-01-01T00:00:00.001Z"),
        (1_000_000_000.25, "2001-09-09T01:46:40.250Z"),
        (1_795_415_715.123, "2026-11-23T06:35:15.123Z"),
        (1_795_415_715.9999, "2026-11-23T06:35:15.999Z"),
        (-0.5, "1969-12-31T23:59:59.500Z"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z"),
        (253_402_300_800, "9999-12-31T23:59:59.999Z"),
        (1e12, "9999-12-31T23:59:59.999Z"),
        (1e300, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_timestamp(wall: float, text: str) -> None:
    """Times are UTC with milliseconds, and stop at the end of the year 9999."""
    assert timestamp(wall) == text


@given(st.lists(st.floats(0, 1e13), min_size=2, max_size=2))
def test_timestamps_sort_as_texts(walls: list[float]) -> None:
    """A later time is never a smaller text, and all have the same length."""
    early, late = map(timestamp, sorted(walls))
    assert early <= late
    assert len(early) == len(late) == 24


def test_the_keys_of_a_job() -> None:
    """A job in a reply has exactly these keys, in this order."""
    assert [camel_case(name) for name in attrs.fields_dict(JobView)] == KEYS


def test_a_new_job() -> None:
    """What does not apply yet is null."""
    life = make_life(JobType.PERIODIC)
    view = JobView.of(life.job, life.now)
    assert (view.state, view.pid, view.exit_code, view.signal) == (State.PENDING, None, None, None)
    assert (view.started_at, view.ended_at, view.last_error) == (None, None, None)
    assert view.created_at == view.next_run_at == timestamp(WALL)


def test_what_was_asked_for_is_shown_as_in_force() -> None:
    """A view has every attribute of the spec with its default and its absolute log paths."""
    life = make_life(JobType.PERIODIC, arguments=("a", "b"), environment={"A": "b"})
    view = JobView.of(life.job, life.now)
    for name in attrs.fields_dict(type(life.job.spec)):
        assert getattr(view, name) == getattr(life.job.spec, name), name
    assert view.stdout_log_path == "/logs/stdout_a.log"


def test_a_running_job() -> None:
    """A running job has a process and a start; the end of the run before is no longer shown."""
    life = make_running()
    life.take(Ended(CRASH), after=1)
    life.start(after=0.1)
    view = JobView.of(life.job, life.now)
    assert (view.state, view.pid) == (State.RUNNING, 1002)
    assert (view.started_at, view.ended_at) == (timestamp(WALL + 1.1), None)
    assert (view.exit_code, view.last_error) == (3, "exited with code 3")
    assert view.next_run_at is None


@pytest.mark.parametrize(
    ("exit", "code", "signal"),
    [(OK, 0, None), (CRASH, 3, None), (Exit(signal=SIGKILL), None, "SIGKILL")],
)
def test_an_exit_is_a_code_or_a_signal(exit: Exit, code: int | None, signal: str | None) -> None:
    """The exit of the last run fills one of two fields."""
    life = make_running()
    life.take(Ended(exit))
    view = JobView.of(life.job, life.now)
    assert (view.exit_code, view.signal, view.pid) == (code, signal, None)


def test_counts_and_the_wish_to_end() -> None:
    """Runs, failures, missed ticks and a kill under way are all told."""
    life = make_running(JobType.PERIODIC)
    life.take(Ended(CRASH), after=25)
    life.start(after=5)
    life.kill()
    view = JobView.of(life.job, life.now)
    assert (view.run_count, view.failed_count, view.missed_count) == (2, 1, 2)
    assert view.kill_requested


def test_the_next_tick_is_shown_while_a_run_goes_on() -> None:
    """A periodic job tells its next tick also while it runs."""
    life = make_running(JobType.PERIODIC)
    assert JobView.of(life.job, life.now).next_run_at == timestamp(WALL + 10)
    life.kill()
    assert JobView.of(life.job, life.now).next_run_at is None


@pytest.mark.fault("S6")
@pytest.mark.parametrize("jump", [-YEAR_S, YEAR_S])
def test_the_next_run_follows_the_wall_clock(jump: float) -> None:
    """When the wall clock is set, the next run is told in its new time, as far away as before."""
    life = make_life(JobType.PERIODIC)
    view = JobView.of(life.job, Moment(FIRST - 3, WALL + jump))
    assert view.next_run_at == timestamp(WALL + jump + 3)


def test_a_far_tick() -> None:
    """The next run of a job may be later than the years that have a name."""
    life = make_life(JobType.PERIODIC, period_in_seconds=1e9)
    life.wall = 253_402_300_000.0
    life.start()
    assert JobView.of(life.job, life.now).next_run_at == "9999-12-31T23:59:59.999Z"


def test_environment_stays_out_of_repr() -> None:
    """No log line that prints a view can leak an environment."""
    life = make_life(environment={"TOKEN": "hunter2"})
    view = JobView.of(life.job, life.now)
    assert view.environment == {"TOKEN": "hunter2"}
    assert "hunter2" not in repr(view)


def test_a_view_is_a_picture() -> None:
    """What happens later does not change a view that was taken before."""
    life = make_running()
    view = JobView.of(life.job, life.now)
    life.take(Ended(CRASH))
    assert view.state is State.RUNNING
