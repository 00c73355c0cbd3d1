"""Programs as processes of this machine: how a run is started, signalled and seen to its end.

A run is its main process and every descendant of it, whatever they have done
to get away. It is over when none is left. These are the facts about Linux that
this file rests on:

* *Nobody else waits.* Only `reap` waits for children, in one thread. A child
  that has ended keeps its id until then, so a signal to it, or to a group with
  such a child in it, cannot reach a stranger who got the id later.
* *Orphans come home.* The server is a child subreaper: when a process of a run
  dies, its children become the server's own, by the time the death can be
  seen. So the descendants of a dead main process hang from children of the
  server that are not main processes, and SIGCHLD tells of each that goes: when
  the last is gone the run is over. Nothing is polled.
* *A mark tells whose it is.* `marks` says how. A process without one is told
  by the session that it is in.
* *The kernel tells all at once.* Signals merge: one SIGCHLD may stand for many
  exits, so `reap` goes on until there is nothing more to collect.
* *A sweep chases.* A process may fork while it is looked for. SIGKILL to a
  group is atomic, and a dying parent hands its children to the server, so each
  look finds those that the one before has missed; a program that does nothing
  but fork and exit is met on one of them. The looks are bounded, and go on with
  the next SIGCHLD, so that a flood of processes cannot hold up everybody else.
* *A look costs.* Nothing tells of a new child but the list of all of them, for
  which the kernel takes up to a microsecond each. A death that nobody tells of
  (of a child's child) may have given the server one, so that no look can be left
  out: a run is over after a look that finds nobody of it, and not before. But
  one look serves all that have ended until then. So where there are hundreds of
  children, looks are kept apart: an end may be told some milliseconds later, and
  is never told too early.
"""

import ctypes
import os
import time
from collections import deque
from contextlib import suppress
from signal import SIGCONT, SIGKILL, Signals
from typing import TYPE_CHECKING, Final

from attrs import define, field

from k1s.engines import marks, programs, tree
from k1s.engines.engine import Engine, Report
from k1s.engines.spawn import Environment, inherited_environment, spawn
from k1s.errors import StartError, unwritable
from k1s.events import Ended, MainExited, Run
from k1s.job import Exit, JobSpec
from k1s.logs.files import LogFileError, close_all, open_log

_PR_SET_CHILD_SUBREAPER: Final = 36
_EXITED_WITHOUT_WAITING: Final = os.WEXITED | os.WNOHANG | os.WNOWAIT
_REAPED_AT_ONCE_MAX: Final = 200
_LOOKS_AT_ONCE_MAX: Final = 20
# How far looks are kept apart: they take a fifth of the time at most.
_PAUSE_PER_CHILD_S: Final = 4e-6
# The timers of an event loop are not finer.
_PAUSE_S_MIN: Final = 0.001


def become_subreaper() -> None:
    """Have every orphan among this process's descendants handed to it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a child subreaper")


@define(eq=False)
class _Tree:
    """The processes of one run, as far as the server is their parent."""

    run: Run
    main: int
    mark: int
    exit: Exit | None = None
    orphans: int = 0
    is_told: bool = False
    is_swept: bool = False


@define(eq=False)
class LocalEngine:
    """Runs programs on this machine. Its owner calls `reap` on every SIGCHLD.

    `server_mark` names the server in the marks of its runs; children in
    `others` belong to the server itself and are never taken for orphans.
    """

    report: Report
    server_mark: int = field(factory=marks.new_server_mark)
    others: set[int] = field(factory=set)
    _trees: dict[Run, _Tree] = field(factory=dict, init=False)
    _by_main: dict[int, _Tree] = field(factory=dict, init=False)
    _by_mark: dict[int, _Tree] = field(factory=dict, init=False)
    _orphans: dict[int, _Tree | None] = field(factory=dict, init=False)
    _ending: list[_Tree] = field(factory=list, init=False)
    _has_news: bool = field(default=False, init=False)
    _next_look: float = field(default=0.0, init=False)
    _starts: int = field(default=0, init=False)
    _finder: programs.Finder = field(factory=programs.Finder, init=False)
    _inherited: Environment = field(factory=inherited_environment, init=False)
    _stdin: int = field(factory=lambda: os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), init=False)

    @property
    def is_idle(self) -> bool:
        """Whether no run is left."""
        return not self._trees

    def start(self, run: Run, spec: JobSpec) -> int:
        """Start the program of a run in a session of its own; its process id."""
        try:
            started = self._started(run, spec)
        except ValueError as error:  # text that this locale cannot write
            raise StartError(unwritable(error)) from None
        self._trees[run] = self._by_main[started.main] = self._by_mark[started.mark] = started
        return started.main

    def signal(self, run: Run, signal: Signals) -> None:
        """Signal every process of a run; SIGKILL then goes on until none is left."""
        found = self._trees.get(run)
        if found is None:
            return
        if signal is SIGKILL:
            found.is_swept = True  # whatever turns up later is ended by `_adopt`
        elif not self._pause_s():  # one that has just come will be met by SIGKILL, if it stays
            self._look_for_orphans()
        members = list(tree.descendants(self._roots(found)))  # some may lose their parents by this
        if found.exit is None:
            _signal_group(found.main, signal)
        for pid in members:
            if found.exit is not None or not _is_in_group(pid, found.main):
                self._signal_one(pid, signal, found)

    def notify(self, run: Run, signal: Signals) -> None:
        """Signal the main process alone, and do nothing else; one that has ended gets nothing."""
        found = self._trees.get(run)
        if found is not None and found.exit is None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(found.main, signal)

    def reap(self) -> float | None:
        """Collect what has ended and report it; after how many seconds to be called again, if so.

        Never more than a few at once, so that a flood of orphans cannot hold up
        everybody else.
        """
        collected = 0
        while collected < _REAPED_AT_ONCE_MAX and self._collect():
            collected += 1
        self._has_news |= collected > 0
        pause_s = self._pause_s()
        if self._has_news and not pause_s:
            self._has_news = False
            self._chase()
            self._report_ends()
        if collected == _REAPED_AT_ONCE_MAX:
            return 0
        return pause_s if self._has_news else None

    def end_strays(self) -> bool:
        """End what is left when no run is; True if there was anything.

        Only an orphan that has shed its mark and left its session can be, for
        nobody could say whose it was.
        """
        self._look_for_orphans()
        for pid in self._orphans:
            _signal_child(pid, SIGKILL)
        return bool(self._orphans)

    def _started(self, run: Run, spec: JobSpec) -> _Tree:
        path = self._finder.find(spec)
        logs = _open_logs(spec)
        try:
            return self._spawn_marked(run, path, spec, logs)
        except OSError as error:
            raise StartError(programs.explain(spec, path, error)) from None
        finally:
            close_all(list(logs))

    def _spawn_marked(self, run: Run, path: str, spec: JobSpec, logs: tuple[int, int]) -> _Tree:
        self._starts += 1
        mark = marks.run_mark(self.server_mark, self._starts)
        borne = marks.put_on(mark)
        try:
            return _Tree(run, spawn(path, spec, self._inherited, (self._stdin, *logs)), mark)
        finally:
            marks.take_off(borne)

    def _collect(self) -> bool:
        """Take one exit from the kernel; False if there is none."""
        try:
            ended = os.waitid(os.P_ALL, 0, _EXITED_WITHOUT_WAITING)
            if ended is None:
                return False
            os.waitpid(ended.si_pid, os.WNOHANG)
        except ChildProcessError:
            return False
        found = self._by_main.pop(ended.si_pid, None)
        if found is not None:
            found.exit = _exit(ended)
            self._ending.append(found)
        elif (owner := self._orphans.pop(ended.si_pid, None)) is not None:
            owner.orphans -= 1
        self.others.discard(ended.si_pid)
        return True

    def _pause_s(self) -> float:
        """How long to wait before the next look; 0 if that is not worth a timer."""
        pause_s = self._next_look - time.monotonic()
        return pause_s if pause_s >= _PAUSE_S_MIN else 0

    def _chase(self) -> None:
        """Look for new orphans until a look finds none that has to be ended."""
        for _ in range(_LOOKS_AT_ONCE_MAX):
            if not self._look_for_orphans():
                return

    def _look_for_orphans(self) -> bool:
        """Take in the children that others have left to the server. True if one was ended."""
        server = os.getpid()  # orphans go to the main thread, and it is the one that starts
        children = tree.children_of(server, server)
        self._next_look = time.monotonic() + len(children) * _PAUSE_PER_CHILD_S
        if len(children) == len(self._by_main) + len(self._orphans) + len(self.others):
            return False
        ended = False
        for pid in map(int, children):
            if pid not in self._by_main and pid not in self._orphans and pid not in self.others:
                ended |= self._adopt(pid)
        return ended

    def _adopt(self, pid: int) -> bool:
        owner = self._owner(pid)
        self._orphans[pid] = owner
        if owner is None:
            return False
        owner.orphans += 1
        if owner.is_swept:
            _signal_child(pid, SIGKILL)
        return owner.is_swept

    def _owner(self, pid: int) -> _Tree | None:
        """Whose an orphan is: by its mark, or else by the session that it was born in."""
        mark = marks.read(pid)
        if mark is not None and mark in self._by_mark:
            return self._by_mark[mark]
        with suppress(ProcessLookupError):
            session = os.getsid(pid)
            return next((found for found in self._trees.values() if found.main == session), None)
        return None

    def _report_ends(self) -> None:
        """Tell of the runs that are over, and once of those that have left others behind."""
        ending, self._ending = deque(self._ending), []
        try:
            while ending:
                self._report_end(ending.popleft())
        finally:  # one report that fails does not hide the others
            self._ending += ending
            self._has_news |= bool(ending)

    def _report_end(self, found: _Tree) -> None:
        assert found.exit is not None
        if not found.orphans:
            del self._trees[found.run], self._by_mark[found.mark]
            self.report(found.run, Ended(found.exit))
            return
        self._ending.append(found)
        if not found.is_told:
            found.is_told = True
            self.report(found.run, MainExited(found.exit))

    def _roots(self, found: _Tree) -> list[int]:
        """The children of the server from which every process of a run descends."""
        orphans = [pid for pid, owner in self._orphans.items() if owner is found]
        return orphans if found.exit else [found.main, *orphans]

    def _signal_one(self, pid: int, signal: Signals, found: _Tree) -> None:
        if pid in self._orphans:
            _signal_child(pid, signal)
        else:
            marks.send_signal(pid, signal, found.mark)


def _open_logs(spec: JobSpec) -> tuple[int, int]:
    """The two streams. The error log is tried as well, lest nobody hears of what goes wrong."""
    opened: list[int] = []
    try:
        for path in spec.log_paths:
            opened.append(open_log(path))  # noqa: PERF401 (on failure those before it are closed)
    except LogFileError as error:
        close_all(opened)
        raise StartError(str(error)) from None
    stdout, stderr, record = opened
    os.close(record)
    return stdout, stderr


def _signal_group(main: int, signal: Signals) -> None:
    """Signal the group of a main process that has not been reaped: nobody else can have its id."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(main, signal)
        if signal is not SIGKILL:  # a stopped process would never hear of it
            os.killpg(main, SIGCONT)


def _is_in_group(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return True  # gone: nothing to signal


def _signal_child(pid: int, signal: Signals) -> None:
    """Signal a child of our own; only `reap` could set its id free."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal)
        if signal is not SIGKILL:
            os.kill(pid, SIGCONT)


def _exit(ended: os.waitid_result) -> Exit:
    if ended.si_code == os.CLD_EXITED:
        return Exit(code=ended.si_status)
    return Exit(signal=ended.si_status)


if TYPE_CHECKING:  # this engine offers what every engine does
    _engine: type[Engine] = LocalEngine
