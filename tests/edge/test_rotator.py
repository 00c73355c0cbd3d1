"""Which logs are watched after a rotation, whatever has become of their files meanwhile.

The files are real; the thread and the timers are in the test's hand.
"""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import define, field
from handtimers import Timer
from logtools import can_be_cut
from steps.waiting import until

from k1s.config import LogsConfig
from k1s.events import Run
from k1s.job import JobSpec, JobType
from k1s.logs.rotation import Outcome, Verdict
from k1s.logs.rotator import Rotator

BOUND = 64 * 1024
ROTATIONS_MAX = 10
FIRST, SECOND = Run("it", 1, 1), Run("it", 1, 2)
REPLACED, UNABLE = Outcome(Verdict.REPLACED), Outcome(Verdict.UNABLE)


@define(eq=False)
class Desk:
    """A rotator and a job whose output it keeps small."""

    folder: Path
    timers: list[Timer] = field(factory=list)
    queue: deque[tuple[Callable[[], Outcome], Callable[[Outcome], None]]] = field(factory=deque)
    rotator: Rotator = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rotator = Rotator(LogsConfig(BOUND), self)

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        assert seconds >= 0
        self.timers.append(Timer(seconds, call))
        return self.timers[-1]

    def in_thread(self, work: Callable[[], Outcome], done: Callable[[Outcome], None]) -> None:
        self.queue.append((work, done))

    def record(self, error_log: str, text: str) -> None:
        """Nobody reads it."""

    def rested(self, log: str) -> None:
        """Nobody waits for it."""

    def changed(self, log: str) -> None:
        """Nobody reads it."""

    @property
    def log(self) -> Path:
        return self.folder / "stdout_it.log"

    def begin(self, run: Run) -> None:
        """A run opens its logs."""
        self.rotator.watch(run, JobSpec("it", JobType.ONE_TIME, "true").located(str(self.folder)))
        self.log.touch()

    def grow(self) -> None:
        """The log becomes too big."""
        with self.log.open("ab") as file:
            file.write(b"x" * (BOUND + 1))

    def finish(self) -> None:
        """The thread does all that there is to do."""
        for _ in range(ROTATIONS_MAX):
            if not self.queue:
                return
            work, done = self.queue.popleft()
            done(work())
        pytest.fail("the thread is never done")

    def tick(self) -> None:
        """Let the time of all that is due now come."""
        timers, self.timers = self.timers, []
        for timer in timers:
            if not timer.is_cancelled:
                timer.call()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A run whose log waits for the thread, because it is too big."""
    desk = Desk(tmp_path)
    desk.begin(FIRST)
    desk.grow()
    desk.tick()
    assert len(desk.queue) == 1
    return desk


def is_watched(desk: Desk) -> bool:
    """Whether it is seen when the log becomes too big."""
    desk.grow()
    desk.tick()
    return bool(desk.queue)


@pytest.mark.fault("R7")
@pytest.mark.parametrize("verdict", [REPLACED, UNABLE], ids=["replaced", "unable"])
@pytest.mark.parametrize("is_looked_at", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "beside the first"])
def test_a_new_run_is_watched_after_the_rotation_of_the_log_before(
    desk: Desk, verdict: Outcome, is_looked_at: bool, is_alone: bool
) -> None:
    """Only the file that was renamed is left alone, not the one that the new run has made."""
    desk.log.rename(desk.folder / "old")
    if is_alone:
        desk.rotator.unwatch(FIRST)
    desk.begin(SECOND)
    if is_looked_at:
        desk.tick()
    work, done = desk.queue.popleft()
    assert work() == REPLACED
    done(verdict)
    assert is_watched(desk)


@pytest.mark.fault("R7")
def test_a_new_run_is_watched_whatever_number_its_log_has(desk: Desk) -> None:
    """A file system gives the number of a deleted file to the next one."""
    work, done = desk.queue.popleft()
    desk.log.rename(desk.folder / "old")
    outcome = work()
    assert outcome == REPLACED
    desk.rotator.unwatch(FIRST)
    (desk.folder / "old").rename(desk.log)
    os.truncate(desk.log, 0)
    desk.begin(SECOND)
    done(outcome)
    assert is_watched(desk)


def test_what_a_run_writes_last_is_rotated_though_the_thread_has_just_looked(desk: Desk) -> None:
    """The last look at a log is when nobody writes to it any more."""
    if not can_be_cut(desk.folder):
        pytest.skip(f"the file system of {desk.folder} has no FALLOC_FL_COLLAPSE_RANGE")
    work, done = desk.queue.popleft()
    outcome = work()
    desk.grow()
    desk.rotator.unwatch(FIRST)
    done(outcome)
    assert desk.log.stat().st_size > BOUND
    desk.finish()
    assert desk.log.stat().st_size <= BOUND
    assert not desk.rotator.is_rotating(str(desk.log))


@pytest.mark.fault("R7")
def test_a_replaced_log_is_left_alone(desk: Desk) -> None:
    """What somebody has put in the place of a run's log is not cut."""
    desk.log.rename(desk.folder / "old")
    desk.log.touch()
    work, done = desk.queue.popleft()
    done(work())
    assert not is_watched(desk)


def test_a_log_that_cannot_be_cut_is_left_alone(desk: Desk) -> None:
    """Nor is it tried again as long as its runs last."""
    _, done = desk.queue.popleft()
    done(UNABLE)
    assert not is_watched(desk)


@pytest.mark.fault("R7")
@pytest.mark.fault("R10")
def test_a_log_that_another_run_makes_anew_beside_the_first_is_heard(tmp_path: Path) -> None:
    """The watch of a file that was renamed says nothing of the one that has its name now."""
    desk = Desk(tmp_path)
    descriptor = desk.rotator.watcher.open()
    assert descriptor is not None
    desk.begin(FIRST)
    desk.tick()
    assert not desk.timers
    desk.log.rename(tmp_path / "old")
    desk.begin(SECOND)
    desk.tick()
    desk.grow()
    until("an event", lambda: desk.rotator.watcher.read() or desk.timers)
    desk.tick()
    assert desk.queue
    desk.rotator.close()
