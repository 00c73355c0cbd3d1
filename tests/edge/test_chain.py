"""Readers of a log get every byte that was written, in order, whatever is done to its files.

What is gone they are told, to the byte. The files are real.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from attrs import define, field
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from logtools import can_be_cut, whole

from k1s.config import LogsConfig
from k1s.logs import chain as chain_module
from k1s.logs import reader
from k1s.logs.archive import Archive
from k1s.logs.bell import Bell
from k1s.logs.chain import Missed
from k1s.logs.files import open_log
from k1s.logs.reader import Pause, Reader
from k1s.logs.rotation import Rotation, Verdict, move_aside
from k1s.logs.rotator import Rotator
from k1s.logs.watcher import identity

HISTORIES = int(os.environ.get("K1S_LOG_HISTORIES", "40"))
LIMITS = LogsConfig(max_bytes=64 * 1024, backups=2)
SHARED_MEMORY = Path("/dev/shm")
PATTERN_LINES = 1 << 19
# So many bytes of the pattern have a whole line in them, and stand nowhere else.
UNIQUE_BYTES = 15


@cache
def pattern() -> bytes:
    """Lines of eight bytes that differ, as many as any history writes."""
    return b"".join(b"%07d\n" % number for number in range(PATTERN_LINES))


class Silence:
    """Surroundings in which nothing happens later, and nobody listens."""

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Never."""

    def listen(self, descriptor: int, call: Callable[[], None]) -> None:
        """Not at all."""

    def unlisten(self, descriptor: int) -> None:
        """No more."""

    def in_thread(self, work: object, done: object) -> None:
        """There is no thread."""

    def record(self, error_log: str, text: str) -> None:
        """Say nothing."""

    def changed(self, log: str) -> None:
        """Tell nobody."""


@define(eq=False)
class Client:
    """Somebody who reads, and compares each byte with what was written."""

    position: int
    reader: Reader
    missed: int = 0

    def read(self) -> bool:
        """Whether there was something."""
        match self.reader.read():
            case Missed(count):
                assert count > 0
                self.position += count
                self.missed += count
            case bytes(got):
                assert 0 < len(got) <= reader.CHUNK_BYTES
                assert got == pattern()[self.position : self.position + len(got)], self.position
                self.position += len(got)
            case Pause.SEARCHING:
                return True
            case _:
                return False
        return True


@define(eq=False)
class Desk:
    """A log, one program after the other that writes to it, and those who read it."""

    log: Path
    written: int = 0
    clients: list[Client] = field(factory=list)
    descriptor: int | None = None
    archive: Archive = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.archive = Archive(Rotator(LIMITS, Silence()), Bell(Silence()))

    def run(self) -> None:
        """The next run has the log open, and makes it if it is not there."""
        self.end()
        self.descriptor = open_log(str(self.log))
        self.archive.changed(str(self.log))

    def end(self) -> None:
        """The run is over."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def append(self, count: int) -> None:
        if self.descriptor is None:
            self.run()
        assert self.descriptor is not None
        data = pattern()[self.written : self.written + count]
        assert os.write(self.descriptor, data) == len(data)
        self.written += len(data)

    def rotate(self) -> None:
        """A turn of the rotation, as its thread does it."""
        if self.log.exists():
            gate = self.archive.rotator.gate(str(self.log))
            file = identity(self.log.stat())
            turn = Rotation(str(self.log), file, LIMITS, lambda: False, gate)
            assert turn.run().verdict in {Verdict.DONE, Verdict.MORE, Verdict.UNABLE}

    def step_aside(self) -> None:
        """Between two runs the log is renamed."""
        self.end()
        move_aside(str(self.log), LIMITS)
        self.archive.changed(str(self.log))

    def delete(self) -> None:
        """Somebody deletes the log; a program that runs goes on writing to it."""
        self._look()
        self.log.unlink(missing_ok=True)
        if chain_module.HELD_MAX == 0:  # what is written now is lost to everybody
            self.end()
        self._look()

    def truncate(self) -> None:
        """Somebody empties the log."""
        self._look()
        if self.log.exists():
            os.truncate(self.log, 0)
        self._look()

    def forget(self, number: int) -> None:
        """Somebody deletes a backup."""
        Path(f"{self.log}.{number}").unlink(missing_ok=True)

    def enter(self, lines: int | None) -> None:
        """A new client, who wants so many lines of what is there."""
        there = whole(self.log)
        reader = self.archive.enter(str(self.log), lines, lambda _: None, follow=True)
        with reader.chain.inside():
            reader._begin()
            while reader._search is not None:
                reader._look_back(reader._search)
        self.clients.append(Client(self.written - (reader.chain.end - reader.position), reader))
        is_clear = not there or len(there) >= UNIQUE_BYTES
        if is_clear and there == pattern()[self.written - len(there) : self.written]:
            wanted = len(there) if lines is None else min(_tail(there, lines), len(there))
            assert self.clients[-1].position == self.written - wanted

    def leave(self) -> None:
        """The last client that came goes, unless it is the only one."""
        if len(self.clients) > 1:
            self.archive.leave(self.clients.pop().reader)

    def read(self, at: int, times: int) -> None:
        """One of the clients reads a little."""
        client = self.clients[at % len(self.clients)]
        for _ in range(times):
            client.read()

    def finish(self) -> None:
        """Everybody reads all that there is."""
        for client in self.clients:
            while client.read():
                pass
            assert client.position == self.written
        self.close()
        assert self.archive._descriptors.count == 0

    def close(self) -> None:
        """Everybody goes."""
        self.end()
        while self.clients:
            self.archive.leave(self.clients.pop().reader)

    def _look(self) -> None:
        self.archive.changed(str(self.log))


def _tail(data: bytes, lines: int) -> int:
    """How long the last so many lines of a text are."""
    if lines == 0:
        return 0
    return sum(map(len, data.splitlines(keepends=True)[-lines:]))


OPERATIONS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 200_000)),
    st.tuples(st.just("append"), st.integers(1, 10)),
    st.tuples(st.just("read"), st.integers(0, 3), st.integers(1, 40)),
    st.tuples(st.just("enter"), st.none() | st.integers(0, 20_000)),
    st.tuples(st.sampled_from(["rotate", "rotate", "run", "end", "step_aside", "leave"])),
    st.tuples(st.sampled_from(["delete", "truncate"])),
    st.tuples(st.just("forget"), st.integers(1, 2)),
)


# An empty log steps aside, and the next one has a byte.
EMPTY_BACKUP = [("step_aside",), ("append", 1)]


@pytest.fixture(params=["cut", "rename"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder where logs can be cut, and one where they cannot."""
    if request.param == "cut":
        if not can_be_cut(tmp_path):
            pytest.skip(f"the file system of {tmp_path} has no FALLOC_FL_COLLAPSE_RANGE")
        yield tmp_path
        return
    if not SHARED_MEMORY.is_dir() or can_be_cut(SHARED_MEMORY):
        pytest.skip(f"there is no tmpfs at {SHARED_MEMORY}")
    made = Path(tempfile.mkdtemp(prefix="k1s-", dir=SHARED_MEMORY))
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("held_max", [32, 0], ids=["held open", "opened for each read"])
@settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    chunk_bytes=st.sampled_from([1000, 4096, 65536]),
    before=st.integers(0, 300_000),
    history=st.lists(OPERATIONS, max_size=30),
)
@example(
    chunk_bytes=1000,
    before=1,
    history=[("delete",), ("run",), ("append", 1), ("truncate",), ("enter", None)],
)
@example(chunk_bytes=1000, before=0, history=[*EMPTY_BACKUP, ("delete",), ("enter", None)])
def test_every_history(
    folder: Path, held_max: int, chunk_bytes: int, before: int, history: list[tuple[str]]
) -> None:
    """Appends, reads, rotations, renames, deletions and restarts in any order."""
    place = Path(tempfile.mkdtemp(dir=folder))
    desk = Desk(place / "out.log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain_module, "HELD_MAX", held_max)
        patch.setattr(reader, "CHUNK_BYTES", chunk_bytes)
        try:
            desk.append(before)
            desk.rotate()
            desk.enter(None)
            for name, *arguments in history:
                getattr(desk, name)(*arguments)
            desk.finish()
        finally:
            desk.close()
            shutil.rmtree(place)
