"""What a client that reads logs gets: lines of JSON, made when the client can take them.

A source asks its readers (see `logs.reader`) in turn, and only those that
may have something: one that waits is called by its log. Nothing is kept
between two calls of `read` but the positions of the readers, so that a client
that reads slowly, or not at all, costs its positions and no more.
"""

from base64 import b64encode
from collections import deque
from collections.abc import Callable
from typing import Any, Final, assert_never

from attrs import define, field

from k1s.codec import encode_line
from k1s.events import LogFile
from k1s.logs.archive import Archive
from k1s.logs.chain import Missed
from k1s.logs.files import check_readable
from k1s.logs.reader import Pause, Reader
from k1s.streams import READ_BYTES

# A collapse takes some 20 ms.
GATE_RETRY_S: Final = 0.01
# How many readers are asked in one call: others want the event loop, too.
ASKED_MAX: Final = 64


def _never() -> None:
    """Nobody listens yet, or any more."""


@define(eq=False, repr=False)
class LogSource:
    """Reads some logs for one client. Raises `LogFileError` if one of them is no log.

    `lines` are the last ones to begin with, None for all. `later` calls something after a
    time; `siblings` are all sources that are open.
    """

    archive: Archive
    logs: tuple[LogFile, ...]
    lines: int | None
    follows: bool
    later: Callable[[float, Callable[[], None]], object]
    siblings: set["LogSource"]
    _wake: Callable[[], None] = field(default=_never, init=False)
    _readers: dict[Reader, LogFile] = field(factory=dict, init=False)
    _by_job: dict[str, list[Reader]] = field(factory=dict, init=False)
    _ready: deque[Reader] = field(factory=deque, init=False)
    _is_in_turn: set[Reader] = field(factory=set, init=False)
    _is_reading: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        for log in self.logs:
            check_readable(log.path)

    @property
    def is_over(self) -> bool:
        """Whether everything has been read that there will ever be."""
        return not self._readers

    def open(self, wake: Callable[[], None]) -> None:
        """Begin; `wake` is called when there may be something to read."""
        self._wake = wake
        self.siblings.add(self)
        for log in self.logs:
            reader = self.archive.enter(log.path, self.lines, self._called, follow=self.follows)
            self._readers[reader] = log
            self._by_job.setdefault(log.job_id, []).append(reader)
            self._add(reader)

    def read(self) -> bytes:
        """The next lines, about `READ_BYTES` at the most; nothing if there is nothing now."""
        self._is_reading = True
        try:
            return self._read()
        finally:
            self._is_reading = False

    def _read(self) -> bytes:
        lines = b""
        for _ in range(ASKED_MAX):
            if not self._ready or len(lines) >= READ_BYTES:
                break
            reader = self._ready.popleft()
            self._is_in_turn.discard(reader)
            got = reader.read()
            lines += self._take(reader, got)
            if got is Pause.SEARCHING:
                break  # that was enough for once
        if self._ready and not lines:
            self.later(0, self._go_on)
        return lines

    def job_gone(self, job_id: str) -> None:
        """A job has been deleted: what is there is the last to be read of it."""
        for reader in self._by_job.get(job_id, ()):
            self._finish(reader)

    def finish(self) -> None:
        """What is there now is the last to be read of all logs."""
        for reader in tuple(self._readers):
            self._finish(reader)

    def _finish(self, reader: Reader) -> None:
        if reader in self._readers:  # what one has to tell may end us all
            reader.finish()

    def close(self) -> None:
        """The client has gone."""
        self._wake = _never
        for reader in tuple(self._readers):
            self._leave(reader)
        self.siblings.discard(self)

    def _take(self, reader: Reader, got: bytes | Missed | Pause) -> bytes:
        match got:
            case Pause.WAITING:
                return b""
            case Pause.OVER:
                self._leave(reader)
                return b""
            case Pause.GATE_CLOSED:
                self.later(GATE_RETRY_S, reader.call)
                return b""
            case Pause.SEARCHING:
                self._add(reader)
                return b""
            case bytes() | Missed():
                self._add(reader)
                return _line(self._readers[reader], got)
            case _ as never:
                assert_never(never)

    def _go_on(self) -> None:
        self._wake()

    def _called(self, reader: Reader) -> None:
        """There may be more. Whoever reads just now comes to it in its turn, and not before."""
        if reader in self._readers:
            self._add(reader)
            if not self._is_reading:
                self._wake()

    def _add(self, reader: Reader) -> None:
        if reader not in self._is_in_turn:
            self._is_in_turn.add(reader)
            self._ready.append(reader)

    def _leave(self, reader: Reader) -> None:
        del self._readers[reader]
        self.archive.leave(reader)


def _line(log: LogFile, got: bytes | Missed) -> bytes:
    """A piece of a log as a line of JSON."""
    line: dict[str, Any] = {"jobId": log.job_id, "stream": log.stream}
    if isinstance(got, Missed):
        line["missedBytes"] = got.count
    else:
        try:
            line["text"] = got.decode()
        except UnicodeDecodeError:
            line["base64"] = b64encode(got).decode()
    return encode_line(line)
