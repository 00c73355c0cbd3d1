"""What is remembered of the moves of jobs."""

from collections.abc import Callable

from builders import CRASH, make_life, make_running
from hypothesis import given
from hypothesis import strategies as st
from pace import is_quick

from k1s.events import Ended, Moved
from k1s.job import State
from k1s.journal import HISTORY_MAX, Journal
from k1s.transition import Transition, Trigger


def _record(journal: Journal, count: int, job_id: str = "a") -> list[Transition]:
    life = make_life(id=job_id)
    return [
        journal.record(life.job, Moved(Trigger.CREATE, None, State.PENDING), life.now)
        for _ in range(count)
    ]


def test_moves_are_numbered_from_one() -> None:
    """Each move has the number after the one before."""
    journal = Journal()
    assert [move.sequence for move in _record(journal, 3)] == [1, 2, 3]
    assert (journal.oldest, journal.latest) == (1, 3)


def test_an_empty_journal_has_nothing_to_tell() -> None:
    """Before the first move there is none, and none is missed."""
    journal = Journal()
    assert (journal.oldest, journal.latest) == (1, 0)
    assert journal.since(0, 10) == (0, [])


@given(
    size=st.integers(0, 8),
    moves=st.integers(0, 20),
    known=st.integers(0, 20),
    most=st.integers(1, 25),
)
def test_a_reader_gets_everything_or_is_told(size: int, moves: int, known: int, most: int) -> None:
    """From the known number on, what is missed and what is told leave no gap."""
    journal = Journal(size)
    recorded = _record(journal, moves)
    known = min(known, moves)
    missed, told = journal.since(known, most)
    assert missed == max(moves - size - known, 0)
    assert told == recorded[known + missed :][:most]


def test_the_latest_move_is_found_at_once_in_a_long_journal() -> None:
    """Who is up to date does not pay for what he has read long ago, however much that is."""

    def looks(size: int) -> Callable[[], None]:
        journal = Journal(size)
        _record(journal, size + 1)

        def look() -> None:
            for _ in range(1000):
                assert len(journal.since(size, 1)[1]) == 1

        return look

    assert is_quick(looks(20_000), 10, looks(10))


def test_a_move_carries_what_came_of_it() -> None:
    """A failed run is told with its exit, its reason and the time of the next one."""
    life = make_running(max_retry=2, restart_delay_seconds=0.5)
    life.take(Ended(CRASH), after=1)
    move = Journal().record(
        life.job, Moved(Trigger.FAIL, State.RUNNING, State.RESTARTING), life.now
    )
    assert (move.exit, move.reason, move.failed_count) == (CRASH, "exited with code 3", 1)
    assert (move.at, move.due_at) == (life.wall, life.wall + 0.5)


def test_a_move_that_ends_no_run_has_no_exit() -> None:
    """The exit of an earlier run is not told again when the next one starts."""
    life = make_running(max_retry=2)
    life.take(Ended(CRASH))
    life.wake()
    move = Journal().record(
        life.job, Moved(Trigger.START, State.RESTARTING, State.RUNNING), life.now
    )
    assert (move.exit, move.reason, move.due_at) == (None, None, None)


def test_a_busy_job_does_not_push_out_the_history_of_a_quiet_one() -> None:
    """The last moves of each job are kept, however often others move."""
    journal = Journal(3)
    quiet = _record(journal, 1, "quiet")
    busy = _record(journal, 2 * HISTORY_MAX, "busy")
    assert journal.history("quiet") == quiet
    assert journal.history("busy") == busy[-HISTORY_MAX:]


def test_the_history_of_a_deleted_job_is_gone() -> None:
    """A job that comes later under the same id has a history of its own."""
    journal = Journal()
    _record(journal, 2)
    life = make_life()
    journal.record(life.job, Moved(Trigger.DELETE, State.PENDING, None), life.now)
    assert journal.history("a") == []
    assert len(journal.history("a") + _record(journal, 1)) == 1
