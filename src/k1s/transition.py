"""What moved a job from one state to another, as it is remembered and told to others."""

from enum import StrEnum
from signal import Signals

from attrs import frozen

from k1s.job import Exit, State


class Trigger(StrEnum):
    """What moves a job. `CREATE` and `DELETE` are the ends of its life and no rows of the table."""

    CREATE = "create"
    START = "start"
    SUCCEED = "succeed"
    FAIL = "fail"
    KILL = "kill"
    END = "end"
    DELETE = "delete"


@frozen(eq=False)
class Transition:
    """One move of one job: the `sequence` counts the moves of all jobs of a server from 1.

    `at` and `due_at` (when the job next runs, if it waits for that) are
    wall-clock seconds. `source` is None for the creation, `target` for the
    deletion. The counts are those after it. `exit` is how the run ended, if one
    did, `lasted_s` after how long by the monotonic clock, and `reason` why it
    failed. `sent_signal` is what an order to end sends, and at the end of a run
    what k1s has sent it last. `is_ordered` tells a start that somebody asked for
    from one that was due.
    """

    sequence: int
    at: float
    job_id: str
    trigger: Trigger
    source: State | None
    target: State | None
    run_count: int
    failed_count: int
    missed_count: int
    exit: Exit | None = None
    reason: str | None = None
    due_at: float | None = None
    is_ordered: bool = False
    sent_signal: Signals | None = None
    lasted_s: float | None = None
