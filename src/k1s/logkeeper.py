"""Keeps the logs of a server: writes the lines of k1s itself, and has the logs rotated.

The edge of the rotator: timers, the watched descriptor and the one thread that
may wait for the disk. The thread exists once a log has been rotated, and it
sleeps between rotations.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from attrs import define, field

from k1s.config import LogsConfig
from k1s.engines.logfiles import LogFileError, append
from k1s.engines.rotation import Outcome, Verdict
from k1s.engines.rotator import Rotator
from k1s.events import Run
from k1s.job import JobSpec
from k1s.protocol import timestamp

_log = logging.getLogger(__name__)


@define(eq=False)
class LogKeeper:
    """Every log of one server. Used from inside an event loop."""

    limits: LogsConfig
    _rotator: Rotator = field(init=False)
    _watched: int | None = field(default=None, init=False)
    _thread: ThreadPoolExecutor = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._rotator = Rotator(self.limits, self)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rotation")

    def open(self) -> None:
        """Begin to watch how logs grow."""
        if self._rotator.is_off:
            return
        self._watched = self._rotator.watcher.open()
        if self._watched is not None:
            asyncio.get_running_loop().add_reader(self._watched, self._rotator.watcher.read)

    def close(self) -> None:
        """Stop; a rotation that is under way is undone or finished first."""
        if self._watched is not None:
            asyncio.get_running_loop().remove_reader(self._watched)
        self._rotator.close()
        self._thread.shutdown(cancel_futures=True)

    def begin(self, run: Run, spec: JobSpec) -> None:
        """A run is about to be started."""
        self._rotator.watch(run, spec)

    def end(self, run: Run) -> None:
        """A run is over, or could not be started."""
        self._rotator.unwatch(run)

    def append(self, path: str, line: str) -> None:
        """Write a line to an error log; if that fails, to the server's own log."""
        self._rotator.make_room(path)
        try:
            append(path, line)
        except LogFileError as error:
            _log.warning("cannot write an error log: %s; it wanted to say: %s", error, line.strip())

    def record(self, error_log: str, text: str) -> None:
        """Write what the rotator has to say."""
        self.append(error_log, f"{timestamp(time.time())} {text}\n")

    def later(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        """Call something after a time."""
        return asyncio.get_running_loop().call_later(seconds, call)

    def in_thread(self, work: Callable[[], Outcome], done: Callable[[Outcome], None]) -> None:
        """Do what blocks, and call `done` from the event loop."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        future.add_done_callback(lambda over: None if over.cancelled() else done(_outcome(over)))


def _outcome(over: "asyncio.Future[Outcome]") -> Outcome:
    """What came of the work; a mistake of ours ends one rotation and no more."""
    error = over.exception()
    if error is None:
        return over.result()
    _log.error("a rotation failed", exc_info=error)
    return Outcome(Verdict.FAILED, "k1s made a mistake (the server's output says which)")
