"""What replies hold, as a program wants it: enums, aware datetimes, bytes.

The names are those of the wire in snake_case. `protocol` has the same values
as the server writes them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen

from k1s.job import JobType, State
from k1s.protocol import LogStream
from k1s.transition import Trigger

SHOWN_MAX: Final = 60


@frozen
class JobInfo:
    """A job as it was at the moment of the reply."""

    id: str
    type: JobType
    executable: str
    arguments: tuple[str, ...]
    working_directory: str | None
    environment: Mapping[str, str] = field(repr=False)
    period_in_seconds: float | None
    max_retry: int
    stdout_log_path: str
    stderr_log_path: str
    error_log_path: str
    restart_delay_seconds: float
    max_restart_delay_seconds: float
    healthy_after_seconds: float | None
    stop_timeout_seconds: float
    origin: str | None
    state: State
    pid: int | None
    exit_code: int | None
    signal: str | None
    run_count: int
    failed_count: int
    missed_count: int
    kill_requested: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    next_run_at: datetime | None
    last_error: str | None


@frozen
class Transition:
    """One move of one job. `from_` is None when it was created, `to` when it was deleted.

    `sequence` counts the moves of all jobs of a server from 1. `exit_code` and
    `signal` tell how a run ended, `lasted_seconds` after how long, `reason` why
    it failed, and `next_run_at` when the job runs next, if it waits for that.
    A start is `ordered` if somebody has asked for it; `sent_signal` is what a
    kill has sent.
    """

    sequence: int
    at: datetime
    job_id: str
    trigger: Trigger
    from_: State | None
    to: State | None
    run_count: int
    failed_count: int
    exit_code: int | None
    signal: str | None
    reason: str | None
    next_run_at: datetime | None
    ordered: bool = False
    sent_signal: str | None = None
    lasted_seconds: float | None = None
    missed_count: int = 0


@frozen
class Missed:
    """So many transitions were no longer there when it was our turn to read them."""

    missed: int


@frozen(repr=False)
class LogChunk:
    """A piece of a log, in the order of the log; a character is never cut in two.

    `missed_bytes` were passed over before it: we were too slow, or they are
    gone. A chunk that only says so has no `data`.
    """

    job_id: str
    stream: LogStream
    data: bytes
    missed_bytes: int = 0

    def __repr__(self) -> str:
        """Its text, or the beginning of it."""
        whole = self.text
        text = repr(whole[:SHOWN_MAX]) + ("..." if len(whole) > SHOWN_MAX else "")
        missed = f", missed_bytes={self.missed_bytes}" if self.missed_bytes else ""
        return f"LogChunk({self.job_id!r}, {self.stream.value!r}, text={text}{missed})"

    @property
    def text(self) -> str:
        """The data as text; what is no UTF-8 becomes U+FFFD."""
        return self.data.decode(errors="replace")


@frozen
class ServerInfo:
    """The server. `jobs` counts its jobs by state.

    `sequence` is the number of the latest transition (0: there was none), and
    `oldest_sequence` that of the oldest one which can still be asked for. One
    that is `stopping` begins nothing more; an older server does not say so.
    """

    version: str
    pid: int
    user: str
    started_at: datetime
    working_directory: str
    jobs: Mapping[str, int]
    sequence: int
    oldest_sequence: int
    stopping: bool = False


@frozen
class Prospect:
    """What a job will be like if one thing happens next, and nothing else before.

    `on` is what that depends on: `time`, the `success` or `failure` or `end` of
    its run, so many `failures` in a row, or the order to `start` or `kill`.
    `at` is when it comes, or when it can come at the earliest. Seconds are
    counted from the moment of the reply.
    """

    on: str
    at: datetime
    in_seconds: float
    state: State
    run_count: int
    failed_count: int
    missed_count: int
    next_run_at: datetime | None
    next_run_in_seconds: float | None
    signal: str | None
    failures: int | None


@frozen
class Explanation:
    """A job, its latest transitions, and what can come next, as the server's machine says."""

    job: JobInfo
    history: tuple[Transition, ...]
    forecast: tuple[Prospect, ...] = ()
