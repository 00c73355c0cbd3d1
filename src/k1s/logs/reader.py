"""Reading one log from its last lines on, and following it.

A reader is a position in the sequence of a log (see `chain`) and nothing more:
it keeps no bytes, and reads when whoever it reads for can take some. So one
that is slow costs nobody anything. What it does:

* *Tail.* It begins where the last so many lines begin, which it finds by walking
  backwards, `SEARCH_BLOCKS` at a time, so that a million lines do not hold up
  the event loop. With all lines, it begins at the oldest backup.
* *Read.* At most `CHUNK_BYTES` at a time, from the page cache as a rule. A
  character that is cut off at the end waits for the rest of it, unless no rest
  can come.
* *Wait.* At the end the log is armed (see `bell`), and looked at once more: what
  came in between would be told to nobody.
* *Lag.* A reader that is slower than the program goes on at its own pace with
  what is still in the log and its backups, for that harms nobody. Only what has
  been rotated away for good is missing, and it is told how much that is.
* *End.* One that does not follow reads what was there when it began. One that
  does reads on until its job has been deleted, and then what is there.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, assert_never

from attrs import define, field

from k1s.logs.bell import Bell
from k1s.logs.chain import Chain, Missed
from k1s.logs.tail import LineSearch, unfinished

CHUNK_BYTES: Final = 64 * 1024
SEARCH_BLOCKS: Final = 16


class Pause(Enum):
    """Why there is nothing to read now."""

    SEARCHING = auto()
    GATE_CLOSED = auto()
    WAITING = auto()
    OVER = auto()


@define(eq=False, repr=False)
class Reader:
    """Reads one log; `call` is made when, after it was waiting, there may be something to read.

    `lines` is how many of the last to begin with, None for all.
    """

    chain: Chain
    bell: Bell
    lines: int | None
    is_following: bool
    called: Callable[["Reader"], None]
    position: int = field(default=0, init=False)
    _end: int | None = field(default=None, init=False)
    _search: LineSearch | None = field(default=None, init=False)
    _is_begun: bool = field(default=False, init=False)

    def call(self) -> None:
        """Something may have happened to the log."""
        self.called(self)

    def finish(self) -> None:
        """Follow no longer: what is there now is the last to be read."""
        self.is_following = False
        with self.chain.inside() as is_inside:
            if is_inside and self._is_begun:
                self._note_end()
        self.call()

    def read(self) -> bytes | Missed | Pause:
        """The next bytes, or how many are gone, or why there is nothing."""
        with self.chain.inside() as is_inside:
            if not is_inside:
                return Pause.GATE_CLOSED
            if not self._is_begun:
                self._begin()
            self._note_end()
            if self._search is not None and not self._look_back(self._search):
                return Pause.SEARCHING
            return self._read()

    def _begin(self) -> None:
        self._is_begun = True
        if self.lines is None:
            self.position = self.chain.beginning
        else:
            self.position = self.chain.end
            self._search = LineSearch(self.lines, self.position) if self.lines else None

    def _note_end(self) -> None:
        if self._end is None and not self.is_following:
            self._end = self.chain.end

    def _look_back(self, search: LineSearch) -> bool:
        """Search a little further for where the last lines begin; whether that is found."""
        for _ in range(SEARCH_BLOCKS):
            start = max(search.position - CHUNK_BYTES, self.chain.beginning)
            found = self._before(search, start)
            if found is not None:
                self.position, self._search = found, None
                return True
            self.position = search.position
        return False

    def _before(self, search: LineSearch, start: int) -> int | None:
        """Where the lines begin if it is in the bytes from `start`, or before all bytes."""
        if start >= search.position:
            return search.position
        block = self.chain.read(start, search.position - start)
        if isinstance(block, Missed) or len(block) < search.position - start:
            return search.position  # what is older is gone
        return search.feed(block)

    def _read(self) -> bytes | Missed | Pause:
        end = self.chain.end if self._end is None else self._end
        if self.position >= end:
            return self._wait() if self._end is None else Pause.OVER
        match self.chain.read(self.position, min(CHUNK_BYTES, end - self.position)):
            case Missed(count):
                return self._pass_over(min(count, end - self.position))
            case bytes(data):
                data = self._whole(data, end)
                self.position += len(data)
                return data or self._wait()
            case _ as never:
                assert_never(never)

    def _whole(self, data: bytes, end: int) -> bytes:
        """The same without the beginning of a character whose rest may still come."""
        cut = len(data) - unfinished(data)
        may_grow = self._end is None and self.position + len(data) == end
        return data[:cut] if cut or may_grow else data

    def _wait(self) -> Pause:
        if self.bell.is_armed(self.chain):
            return Pause.WAITING
        before = self.chain.end
        self.bell.arm(self.chain)
        self.chain.look()
        if self.chain.end != before:
            self.call()
        return Pause.WAITING

    def _pass_over(self, count: int) -> Missed:
        self.position += count
        return Missed(count)
