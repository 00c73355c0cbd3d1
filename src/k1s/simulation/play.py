"""Drives the real registry through a script on a virtual clock.

Effects are carried out as the real runner does, each to its last consequence
before the next one; only the engine is made up. A start is answered at once,
a program ends when the script says so, and a signal ends it at once. Nothing
is ever late here, so that what is shown is what the rules demand.

Both clocks begin at 0, so that every time is the time since the start.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from itertools import count
from signal import SIGINT, Signals
from typing import Final

from attrs import define, field, frozen

from k1s.events import (
    Answer,
    Effect,
    Ended,
    Publish,
    Record,
    Run,
    SendSignal,
    Start,
    Started,
    Wake,
)
from k1s.job import Exit, Job, JobSpec, Moment
from k1s.protocol import CreateJob, KillJob, Refusal
from k1s.registry import Registry
from k1s.simulation.agenda import Agenda, Entry
from k1s.simulation.script import FOR_EVER, Part, Script
from k1s.transition import Transition

STEPS_MAX: Final = 200_000
FOLDER: Final = "/"


class Remark(StrEnum):
    """What is worth telling and is no transition."""

    SKIP = "skip"
    FORGIVE = "forgive"
    REFUSE = "refuse"


@frozen(eq=False)
class Note:
    """A remark on a job.

    A tick was skipped, and `count` are missed by now; `count` failures in a row
    were forgiven; or a kill was refused, and `reason` says why.
    """

    at: float
    job_id: str
    remark: Remark
    count: int = 0
    reason: str | None = None


Event = Transition | Note


@frozen(eq=False)
class Played:
    """What happened before `end`, in order, and what has become of the jobs.

    `is_whole` is False when the play was ended early, after `STEPS_MAX` steps.
    """

    events: Sequence[Event]
    jobs: Sequence[Job]
    end: float
    is_whole: bool = True

    def by_job(self) -> list[tuple[Job, list[Event]]]:
        """Each job with what happened to it."""
        events: dict[str, list[Event]] = {job.id: [] for job in self.jobs}
        for event in self.events:
            events[event.job_id].append(event)
        return [(job, events[job.id]) for job in self.jobs]


def play(specs: Sequence[JobSpec], script: Script, seconds: float) -> Played:
    """Create the jobs, let time pass up to so many seconds, and tell what happened before that."""
    stage = _Stage(script, Registry(FOLDER, jobs_max=len(specs)))
    stage.open(specs)
    last = math.nextafter(seconds, 0)
    for _ in range(STEPS_MAX):
        act = stage.agenda.advance(last)
        if act is None:
            return Played(stage.events, list(stage.registry), seconds)
        act()
    return Played(stage.events, list(stage.registry), stage.agenda.time, is_whole=False)


@define(eq=False)
class _Stage:
    """One registry with a made-up world around it."""

    script: Script
    registry: Registry
    agenda: Agenda = field(factory=Agenda, init=False)
    events: list[Event] = field(factory=list, init=False)
    _jobs: dict[str, Job] = field(factory=dict, init=False)
    _parts: dict[str, Part] = field(factory=dict, init=False)
    _timers: dict[str, Entry] = field(factory=dict, init=False)
    _endings: dict[str, Entry] = field(factory=dict, init=False)
    _pids: Iterator[int] = field(factory=lambda: count(1), init=False)

    @property
    def now(self) -> Moment:
        """The present on both clocks."""
        return Moment(self.agenda.time, self.agenda.time)

    def open(self, specs: Sequence[JobSpec]) -> None:
        """Let a client create the jobs, and kill those that the script wants killed."""
        self._parts = {spec.id: self.script.part(spec) for spec in specs}
        for spec in specs:
            self._perform(self.registry.handle(CreateJob(spec), None, self.now))
        self._jobs = {job.id: job for job in self.registry}
        for spec in specs:
            for at_s in self.script.kill_times(spec):
                self.agenda.at(at_s, partial(self._kill, spec.id))

    def _kill(self, job_id: str) -> None:
        """Ask for the end of a job; the ticket says whose, in case that it is refused."""
        self._perform(self.registry.handle(KillJob(job_id, SIGINT), job_id, self.now))

    def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Publish():
                self.events.append(effect.transition)
            case Wake():
                self._set_timer(effect)
            case Start():
                self._start(effect.run)
            case SendSignal():
                self._signal(effect.run, effect.signal)
            case Answer():
                self._note_refusal(effect)
            case _:
                assert isinstance(effect, Record), f"nobody asked for {effect}"

    def _start(self, run: Run) -> None:
        behaviour = self._parts[run.job_id].run(run.number)
        if behaviour.lasts_s != FOR_EVER:
            self._end_later(run, behaviour.lasts_s, behaviour.exit)
        self._perform(self.registry.tell(run, Started(next(self._pids)), self.now))

    def _signal(self, run: Run, signal: Signals) -> None:
        ending = self._endings.pop(run.job_id, None)
        if ending is not None:
            ending.call_off()
        self._end_later(run, 0, Exit(signal=signal))

    def _end_later(self, run: Run, after_s: float, exit: Exit) -> None:
        time = self.agenda.time + after_s
        self._endings[run.job_id] = self.agenda.at(time, partial(self._end, run, exit))

    def _end(self, run: Run, exit: Exit) -> None:
        del self._endings[run.job_id]
        job = self._jobs[run.job_id]
        missed = job.missed_count
        effects = self.registry.tell(run, Ended(exit), self.now)
        self._note_skips(job, missed)  # a tick that falls with the end of a run has no wake-up
        self._perform(effects)

    def _note_skips(self, job: Job, missed: int) -> None:
        if job.missed_count > missed:
            self.events.append(Note(self.agenda.time, job.id, Remark.SKIP, job.missed_count))

    def _set_timer(self, effect: Wake) -> None:
        timer = self._timers.pop(effect.job_id, None)
        if timer is not None:
            timer.call_off()
        if effect.at is not None:
            self._timers[effect.job_id] = self.agenda.at(
                effect.at, partial(self._wake, effect.job_id)
            )

    def _wake(self, job_id: str) -> None:
        del self._timers[job_id]
        job = self._jobs[job_id]
        missed, failed = job.missed_count, job.failed_count
        effects = self.registry.wake(job_id, self.now)
        self._note_skips(job, missed)
        if job.failed_count < failed:
            self.events.append(Note(self.agenda.time, job_id, Remark.FORGIVE, failed))
        self._perform(effects)

    def _note_refusal(self, answer: Answer) -> None:
        if isinstance(answer.reply, Refusal):
            job_id, why = str(answer.ticket), answer.reply.error
            self.events.append(Note(self.agenda.time, job_id, Remark.REFUSE, reason=why))
