"""Programs as processes of this machine: how a run is started, signalled and seen to its end.

A run is the process group of its main process. These are the facts about
Linux that the whole file rests on:

* *Nobody else waits.* Only `reap` waits for children, in one thread. A child
  that has ended keeps its number until then, so a signal to it, or to a group
  with such a child in it, cannot reach a stranger who got the number later.
* *Orphans come home.* The server is a child subreaper: when a process of a run
  dies, its children become the server's own. So when a main process is gone,
  what is left of its group hangs from children of the server, and
  `waitid(P_PGID)` says in one call, without a look at /proc, whether any is
  left. SIGCHLD tells of each that goes, so that nothing is polled.
* *The kernel tells all at once.* Signals merge: one SIGCHLD may stand for many
  exits, so `reap` goes on until there is nothing more to collect.
* *vfork.* `subprocess.Popen` starts a program in a third of a millisecond,
  however large the server is, as long as it is given no `preexec_fn`. It also
  wants to wait for its child some day: `_spawn` says how it is told not to.
"""

import ctypes
import os
import subprocess
from contextlib import suppress
from signal import SIGCONT, SIGKILL, Signals
from typing import Final

from attrs import define, field

from k1s.engines import Report, programs
from k1s.engines.logfiles import LogFileError, close_all, open_log
from k1s.errors import StartError
from k1s.events import Ended, MainExited, Run
from k1s.job import Exit, JobSpec

_PR_SET_CHILD_SUBREAPER: Final = 36
_EXITED_WITHOUT_WAITING: Final = os.WEXITED | os.WNOHANG | os.WNOWAIT
_REAPED_AT_ONCE_MAX: Final = 200


def become_subreaper() -> None:
    """Have every orphan among this process's descendants handed to it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a child subreaper")


@define(eq=False)
class LocalEngine:
    """Runs programs on this machine. Its owner calls `reap` on every SIGCHLD."""

    report: Report
    _main: dict[int, Run] = field(factory=dict, init=False)
    _group: dict[Run, int] = field(factory=dict, init=False)
    _left_behind: dict[Run, Exit] = field(factory=dict, init=False)
    _stdin: int = field(factory=lambda: os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), init=False)

    @property
    def is_idle(self) -> bool:
        """Whether no run is left."""
        return not self._group

    def start(self, run: Run, spec: JobSpec) -> int:
        """Start the program of a run in a session of its own; its process id."""
        path = programs.find(spec)
        logs = _open_logs(spec)
        try:
            pid = _spawn(path, spec, self._stdin, *logs)
        except OSError as error:
            raise StartError(programs.explain(spec, path, error)) from None
        except ValueError as error:  # text that this locale cannot write
            raise StartError(str(error)) from None
        finally:
            close_all(list(logs))
        self._main[pid] = run
        self._group[run] = pid
        return pid

    def signal(self, run: Run, signal: Signals) -> None:
        """Signal the whole group; a stopped process is woken, or it would never hear of it."""
        group = self._group.get(run)
        if group is None or not (group in self._main or _has_child(group)):
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal)
            if signal is not SIGKILL:
                os.killpg(group, SIGCONT)

    def reap(self) -> bool:
        """Collect what has ended and report it; True if there may be more to collect.

        Never more than a few at once, so that a flood of orphans cannot hold up
        everybody else.
        """
        for _ in range(_REAPED_AT_ONCE_MAX):
            try:
                ended = os.waitid(os.P_ALL, 0, _EXITED_WITHOUT_WAITING)
            except ChildProcessError:
                ended = None
            if ended is None:
                self._end_emptied_runs()
                return False
            self._collect(ended)
        self._end_emptied_runs()
        return True

    def _collect(self, ended: os.waitid_result) -> None:
        with suppress(ChildProcessError):
            os.waitpid(ended.si_pid, os.WNOHANG)
        run = self._main.pop(ended.si_pid, None)
        if run is None:
            return  # an orphan of some run: its group is looked at in `_end_emptied_runs`
        exit = _exit(ended)
        if _has_child(ended.si_pid):
            self._left_behind[run] = exit
            self.report(run, MainExited(exit))
        else:
            del self._group[run]
            self.report(run, Ended(exit))

    def _end_emptied_runs(self) -> None:
        for run, exit in list(self._left_behind.items()):
            if not _has_child(self._group[run]):
                del self._left_behind[run], self._group[run]
                self.report(run, Ended(exit))


def _open_logs(spec: JobSpec) -> tuple[int, int]:
    """The two streams. The error log is tried as well, lest nobody hears of what goes wrong."""
    opened: list[int] = []
    try:
        for path in (spec.stdout_log_path, spec.stderr_log_path, spec.error_log_path):
            assert path is not None, "the registry has located every log"
            opened.append(open_log(path))
    except LogFileError as error:
        close_all(opened)
        raise StartError(str(error)) from None
    stdout, stderr, record = opened
    os.close(record)
    return stdout, stderr


def _spawn(path: str, spec: JobSpec, stdin: int, stdout: int, stderr: int) -> int:
    process = subprocess.Popen(
        [spec.executable, *spec.arguments],
        executable=path,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=spec.working_directory,
        env=dict(spec.environment) or None,
        start_new_session=True,
    )
    # A Popen that is thrown away without an exit code leaves its child on a
    # list that every later Popen polls with waitpid: it would steal the exit
    # from `reap`. With a code it believes that all is done.
    process.returncode = 0
    return process.pid


def _has_child(group: int) -> bool:
    """Whether any child of this process, ended or not, is in a process group."""
    try:
        os.waitid(os.P_PGID, group, _EXITED_WITHOUT_WAITING)
    except ChildProcessError:
        return False
    return True


def _exit(ended: os.waitid_result) -> Exit:
    if ended.si_code == os.CLD_EXITED:
        return Exit(code=ended.si_status)
    return Exit(signal=ended.si_status)
