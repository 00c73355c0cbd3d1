"""What may happen next to a job, as `forecast` finds it out."""

from enum import StrEnum
from signal import Signals

from attrs import frozen

from k1s.job import Moment, State


class Cause(StrEnum):
    """What a prospect depends on."""

    TIME = "time"  # a time that the job waits for; it comes by itself
    SUCCESS = "success"  # the run ends well
    FAILURE = "failure"  # the run ends badly
    END = "end"  # the run ends, which somebody has asked for
    FAILURES = "failures"  # this run and those after it fail, each at once, until none is forgiven
    START = "start"  # somebody asks for a run now
    KILL = "kill"  # somebody asks for the end; of a job that is to end, with SIGKILL


@frozen
class Prospect:
    """What a job is like once this has happened to it, and nothing else before.

    `at` is when, or when at the earliest. `next_run` is when the job would then
    run next, or have its next tick; `signal` is what its run would be sent;
    `failures` is how many it takes.
    """

    cause: Cause
    at: Moment
    state: State
    run_count: int
    failed_count: int
    missed_count: int
    next_run: Moment | None = None
    signal: Signals | None = None
    failures: int | None = None
