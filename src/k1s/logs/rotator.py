"""Which logs are live, and that each of them is rotated in time.

A log is live while a run has it open; several runs may. It is mended and, if
need be, renamed before the first of them opens it, cut when it grows too big
meanwhile, and looked at for a last time when the last of them has ended.
Looking and renaming happen in the event loop; cutting, which waits for the
disk, in one thread that somebody else provides. What a run pays for its two
logs is 20 us at its start and 10 us at its end.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol
from weakref import WeakValueDictionary

from attrs import define, field

from k1s.config import LogsConfig
from k1s.events import Run
from k1s.job import JobSpec
from k1s.logs.backups import names, workshop_of
from k1s.logs.gate import Gate
from k1s.logs.rotation import Outcome, Rotation, Verdict, is_cuttable, mend, move_aside
from k1s.logs.watcher import Timer, Watched, Watcher, regular

RETRY_S: Final = 60.0
# What was said about a log is not said again; no more than so many are remembered.
SAID_MAX: Final = 10_000


class Surroundings(Protocol):
    """What a rotator needs from whoever runs it. All calls come in one thread."""

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call something after a time."""
        ...

    def in_thread(self, work: Callable[[], Outcome], done: Callable[[Outcome], None]) -> None:
        """Do what blocks, one thing after the other, and call `done` with what came of it."""
        ...

    def record(self, error_log: str, text: str) -> None:
        """Write a line to the error log of a job."""
        ...

    def rested(self, log: str) -> None:
        """A rotation of a log has ended; another one may have begun."""
        ...

    def changed(self, log: str) -> None:
        """A log has been cut or renamed, or there is a backup more: now, not later."""
        ...


@define(eq=False, repr=False)
class _Live(Watched):
    """A log that runs have open; k1s speaks of it in the error log of the latest one."""

    error_log: str = ""
    runs: int = 0


@define(eq=False, repr=False)
class Rotator:
    """Keeps the logs of all runs within their bounds."""

    limits: LogsConfig
    surroundings: Surroundings
    watcher: Watcher = field(init=False)
    _live: dict[str, _Live] = field(factory=dict, init=False)
    _paths: dict[Run, set[str]] = field(factory=dict, init=False)
    _rotating: set[str] = field(factory=set, init=False)
    _parted: set[str] = field(factory=set, init=False)
    _said: set[str] = field(factory=set, init=False)
    _gates: WeakValueDictionary[str, Gate] = field(factory=WeakValueDictionary, init=False)
    _is_closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.watcher = Watcher(self.limits.max_bytes, self.surroundings.later, self._rotate)

    @property
    def is_off(self) -> bool:
        """Whether logs may grow for ever."""
        return self.limits.max_bytes == 0

    def close(self) -> None:
        """Stop; what is being done in the thread ends at its next slice."""
        self._is_closed = True
        for log in self._live.values():
            self.watcher.remove(log)
        self.watcher.close()

    def watch(self, run: Run, spec: JobSpec) -> None:
        """A run is about to open its logs."""
        if self.is_off:
            return
        stdout, stderr, error = spec.log_paths
        joined = self._paths[run] = set()
        for path in {stdout, stderr}:
            self._join(path, error)
            joined.add(path)

    def unwatch(self, run: Run) -> None:
        """A run is over, or has never begun."""
        for path in self._paths.pop(run, ()):
            log = self._live[path]
            log.runs -= 1
            if log.runs == 0:
                self._part(log)

    def make_room(self, path: str) -> None:
        """k1s itself is about to write a line to this log."""
        if self.is_off or path in self._live:
            return
        status = regular(path)
        if status is not None and status.st_size > self.limits.max_bytes:
            self._move_aside(path, path)

    def gate(self, path: str) -> Gate:
        """What to go through to read a log; the same for all who ask while one has it."""
        gate = self._gates.get(path)
        if gate is None:
            gate = self._gates[path] = Gate()
        return gate

    def backups(self, path: str) -> list[str]:
        """Where the backups of a log are, from the newest on; not what another run writes."""
        return [name for name in names(path, self.limits.backups) if name not in self._live]

    def is_rotating(self, path: str) -> bool:
        """Whether a log is being cut, or is about to be."""
        return path in self._rotating

    def settle(self, path: str) -> None:
        """Finish what a crash has left of a log that somebody wants to read."""
        if path not in self._live and path not in self._rotating:
            self._mend(path, path)

    def _join(self, path: str, error_log: str) -> None:
        log = self._live.get(path)
        if log is None:
            log = self._live[path] = _Live(path)
            self._prepare(log, error_log)
        else:
            self.watcher.remove(log)  # its watch may be of a file that was renamed
        log.error_log = error_log
        log.file = None  # the run may make it anew: it is known again at the next look
        log.runs += 1
        self.watcher.add(log)

    def _part(self, log: _Live) -> None:
        if log.path in self._rotating:
            self._parted.add(log.path)  # the thread may have looked before the last bytes came
        elif log.see() and log.size > self.limits.max_bytes:
            if is_cuttable(log.path):
                self._rotate(log)
            else:  # not in the thread: a run that begins at once would find it still at work
                self._hear(log.path, log.error_log, Outcome(Verdict.UNABLE))
        self.watcher.remove(log)
        del self._live[log.path]

    def _prepare(self, log: _Live, error_log: str) -> None:
        """Nobody has the log open yet: finish what a crash has left, and rename it if due."""
        if log.path in self._rotating:
            return
        self._mend(log.path, error_log)
        if log.see() and log.size > self.limits.max_bytes and not is_cuttable(log.path):
            self._move_aside(log.path, error_log)
            log.size = 0

    def _mend(self, path: str, error_log: str) -> None:
        if os.path.lexists(workshop_of(path)):
            self._hear(path, error_log, mend(path, self.limits))
            self.surroundings.changed(path)

    def _move_aside(self, path: str, error_log: str) -> None:
        outcome = self._obstacle(path) or move_aside(path, self.limits)
        self.surroundings.changed(path)
        self._hear(path, error_log, outcome)

    def _rotate(self, log: Watched) -> None:
        """The log is too big: cut it, unless that is being done already."""
        if log.path in self._rotating or self._is_closed:
            return
        assert isinstance(log, _Live)
        assert log.file is not None, "it has just been looked at"
        gate = self.gate(log.path)
        rotation = Rotation(log.path, log.file, self.limits, lambda: self._is_closed, gate)
        self._rotating.add(log.path)
        self._turn(rotation, log.error_log)

    def _turn(self, rotation: Rotation, error_log: str) -> None:
        done = partial(self._rotated, rotation, error_log)
        obstacle = self._obstacle(rotation.log)
        if obstacle is None:
            self.surroundings.in_thread(rotation.run, done)
        else:
            done(obstacle)

    def _obstacle(self, path: str) -> Outcome | None:
        """Backups must not overwrite what another job writes."""
        taken = [name for name in names(path, self.limits.backups) if name in self._live]
        if not taken:
            return None
        return Outcome(Verdict.FAILED, f"{taken[0]} is the log of another job (rename one)")

    def _rotated(self, rotation: Rotation, error_log: str, outcome: Outcome) -> None:
        self.surroundings.changed(rotation.log)
        if not self._is_closed and self._has_more(rotation.log, outcome.verdict):
            self._turn(rotation, error_log)
            return
        self._rotating.discard(rotation.log)
        self._hear(rotation.log, error_log, outcome)
        log = self._live.get(rotation.log)
        if log is not None and not self._is_closed:
            if _is_anew(log, rotation, outcome.verdict):
                self.watcher.add(log)
            else:
                self._go_on(log, outcome.verdict)
        self.surroundings.rested(rotation.log)

    def _has_more(self, path: str, verdict: Verdict) -> bool:
        """Whether it goes on at once: the last run may have ended meanwhile, and written more."""
        if verdict is Verdict.MORE:
            return True
        has_parted = path in self._parted and path not in self._live
        self._parted.discard(path)
        return has_parted and verdict is Verdict.DONE

    def _go_on(self, log: _Live, verdict: Verdict) -> None:
        match verdict:
            case Verdict.DONE | Verdict.MORE:
                self._said.discard(log.path)
                self.watcher.look(log)
            case Verdict.BUSY | Verdict.FAILED:
                self.watcher.look_after(log, RETRY_S)
            case Verdict.REPLACED | Verdict.UNABLE:
                self.watcher.remove(log)

    def _hear(self, path: str, error_log: str, outcome: Outcome) -> None:
        """Say once what went wrong with a log, until it has been cut again."""
        match outcome.verdict:
            case Verdict.UNABLE:
                why = "this file system cannot cut it while it is written to"
                self._say(path, error_log, f"{why}: it is rotated at the next run")
            case Verdict.FAILED:
                self._say(path, error_log, f"{outcome.why}: it is tried again")

    def _say(self, path: str, error_log: str, why: str) -> None:
        if path in self._said:
            return
        if len(self._said) >= SAID_MAX:
            self._said.clear()
        self._said.add(path)
        bound = _shown(self.limits.max_bytes)
        self.surroundings.record(error_log, f"log {path} grows past {bound} because {why}")


def _is_anew(log: _Live, rotation: Rotation, verdict: Verdict) -> bool:
    """Whether a run has made the log anew: what became of the file before says nothing of it."""
    if verdict is Verdict.REPLACED:  # the new file may well have got the number of the old one
        return log.see()
    return log.file != rotation.file and log.see() and log.file != rotation.file


def _shown(size: int) -> str:
    """A number of bytes, in the largest unit that divides it."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"
