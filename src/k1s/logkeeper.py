"""Keeps the logs of a server: writes the lines of k1s itself, has logs rotated and read.

The edge of the rotator and of those who read: timers, the watched descriptors and
the one thread that may wait for the disk. The thread exists once a log has been rotated, and it
sleeps between rotations.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from attrs import define, field

from k1s.config import LogsConfig
from k1s.errors import Code, RequestError
from k1s.events import LogFile, RemoveLogs, Run
from k1s.job import JobSpec
from k1s.logs.archive import Archive
from k1s.logs.backups import erase
from k1s.logs.bell import Bell
from k1s.logs.files import LogFileError, append, close_all
from k1s.logs.rotation import Outcome, Verdict
from k1s.logs.rotator import Rotator
from k1s.logsource import LogSource
from k1s.views import timestamp

_log = logging.getLogger(__name__)


@define(eq=False, repr=False)
class LogKeeper:
    """Every log of one server. Used from inside an event loop."""

    limits: LogsConfig
    _rotator: Rotator = field(init=False)
    _archive: Archive = field(init=False)
    _sources: set[LogSource] = field(factory=set, init=False)
    _doomed: dict[str, RemoveLogs] = field(factory=dict, init=False)
    _watched: int | None = field(default=None, init=False)
    _thread: ThreadPoolExecutor = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._rotator = Rotator(self.limits, self)
        self._archive = Archive(self._rotator, Bell(self), self._remove_if_free)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rotation")

    def open(self) -> None:
        """Begin to watch how logs grow."""
        if self._rotator.is_off:
            return
        self._watched = self._rotator.watcher.open()
        if self._watched is not None:
            self.listen(self._watched, self._rotator.watcher.read)

    def close(self) -> None:
        """Stop; a rotation that is under way is undone or finished first."""
        for source in tuple(self._sources):
            source.close()
        if self._watched is not None:
            self.unlisten(self._watched)
        self._rotator.close()
        self._thread.shutdown(cancel_futures=True)
        for path, order in self._doomed.items():
            close_all(erase(path, self.limits.backups, order.spared))

    def begin(self, run: Run, spec: JobSpec) -> None:
        """A run is about to be started."""
        for path in spec.log_paths:
            self._doomed.pop(path, None)
        self._rotator.watch(run, spec)
        if self._sources:
            stdout, stderr, _ = spec.log_paths
            self._expect(stdout)
            self._expect(stderr)

    def end(self, run: Run) -> None:
        """A run is over, or could not be started."""
        self._rotator.unwatch(run)

    def append(self, path: str, line: str) -> None:
        """Write a line to an error log; if that fails, to the server's own log."""
        self._rotator.make_room(path)
        self._expect(path)
        try:
            append(path, line)
        except LogFileError as error:
            _log.warning("cannot write an error log: %s; it wanted to say: %s", error, line.strip())

    def source(self, logs: tuple[LogFile, ...], lines: int | None, *, follow: bool) -> LogSource:
        """Reads logs for a client, from the last so many lines on (all, if None).

        Raises `RequestError` if one of them is no log, or too many are being read.
        """
        if not self._archive.has_room(len(logs)):
            text = "Too many logs are being read: try again later, or ask for fewer"
            raise RequestError(Code.UNREADABLE_LOG, text)
        try:
            return LogSource(self._archive, logs, lines, follow, self.later, self._sources)
        except LogFileError as error:
            text = str(error)
            raise RequestError(Code.UNREADABLE_LOG, text[:1].upper() + text[1:]) from None

    def job_gone(self, job_id: str) -> None:
        """A job has been deleted: those who follow its logs read what is there, and no more."""
        for source in tuple(self._sources):
            source.job_gone(job_id)

    def remove(self, order: RemoveLogs) -> None:
        """Remove the logs of a job that is gone, all at once, when nobody needs one of them.

        A rotation may still have to put a backup in its place, or to say something in
        the error log; and who reads has a right to all that is there.
        """
        for path in order.paths:
            self._doomed[path] = order
        for path in order.paths[:1]:
            self._remove_if_free(path)

    def rested(self, log: str) -> None:
        """A rotation has ended."""
        self._remove_if_free(log)

    def _remove_if_free(self, log: str) -> None:
        order = self._doomed.get(log)
        if order is None:
            return
        group = [path for path in order.paths if path in self._doomed]
        if any(self._archive.is_read(path) or self._rotator.is_rotating(path) for path in group):
            return
        for path in group:
            del self._doomed[path]
            if large := erase(path, self.limits.backups, order.spared):
                self._thread.submit(close_all, large)

    def changed(self, log: str) -> None:
        """Tell those who read a log that its files are not the same any more."""
        self._archive.changed(log)

    def record(self, error_log: str, text: str) -> None:
        """Write what the rotator has to say."""
        self.append(error_log, f"{timestamp(time.time())} {text}\n")

    def later(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        """Call something after a time."""
        return asyncio.get_running_loop().call_later(seconds, call)

    def listen(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call something whenever a descriptor can be read."""
        asyncio.get_running_loop().add_reader(descriptor, call)

    def unlisten(self, descriptor: int) -> None:
        """No more."""
        asyncio.get_running_loop().remove_reader(descriptor)

    def in_thread(self, work: Callable[[], Outcome], done: Callable[[Outcome], None]) -> None:
        """Do what blocks, and call `done` from the event loop."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        future.add_done_callback(lambda over: None if over.cancelled() else done(_outcome(over)))

    def _expect(self, path: str) -> None:
        """A log is about to be made, if it is not there: its readers are told when it is."""
        if self._archive.is_read(path):
            asyncio.get_running_loop().call_soon(self._archive.changed, path)


def _outcome(over: "asyncio.Future[Outcome]") -> Outcome:
    """What came of the work; a mistake of ours ends one rotation and no more."""
    error = over.exception()
    if error is None:
        return over.result()
    _log.error("a rotation failed", exc_info=error)
    return Outcome(Verdict.FAILED, "k1s made a mistake (the server's output says which)")
