"""Views are taken anew when, and only when, a job would look different."""

from datetime import datetime

import pytest
from builders import CRASH, Desk, only, replies

from k1s.events import Ended, Start, Started
from k1s.job import JobType, State
from k1s.protocol import GetAllJobs, GetJobById, JobReply, JobsReply
from k1s.views import JobView


def _shown(desk: Desk) -> JobView:
    reply = replies(desk.ask(GetAllJobs()))["ticket"]
    assert isinstance(reply, JobsReply)
    (view,) = reply.jobs
    return view


def _ticking() -> Desk:
    desk = Desk()
    desk.create(JobType.PERIODIC)
    desk.tell(Started(7))
    return desk


def test_the_view_of_a_job_that_rests_is_kept() -> None:
    """However often somebody looks, and whichever way, it is the same view."""
    desk = _ticking()
    first = _shown(desk)
    desk.time += 1
    desk.wall += 1
    one = replies(desk.ask(GetJobById("a")))["ticket"]
    assert isinstance(one, JobReply)
    assert one.job is first
    assert _shown(desk) is first


def test_a_job_that_moves_is_seen_anew() -> None:
    """Each step of a job shows."""
    desk = _ticking()
    seen = [_shown(desk)]
    desk.tell(Ended(CRASH))
    seen.append(_shown(desk))
    assert only(Start, desk.wake(after=10))
    seen.append(_shown(desk))
    desk.tell(Started(8))
    seen.append(_shown(desk))
    assert [view.state for view in seen] == [
        State.RUNNING, State.PENDING, State.RUNNING, State.RUNNING,
    ]  # fmt: skip
    assert [(view.run_count, view.pid) for view in seen] == [(1, 7), (1, None), (2, None), (2, 8)]


def test_a_job_of_the_same_id_is_another() -> None:
    """Nothing of a deleted job is shown as that of its successor."""
    desk = _ticking()
    _shown(desk)
    desk.delete()
    desk.tell(Ended(CRASH))
    desk.create(executable="/bin/false")
    assert _shown(desk).executable == "/bin/false"


def test_the_next_run_follows_the_wall_clock() -> None:
    """A clock that is set, or drifts for long, changes when the next run is said to be."""
    desk = _ticking()
    before = _shown(desk)
    desk.wall += 0.0001
    assert _shown(desk) is before
    for jump in (3600, 0.002, -0.5):
        desk.wall += jump
        after = _shown(desk)
        assert _time(after) - _time(before) == _about(jump)
        before = after


def test_a_clock_that_is_set_leaves_the_view_of_a_job_without_a_next_run() -> None:
    """Nothing in it depends on the clock."""
    desk = Desk()
    desk.create()
    before = _shown(desk)
    desk.wall += 3600
    assert _shown(desk) is before


def _time(view: JobView) -> float:
    assert view.next_run_at is not None
    return datetime.fromisoformat(view.next_run_at).timestamp()


def _about(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.0015)
