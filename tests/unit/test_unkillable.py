"""A process that the kernel cannot end."""

from signal import SIGINT, SIGKILL

import pytest
from builders import CRASH, Life, make_running, only

from k1s.events import Ended, MainExited, Record, SendSignal
from k1s.job import State
from k1s.lifecycle import UNKILLABLE_S, wake_time


def _words(life: Life) -> list[str]:
    return [record.line for record in only(Record, life.wake())]


@pytest.mark.fault("P25")
def test_it_is_said_once_that_a_process_cannot_be_ended() -> None:
    """After SIGKILL and a while, the error log says so once; the job stays what it is: running."""
    life = make_running(stop_timeout_seconds=2)
    life.kill(SIGINT)
    assert "killed with SIGKILL" in _words(life)[0]
    [line] = _words(life)
    assert f" still there {UNKILLABLE_S} s after SIGKILL: the kernel cannot end it yet" in line
    assert wake_time(life.job) is None
    assert life.job.state is State.RUNNING


@pytest.mark.fault("P25")
def test_one_that_ends_after_all_ends_the_run() -> None:
    """When the kernel can end it at last, the job is killed, as was asked."""
    life = make_running()
    life.kill(SIGKILL)
    assert len(_words(life)) == 1
    life.take(Ended(CRASH), after=100)
    assert life.job.state is State.KILLED


@pytest.mark.fault("P25")
def test_strays_that_cannot_be_ended_are_told_of_too() -> None:
    """What a main process has left behind is ended at once, and it is said when that fails."""
    life = make_running()
    assert [effect.signal for effect in only(SendSignal, life.take(MainExited(CRASH)))] == [SIGKILL]
    [line] = _words(life)
    assert "after SIGKILL" in line


@pytest.mark.fault("K7")
def test_a_kill_while_strays_are_ended_does_not_slow_that_down() -> None:
    """SIGKILL has been sent already: a kill changes how the job ends, and sends nothing weaker."""
    life = make_running(stop_timeout_seconds=50)
    life.take(MainExited(CRASH))
    deadline = wake_time(life.job)
    assert life.kill(SIGINT, after=1) == []
    assert wake_time(life.job) == deadline
    life.take(Ended(CRASH), after=1)
    assert life.job.state is State.KILLED
