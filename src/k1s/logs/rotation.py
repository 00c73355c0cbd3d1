"""Rotation: making a log smaller while a program writes to it, without losing a byte.

A program writes to a descriptor of its own, which nobody can take away from
it. So the usual ways fail. A renamed log goes on growing under its new name
for as long as the program runs, which may be for ever. Copying the log and
then truncating it loses what is written between the two. What is left is to
take bytes out at the *front*:

* *Append mode.* Logs are opened with O_APPEND, so that the kernel looks for
  the end of the file anew at each write, under the lock of the inode. It does
  not matter to the writer, or to several, that the end comes nearer.
* *Collapse.* fallocate(FALLOC_FL_COLLAPSE_RANGE) takes whole blocks out of a
  file and moves down what follows, under the same lock: a write happens wholly
  before or wholly after. The length must be a multiple of the block (of the
  cluster, where there are clusters) and must leave one byte at least.
* *What has been written stays.* Appending never changes the bytes before the
  end, so the first n bytes can be copied in peace, in slices, and only then
  be cut off. Lines may be cut between a backup and what follows it. The bytes of
  LOG.N to LOG.1 and then LOG are what the program wrote, in order.

All this runs in a thread of its own, never in the event loop: the copying is
done in slices, but a flush of the disk takes as long as the disk takes. 50 MiB
took 0.1 s to copy and 0.04 s to flush on ext4; then the collapse took 0.02 s
(0.05 s at worst beside a program that wrote 50 MiB a second), and that is the
only time that the writer waits. sendfile copies as fast as copy_file_range
does, and between any two file systems.

*A crash in the middle.* The server may be killed between any two calls, and
a machine may lose its power. The next server that uses the log finds the
workshop LOG.rotating, and has to know whether its bytes are in the log, too:

1. copy into the workshop; it bears no mark;  ->  in the log: throw it away
2. fdatasync the copy: it is on the disk before anything is cut
3. mark it with where the log begins on the disk;  ->  still there: as above
4. collapse the log, which now begins elsewhere;  ->  the only copy: finish 5
5. rename the backups up, the oldest first, and the workshop to LOG.1.

The mark is what makes 3 and 4 tell themselves apart: the number of the first
block changes in the very moment in which the bytes go, and the content need
not be compared (a log may well repeat itself). So a crash loses nothing and
doubles nothing. If the log was copied to another disk meanwhile, its bytes are
doubled at worst. A power cut in the very middle of 4 is the journal's to mend,
and a log in many pieces may need several of its transactions. A gap in the
backups is where 5 was interrupted: shifting goes up to the first gap.

*What cannot be cut.* tmpfs, btrfs, NFS and others have no collapse, and some
imitate it without a lock: only file systems that are known are trusted. There
a log is renamed before the next run opens it, if no other run has it open.

*A log that is no longer ours.* A log that was deleted, moved or replaced while
a run writes to it is left alone. One that is truncated while it is copied, and
grows again at once, begins elsewhere on the disk or differs in the bytes just
before the cut: then the copy is thrown away. (A new file may well get the blocks
of the old one, so that the first test alone is not enough.) A program that
opens its own log again without O_APPEND writes at an offset of its own: the
hole that a rotation leaves before it is of its own making.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final, assert_never

from attrs import field, frozen

from k1s.config import LogsConfig
from k1s.logs.backups import (
    BusyError,
    UnfitError,
    check,
    drop_all,
    mark,
    settle,
    shift_in,
    workshop,
    workshop_of,
)
from k1s.logs.extents import can_collapse, collapse, first_block
from k1s.logs.files import why
from k1s.logs.gate import Cut, Gate, Identity
from k1s.logs.growth import Drop, Move, next_step
from k1s.logs.watcher import identity

SLICE_BYTES: Final = 4 * 1024 * 1024
SAMPLE_BYTES: Final = 64 * 1024
# Then it is the turn of other logs: one may grow as fast as it is rotated.
STEPS_MAX: Final = 8


class Verdict(Enum):
    """What became of an attempt to make a log smaller."""

    DONE = auto()
    MORE = auto()
    BUSY = auto()
    REPLACED = auto()
    UNABLE = auto()
    FAILED = auto()


@frozen
class Outcome:
    """A verdict; `why` says in words why it failed, if it did."""

    verdict: Verdict
    why: str = ""


class _ReplacedError(Exception):
    """The path leads to another file than the run opened, or to none."""


class _UnableError(Exception):
    """The file system cannot cut this file."""


@frozen
class Rotation:
    """Makes one log small enough while it is written to, or gets nearer to that.

    `file` is which file is meant; `is_cancelled` is asked between slices. Those
    who read the log meanwhile do so through the `gate`.
    """

    log: str
    file: Identity
    limits: LogsConfig
    is_cancelled: Callable[[], bool]
    gate: Gate = field(factory=Gate)

    def run(self) -> Outcome:
        """Do it. Blocks for as long as the disk takes: not for the event loop."""
        return _judged(self._work)

    def _work(self) -> Verdict:
        for _ in range(STEPS_MAX):
            if self.is_cancelled() or not self._step():
                return Verdict.DONE
        return Verdict.MORE

    def _step(self) -> bool:
        """Take one piece out of the log; whether there may be more to take."""
        backups = self.limits.backups
        with _opened(self.log) as source, workshop(self.log, backups) as copy:
            self._check(source)
            size, block = os.fstat(source).st_size, os.fstatvfs(source).f_bsize
            step = next_step(size, self.limits.max_bytes, backups, block)
            match step:
                case None:
                    return False
                case Drop():
                    self._drop(source, step.length)
                    return True
                case Move():
                    return self._move(source, copy, step.length)
                case _:
                    assert_never(step)

    def _check(self, source: int) -> None:
        if identity(os.fstat(source)) != self.file:
            raise _ReplacedError
        if not can_collapse(source):
            raise _UnableError
        check(self.log, self.limits.backups)

    def _drop(self, source: int, length: int) -> None:
        with self.gate.closed():
            drop_all(self.log, self.limits.backups)
            collapse(source, length)
            self.gate.note(Cut(self.file, length))

    def _move(self, source: int, copy: int, length: int) -> bool:
        begins = first_block(source)
        if begins is None:
            raise _UnableError
        if not self._copy(source, copy, length):
            return False
        os.fdatasync(copy)
        if first_block(source) != begins or not _end_alike(source, copy, length):
            return True  # somebody has truncated it meanwhile: it is another matter now
        mark(copy, begins)
        with self.gate.closed():
            collapse(source, length)
            self.gate.note(Cut(self.file, length, identity(os.fstat(copy))))
            shift_in(workshop_of(self.log), self.log, self.limits.backups)
        return True

    def _copy(self, source: int, copy: int, length: int) -> bool:
        done = 0
        while done < length:
            if self.is_cancelled():
                return False
            sent = os.sendfile(copy, source, done, min(SLICE_BYTES, length - done))
            if not sent:
                return False  # somebody has truncated it
            done += sent
        return True


def move_aside(log: str, limits: LogsConfig) -> Outcome:
    """Make a log that nobody writes to its own newest backup, as a whole. Blocks for a moment."""

    def work() -> Verdict:
        with workshop(log, limits.backups):
            check(log, limits.backups)
            if stat.S_ISREG(os.lstat(log).st_mode):
                shift_in(log, log, limits.backups)
        return Verdict.DONE

    return _judged(work)


def mend(log: str, limits: LogsConfig) -> Outcome:
    """Finish or undo what a server that died has left half done."""

    def work() -> Verdict:
        settle(log, limits.backups)
        return Verdict.DONE

    return _judged(work)


def is_cuttable(log: str) -> bool:
    """Whether a log can be made smaller while it is written to."""
    try:
        with _opened(log) as descriptor:
            return can_collapse(descriptor)
    except (OSError, _ReplacedError):
        return False


@contextmanager
def _opened(log: str) -> Iterator[int]:
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(log, flags)
    except FileNotFoundError:
        raise _ReplacedError from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _end_alike(source: int, copy: int, length: int) -> bool:
    """Whether the last bytes of what was copied are still where they were."""
    start = max(length - SAMPLE_BYTES, 0)
    return os.pread(source, SAMPLE_BYTES, start) == os.pread(copy, SAMPLE_BYTES, start)


def _judged(work: Callable[[], Verdict]) -> Outcome:
    try:
        return Outcome(work())
    except BusyError:
        return Outcome(Verdict.BUSY)
    except _ReplacedError:
        return Outcome(Verdict.REPLACED)
    except _UnableError:
        return Outcome(Verdict.UNABLE)
    except UnfitError as error:
        return Outcome(Verdict.FAILED, str(error))
    except OSError as error:
        return Outcome(Verdict.FAILED, why(error))
