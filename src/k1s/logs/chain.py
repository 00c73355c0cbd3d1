"""The files of one log, LOG.N to LOG.1 and LOG, as one sequence of bytes that only grows.

Readers keep a number: how many bytes of the sequence come before what they
read next. Whatever is done to the files, the number stays true, because the
chain knows which bytes are where. It is made when the first reader comes, and
all readers of a log share it.

* *Parts.* Each file is a part: where in the sequence it begins, how long it is
  and which file it is (device and inode, whatever its name). The last part is
  the log itself, which grows; the others do not change any more.
* *Cut.* A rotation takes bytes off the front of the log: the log begins later,
  and there is a part more before it. The rotation notes each cut at the gate
  (see `gate`), and the chain takes the notes in before it looks at the log.
* *Renamed, deleted, replaced.* The log is held open while it has readers, so that
  none of its bytes is lost to them when its name is taken away; a program may
  even go on writing to it. When there is a new log, the old one is a part like
  any other, and is closed as soon as it has a name as a backup or all have read
  it. The bytes in the new log come after those of the old one.
* *Truncated.* A log that is shorter than it was has begun anew: what was not
  read of it is lost, and counted up to where it was last seen.
* *Gone.* A backup that was pushed off the end, deleted, or dropped in a flood
  leaves a gap in the sequence. A reader that comes to it is told how long it is.

What cannot be known is not claimed: what somebody else, not k1s, does with the
files between two looks (two logs in a row that he deletes before anybody has
seen the first; another server that rotates the same log) is seen as far as the
files show it. Descriptors are few (see `files`), so that no more than
`HELD_MAX` logs are held open; the rest are opened for each read, and what was
not read of one of them when it is deleted is lost, and counted.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from attrs import define, field, frozen

from k1s.logs.files import READ_FLAGS
from k1s.logs.gate import Cut, Gate, Identity
from k1s.logs.watcher import identity, regular

# Half of what a server keeps free besides its connections.
HELD_MAX: Final = 32
# Deleted logs of one chain that slow readers still have to read.
NAMELESS_MAX: Final = 4


@frozen
class Missed:
    """So many bytes are gone, and cannot be read any more."""

    count: int


class Positioned(Protocol):
    """A reader, as a chain sees it."""

    @property
    def position(self) -> int:
        """How many bytes of the sequence come before what it reads next."""
        ...

    def call(self) -> None:
        """Something may have changed."""
        ...


@define(eq=False)
class Descriptors:
    """The logs that are held open, by all chains together."""

    count: int = 0

    def hold(self, path: str, file: Identity) -> int | None:
        """A descriptor of this file, if it is still there and not too many are held."""
        if self.count >= HELD_MAX:
            return None
        descriptor = _open(path, file)
        self.count += descriptor is not None
        return descriptor

    def release(self, descriptor: int) -> None:
        """Close one again."""
        os.close(descriptor)
        self.count -= 1


@define(eq=False)
class _Part:
    start: int
    file: Identity | None
    size: int = 0
    descriptor: int | None = None

    @property
    def end(self) -> int:
        return self.start + self.size


@define(eq=False)
class Chain:
    """The sequence of one log; `backups` says where its backups would be, the newest first.

    All but the readers is used inside `inside` only.
    """

    path: str
    backups: Callable[[], list[str]]
    gate: Gate
    descriptors: Descriptors
    readers: set[Positioned] = field(factory=set, init=False)
    _closed: list[_Part] = field(factory=list, init=False)
    _log: _Part = field(factory=lambda: _Part(0, None), init=False)
    _is_begun: bool = field(default=False, init=False)
    _is_untidy: bool = field(default=False, init=False)

    @contextmanager
    def inside(self) -> Iterator[bool]:
        """Whether the gate is open; if so, all is known as it is now, and stays so inside."""
        if not self.gate.enter():
            yield False
            return
        try:
            self.look()
            yield True
        finally:
            self.gate.leave()

    def add(self, reader: Positioned) -> None:
        """A reader comes; what has lost its name by now is not shown to it."""
        self.readers.add(reader)
        self._is_untidy = True

    @property
    def beginning(self) -> int:
        """Where the oldest byte is that still has a name."""
        if not self._has_name(self._log):
            return self.end
        oldest = self._log
        for part in reversed(self._closed):
            if part.descriptor is not None:  # it has been deleted, and somebody still reads it
                break
            if part.size:  # what lies behind an empty one may be gone: that would be no gap
                oldest = part
        return oldest.start

    @property
    def file(self) -> Identity | None:
        """Which file the log is; None if there is none."""
        return self._log.file

    @property
    def end(self) -> int:
        """How many bytes there have been."""
        return self._log.end

    def look(self) -> None:
        """Take in what has happened to the files."""
        cuts = self.gate.take()
        if self._is_begun:
            for cut in cuts:
                self._cut(cut)
        else:
            self._begin()
        self._see()
        if self._is_untidy or any(part.descriptor is not None for part in self._closed):
            self._tidy()

    def call(self) -> None:
        """Have all readers look whether there is something to read."""
        for reader in tuple(self.readers):
            reader.call()

    def changed(self) -> None:
        """Look, at once if the gate is open, because the files have been renamed."""
        self._is_untidy = True
        with self.inside():
            pass

    def read(self, position: int, count: int) -> bytes | Missed:
        """At most so many bytes from a position on; none at the end."""
        pieces: list[bytes] = []
        while count > 0 and position < self.end:
            part = next(part for part in self._parts() if part.end > position)
            if part.start > position:
                return b"".join(pieces) if pieces else Missed(part.start - position)
            piece = self._read(part, position - part.start, count)
            if not piece and part is self._log:  # it was truncated just now, or may not be read
                return b"".join(pieces) if pieces else Missed(part.end - position)
            if piece:
                pieces.append(piece)
                position += len(piece)
                count -= len(piece)
            else:
                self._lose(part)
        return b"".join(pieces)

    @contextmanager
    def opened(self) -> Iterator[int | None]:
        """A descriptor of the log; None if there is none."""
        with self._opened(self._log) as descriptor:
            yield descriptor

    def close(self) -> None:
        """The last reader has gone."""
        self.gate.forget()
        for part in self._parts():
            self._release(part)

    def _parts(self) -> list[_Part]:
        return [*self._closed, self._log]

    def _begin(self) -> None:
        """Everything that is there, the oldest first."""
        self._is_begun = True
        start = 0
        for name in reversed(self.backups()):
            status = regular(name)
            if status is not None:
                self._closed.append(_Part(start, identity(status), status.st_size))
                start += status.st_size
        self._log = _Part(start, None)

    def _cut(self, cut: Cut) -> None:
        if cut.log != self._log.file:  # it was made and cut since the last look
            self._succeed(cut.log)
        log = self._log
        if cut.backup is not None:
            self._forget(cut.backup)
            self._closed.append(_Part(log.start, cut.backup, cut.length))
        log.start += cut.length
        log.size = max(log.size - cut.length, 0)
        self._is_untidy = True

    def _see(self) -> None:
        status = regular(self.path)
        if status is None:
            self._see_nameless()
            return
        if identity(status) != self._log.file:
            self._succeed(identity(status))
        self._grow(status.st_size)

    def _see_nameless(self) -> None:
        """The log has no file, or one that was deleted or has become a backup."""
        if self._log.file is None:
            return
        with self._opened(self._log) as descriptor:
            size = None if descriptor is None else os.fstat(descriptor).st_size
        if size is None:
            self._log = _Part(self.end, None)
        else:
            self._grow(size)

    def _grow(self, size: int) -> None:
        log = self._log
        if size < log.size:  # it has been truncated, and begins anew
            log.start, log.size = log.end, 0
        log.size = size

    def _succeed(self, file: Identity) -> None:
        """There is a new log: the old one stays as it is."""
        if self._log.file is not None:
            self._see_nameless()
        if self._log.file is not None:
            self._closed.append(self._log)
            self._is_untidy = True
        self._forget(file)
        held = self.descriptors.hold(self.path, file)
        self._log = _Part(self.end, file, descriptor=held)

    def _tidy(self) -> None:
        """Forget what has gone, and let go of what has a name or has been read by all."""
        self._is_untidy = False
        named = self._named()
        read = min((reader.position for reader in self.readers), default=self.end)
        kept: list[_Part] = []
        nameless = 0
        for part in reversed(self._closed):
            if part.file in named:
                self._release(part)
                kept.append(part)
            elif part.descriptor is not None and part.end > read and nameless < NAMELESS_MAX:
                nameless += 1
                kept.append(part)
            else:
                self._release(part)
        self._closed = kept[::-1]

    def _named(self) -> set[Identity]:
        found = [regular(name) for name in self.backups()]
        return {identity(status) for status in found if status is not None}

    def _has_name(self, part: _Part) -> bool:
        status = regular(self.path)
        if status is not None and identity(status) == part.file:
            return True
        return part.file is None or part.file in self._named()

    def _forget(self, file: Identity) -> None:
        """A new file has this number: if an old one had it, that is gone."""
        self._closed = [p for p in self._closed if p.file != file or p.descriptor is not None]

    def _lose(self, part: _Part) -> None:
        self._release(part)
        self._closed.remove(part)

    def _release(self, part: _Part) -> None:
        if part.descriptor is not None:
            self.descriptors.release(part.descriptor)
            part.descriptor = None

    def _read(self, part: _Part, offset: int, count: int) -> bytes:
        with self._opened(part) as descriptor:
            if descriptor is None:
                return b""
            with suppress(OSError):
                return os.pread(descriptor, min(count, part.size - offset), offset)
        return b""

    @contextmanager
    def _opened(self, part: _Part) -> Iterator[int | None]:
        """A descriptor of a part, held or found by its number; None if it is nowhere."""
        if part.descriptor is not None or part.file is None:
            yield part.descriptor
            return
        descriptor = self._find(part.file)
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _find(self, file: Identity) -> int | None:
        for name in (self.path, *self.backups()):
            status = regular(name)
            if status is not None and identity(status) == file:
                return _open(name, file)
        return None


def _open(path: str, file: Identity) -> int | None:
    """A descriptor of this file, if it is still there and can be read."""
    try:
        descriptor = os.open(path, READ_FLAGS)
    except OSError:
        return None
    if identity(os.fstat(descriptor)) == file:
        return descriptor
    os.close(descriptor)
    return None
