"""The words that the core speaks: orders and facts come in, effects go out.

An order is in the imperative, a fact in the past participle. Both are plain
values, and so are the effects: whoever carries them out decides how.
"""

from collections.abc import Hashable
from signal import Signals

from attrs import frozen

from k1s.job import Exit, JobSpec
from k1s.protocol import Reply

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
Event = Kill | Woken | Fact


@frozen
class Start:
    """Effect: start the program of this run; `Started` or `NotStarted` comes back."""

    run: Run
    spec: JobSpec


@frozen
class SendSignal:
    """Effect: send a signal to every process of the run."""

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
class Answer:
    """Effect: reply to the request that came with this ticket."""

    ticket: Ticket
    reply: Reply


Effect = Start | SendSignal | Record | Wake | Answer
