"""The engine of a simulation: what becomes of programs that are told to start and to end.

Most starts are answered at once, as by the real engine. Some are slow, because
the core promises to bear that. Each process has one thing ahead of it, its end,
and a signal can bring that nearer.
"""

from collections.abc import Callable
from random import Random
from signal import SIGKILL, Signals
from typing import Final

from attrs import define, field

from k1s.events import Effect, Ended, Fact, MainExited, NotStarted, Run, Started
from k1s.job import Exit, JobSpec, signal_name

from .accounts import Account
from .agenda import Agenda, Entry
from .programs import DISK_FULL, UNSTARTABLE, Habits, Process, invent_habits

OTHERS_LAST_S: Final = 3600.0
SWEPT_LAST_S: Final = 1.0
SLOW_START_S: Final = 3.0
# How much of the news of an end comes a second time, and how long after.
LATE_NEWS: Final = 0.05
LATE_NEWS_S: Final = 600.0

Act = Callable[[], list[Effect]]


@define(eq=False)
class Engine:
    """All processes of a server.

    `tell` takes news to the registry, `perform` carries out what an act leads
    to, `accounts` are told what happens, and `note` writes to the trace.
    """

    agenda: Agenda
    random: Random
    accounts: dict[str, Account]
    tell: Callable[[Run, Fact], list[Effect]]
    perform: Callable[[Act], object]
    note: Callable[..., None]
    disk_is_full: bool = False
    processes: dict[Run, Process] = field(factory=dict, init=False)
    _habits: dict[int, Habits] = field(factory=dict, init=False)

    def start(self, run: Run, spec: JobSpec) -> list[Effect]:
        """Start the program of a run, or begin to."""
        self.accounts[run.job_id].run_begins(self.agenda.time)
        assert all(run.job_id != other.job_id for other in self.processes), "two runs at once"
        if run.number == 1:
            self._habits[run.creation] = invent_habits(spec, self.random)
        process = Process(run, self._habits[run.creation], self.random)
        self.processes[run] = process
        if not process.happens(process.habits.starts_slowly):
            return self._try_start(process)
        self.note("slow", run)
        self._later(self.random.expovariate(1 / SLOW_START_S), lambda: self._try_start(process))
        return []

    def signal(self, run: Run, signal: Signals) -> None:
        """A signal has a reason, and a run that it is for; if that has not come up, it is lost."""
        process, account = self.processes[run], self.accounts[run.job_id]
        assert account.kill_asked is not None or (signal is SIGKILL and process.exit)
        reaction = process.reaction(signal) if process.is_alive else None
        process.is_swept |= process.is_alive and signal is SIGKILL
        if reaction is None:
            self.note("ignored", run.job_id, signal_name(signal))
        else:
            self.note("signalled", run.job_id, signal_name(signal), *reaction)
            self._end_later(process, *reaction)

    def notify(self, run: Run, signal: Signals) -> None:
        """A signal that somebody has sent to a main process, and no more is meant by it."""
        process = self.processes[run]
        assert process.is_alive, "a signal for a program that is being started"
        assert process.exit is None, "a signal for a program that has ended"
        reaction = process.reaction(signal)
        self.note("notified", run.job_id, signal_name(signal), *(reaction or ()))
        if reaction is not None:
            self._end_later(process, *reaction)

    def _later(self, after: float, act: Act) -> Entry:
        return self.agenda.at(self.agenda.time + after, lambda: self.perform(act))

    def _try_start(self, process: Process) -> list[Effect]:
        if self.disk_is_full:
            return self._cannot_start(process, DISK_FULL)
        if process.happens(process.habits.cannot_start):
            return self._cannot_start(process, self.random.choice(UNSTARTABLE))
        process.is_alive = True
        self.accounts[process.run.job_id].started = self.agenda.time
        self._end_later(process, *process.life())
        return self.tell(process.run, Started(pid=process.run.creation))

    def _cannot_start(self, process: Process, why: str) -> list[Effect]:
        self._over(process, None)
        return self.tell(process.run, NotStarted(why))

    def _end_later(self, process: Process, after: float, exit: Exit) -> None:
        """Let the process end, if it would not end earlier anyway."""
        time = self.agenda.time + after
        if process.ending is not None and process.ends_at <= time:
            return
        if process.ending is not None:
            process.ending.call_off()
        process.ends_at = time
        process.ending = self._later(after, lambda: self._end(process, exit))

    def _end(self, process: Process, exit: Exit) -> list[Effect]:
        """The main process ends, and may leave others behind; or these end, and the run is over."""
        process.ending = None
        if process.exit is None and process.happens(process.habits.leaves_others):
            process.exit = self.accounts[process.run.job_id].exit = exit
            self._end_later(process, SWEPT_LAST_S if process.is_swept else OTHERS_LAST_S, exit)
            return self.tell(process.run, MainExited(exit))
        last = process.exit or exit
        self._over(process, last)
        return self.tell(process.run, Ended(last))

    def _over(self, process: Process, exit: Exit | None) -> None:
        run = process.run
        del self.processes[run]
        self.accounts[run.job_id].run_ends(self.agenda.time, exit)
        if process.happens(LATE_NEWS):
            fact = self.random.choice((Ended(exit or Exit()), Started(pid=1), NotStarted("x")))
            after = self.random.expovariate(1 / LATE_NEWS_S)
            self.agenda.at(self.agenda.time + after, lambda: self._tell_late(run, fact))

    def _tell_late(self, run: Run, fact: Fact) -> None:
        self.note("told-late", run.job_id, run.creation, run.number)
        assert self.tell(run, fact) == [], "news of a run that is over"
