"""The words that the core speaks: orders and facts come in, effects go out.

An order is in the imperative, a fact in the past participle. Both are plain
values, and so are the effects: whoever carries them out decides how.
"""

from collections.abc import Hashable
from signal import Signals

from attrs import frozen

from k1s.job import Exit, JobSpec, State
from k1s.protocol import LogStream, Reply
from k1s.transition import Transition, Trigger

Ticket = Hashable


@frozen
class Run:
    """Which execution of which job; a job made later under the same id has another `creation`."""

    job_id: str
    creation: int
    number: int


@frozen
class Kill:
    """Order: end the job for good."""

    signal: Signals


@frozen
class Begin:
    """Order: run the job now, with a fresh budget; one that is final lives again."""


@frozen
class Woken:
    """Fact: time has passed; whatever is due by now is due."""


@frozen
class Started:
    """Fact: the program runs."""

    pid: int


@frozen
class NotStarted:
    """Fact: the program could not be started."""

    reason: str


@frozen
class MainExited:
    """Fact: the main process is gone and has left others behind in its process group."""

    exit: Exit


@frozen
class Ended:
    """Fact: no process of the run is left."""

    exit: Exit


Fact = Started | NotStarted | MainExited | Ended
Event = Kill | Begin | Woken | Fact


@frozen
class Start:
    """Effect: start the program of this run; `Started` or `NotStarted` comes back."""

    run: Run
    spec: JobSpec


@frozen
class SendSignal:
    """Effect: end a run by sending this signal to every process of it."""

    run: Run
    signal: Signals


@frozen
class Notify:
    """Effect: send a signal to the main process of the run, and mean nothing else by it."""

    run: Run
    signal: Signals


@frozen
class Record:
    """Effect: append a line to a job's error log."""

    path: str
    line: str


@frozen
class Wake:
    """Effect: send `Woken` at this monotonic time, and at no other; None takes it back."""

    job_id: str
    at: float | None


@frozen
class Moved:
    """Effect: the job has moved along a row of the table. The registry makes it a `Transition`."""

    trigger: Trigger
    source: State | None
    target: State | None
    is_ordered: bool = False
    sent_signal: Signals | None = None
    lasted_s: float | None = None


@frozen
class Publish:
    """Effect: tell those who watch."""

    transition: Transition


@frozen
class Answer:
    """Effect: reply to the request that came with this ticket."""

    ticket: Ticket
    reply: Reply


@frozen
class Watch:
    """Effect: answer with the moves after number `known`, of these jobs or of all, as they come."""

    ticket: Ticket
    known: int
    job_ids: frozenset[str] | None


@frozen
class LogFile:
    """A log that somebody wants to read."""

    job_id: str
    stream: LogStream
    path: str


@frozen
class ReadLogs:
    """Effect: answer with the last `lines` of these logs, or with all, and `follow` them."""

    ticket: Ticket
    logs: tuple[LogFile, ...]
    lines: int | None
    follow: bool


@frozen
class RemoveLogs:
    """Effect: remove these logs and their backups once nobody needs them any more.

    What is `spared` has the name of such a backup and is the log of another job.
    """

    paths: tuple[str, ...]
    spared: frozenset[str] = frozenset()


Effect = (
    Start
    | SendSignal
    | Notify
    | Record
    | Wake
    | Moved
    | Publish
    | Answer
    | Watch
    | ReadLogs
    | RemoveLogs
)
