"""The latest moves of all jobs, numbered: what watchers read, however slow they are.

It is a ring: what has been pushed out is gone, and a reader who comes too late
is told how much he has missed. Nobody's reading holds anything back. The last
few moves of each job are kept besides, so that a job which moves all the time
does not push out what explains the others.
"""

from typing import Final

from attrs import define, field

from k1s.events import Moved
from k1s.job import WAITING, Job, Moment
from k1s.limits import TRANSITIONS_MAX
from k1s.transition import Transition, Trigger

HISTORY_MAX: Final = 20
_ENDS_OF_RUNS: Final = frozenset({Trigger.SUCCEED, Trigger.FAIL, Trigger.END})


@define(eq=False, repr=False)
class Journal:
    """At most `transitions_max` moves, the oldest first."""

    transitions_max: int = TRANSITIONS_MAX
    latest: int = 0
    # Move number n is at (n - 1) modulo its length, so that any of them is found at once.
    _ring: list[Transition] = field(factory=list, init=False)
    _histories: dict[str, list[Transition]] = field(factory=dict, init=False)

    @property
    def oldest(self) -> int:
        """The number of the oldest move that is remembered; one more than the latest if none is."""
        return self.latest - len(self._ring) + 1

    def record(self, job: Job, moved: Moved, now: Moment) -> Transition:
        """Number a move that a job has just made, and remember it with the counts after it."""
        is_end_of_run = moved.trigger in _ENDS_OF_RUNS
        transition = Transition(
            sequence=self.latest + 1,
            at=now.wall,
            job_id=job.id,
            trigger=moved.trigger,
            source=moved.source,
            target=moved.target,
            run_count=job.run_count,
            failed_count=job.failed_count,
            missed_count=job.missed_count,
            exit=job.exit if is_end_of_run else None,
            reason=job.last_error if moved.trigger is Trigger.FAIL else None,
            due_at=_due_at(job, now) if moved.target in WAITING else None,
            is_ordered=moved.is_ordered,
            sent_signal=moved.sent_signal,
            lasted_s=moved.lasted_s,
        )
        self.latest = transition.sequence
        self._keep(transition)
        self._remember(transition)
        return transition

    def history(self, job_id: str) -> list[Transition]:
        """The last moves of a job, at most `HISTORY_MAX`; none of one that has been deleted."""
        return list(self._histories.get(job_id, ()))

    def since(self, known: int, most: int) -> tuple[int, list[Transition]]:
        """How many moves after number `known` are gone, and at most so many of those that follow.

        Costs what it returns, wherever in the ring that is and however long the ring.
        """
        missed = max(self.oldest - known - 1, 0)
        first = known + missed + 1
        numbers = range(first, min(first + most, self.latest + 1))
        return missed, [self._ring[(number - 1) % len(self._ring)] for number in numbers]

    def _keep(self, transition: Transition) -> None:
        if len(self._ring) < self.transitions_max:
            self._ring.append(transition)
        elif self._ring:
            self._ring[(transition.sequence - 1) % len(self._ring)] = transition

    def _remember(self, transition: Transition) -> None:
        if transition.target is None:
            del self._histories[transition.job_id]
            return
        history = self._histories.setdefault(transition.job_id, [])
        history.append(transition)
        del history[:-HISTORY_MAX]


def _due_at(job: Job, now: Moment) -> float | None:
    return None if job.due is None else now.wall + job.due - now.monotonic
