"""Learning that a log has grown: what it costs, and what happens when watches run out."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import define, field
from handtimers import Timer
from steps.waiting import until

from k1s.logs import watcher as watcher_module
from k1s.logs.growth import LOOK_S_MAX, LOOK_S_MIN
from k1s.logs.inotify import OVERFLOW, Inotify
from k1s.logs.watcher import (
    FIRST_LOOK_S,
    FRESH_S,
    LOOKS_AT_ONCE,
    UNARMED_LOOK_S,
    Watched,
    Watcher,
)

BOUND = 1000


@define(eq=False)
class Bench:
    """A watcher with timers in the test's hand and a clock of its own."""

    now: float = 0.0
    timers: list[Timer] = field(factory=list)
    too_big: list[str] = field(factory=list)
    watcher: Watcher = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.watcher = Watcher(BOUND, self._later, lambda log: self.too_big.append(log.path))

    def _later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(seconds, call))
        return self.timers[-1]

    @property
    def due(self) -> list[float]:
        """In how many seconds something will be done."""
        return [timer.seconds for timer in self.timers if not timer.is_cancelled]

    def tick(self) -> None:
        """Let the time of all that is due now come."""
        timers, self.timers = self.timers, []
        for timer in timers:
            if not timer.is_cancelled:
                self.now += timer.seconds
                timer.call()

    def hear(self) -> None:
        """Wait for the kernel to say something, and take it in."""
        before = len(self.timers)
        until("an event", lambda: self.watcher.read() or len(self.timers) > before)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A watcher that is open."""
    bench = Bench()
    monkeypatch.setattr(watcher_module, "time", SimpleNamespace(monotonic=lambda: bench.now))
    bench.watcher.open()
    yield bench
    bench.watcher.close()


@pytest.fixture
def log(tmp_path: Path, bench: Bench) -> Watched:
    """An empty log that has just become live."""
    path = tmp_path / "out.log"
    path.touch()
    log = Watched(str(path))
    bench.watcher.add(log)
    return log


def grow(log: Watched, count: int) -> None:
    with open(log.path, "ab") as file:
        file.write(b"x" * count)


def test_a_short_run_costs_no_watch(bench: Bench, log: Watched) -> None:
    """A log that is gone before it is worth a watch never has one."""
    assert bench.due == [FRESH_S]
    bench.watcher.remove(log)
    bench.tick()
    assert bench.due == []
    assert log.watch is None


def test_many_logs_are_looked_at_in_turns(bench: Bench, tmp_path: Path) -> None:
    """However many have become live together, nobody waits for more than a few looks.

    One that is gone before its turn costs none, and those that become live meanwhile have
    their time first.
    """
    logs = [Watched(str(tmp_path / f"{number}.log")) for number in range(2 * LOOKS_AT_ONCE + 2)]
    for log in logs:
        Path(log.path).touch()
        bench.watcher.add(log)
    turns: list[int] = []
    late = Watched(str(tmp_path / "late.log"))
    while not turns or turns[-1] < len(logs) - 1:
        bench.tick()
        turns.append(sum(log.watch is not None for log in logs))
        if len(turns) == 1:
            bench.watcher.remove(logs[-1])
            Path(late.path).touch()
            bench.watcher.add(late)
            assert bench.due == [0, FRESH_S]
    assert turns == [LOOKS_AT_ONCE, 2 * LOOKS_AT_ONCE, 2 * LOOKS_AT_ONCE + 1]
    assert logs[-1].watch is None
    assert late.watch is not None


def test_a_silent_log_costs_nothing(bench: Bench, log: Watched) -> None:
    """Once a log is armed, nothing is due and nothing is heard until it is written to."""
    bench.tick()
    assert bench.due == []
    assert bench.watcher.read() is None
    assert bench.due == []
    grow(log, 1)
    bench.hear()
    assert bench.due == [FIRST_LOOK_S]


def test_a_watch_speaks_once(tmp_path: Path) -> None:
    """However often a file is written to, its watch causes one event, until it is armed again."""
    path = tmp_path / "out.log"
    path.touch()
    inotify = Inotify()
    for _ in range(2):
        watch = inotify.arm(str(path))
        for number in range(100):
            path.write_text(str(number))
        assert inotify.read() == [watch]
        assert inotify.read() == []
    inotify.close()


def test_many_writes_are_one_event(bench: Bench, log: Watched) -> None:
    """A log that is written to a thousand times is looked at once, then when it is half full."""
    bench.tick()
    for _ in range(100):
        grow(log, 1)
    bench.hear()
    assert log.watch is None
    assert bench.due == [FIRST_LOOK_S]
    bench.tick()
    assert bench.due == [min(900 / (100 / FIRST_LOOK_S) / 2, LOOK_S_MAX)]


def test_a_log_is_armed_again(bench: Bench, log: Watched) -> None:
    """When a log has stopped growing it is silent again, and its next line is heard."""
    bench.tick()
    for _ in range(3):
        grow(log, 1)
        bench.hear()
        bench.tick()
        assert bench.due == [LOOK_S_MAX]
        bench.tick()
        assert bench.due == []
        assert log.watch is not None


def test_a_log_that_is_too_big(bench: Bench, log: Watched) -> None:
    """The owner is told, and nothing more is done until the owner looks."""
    bench.tick()
    grow(log, BOUND)
    bench.hear()
    bench.tick()
    assert bench.due == [LOOK_S_MIN]
    assert bench.too_big == []
    grow(log, 1)
    bench.tick()
    assert bench.too_big == [log.path]
    assert bench.due == []
    os.truncate(log.path, 0)
    bench.watcher.look(log)
    assert bench.due == [LOOK_S_MAX]


def test_a_write_between_the_look_and_the_watch(
    bench: Bench, log: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written just before a log is armed causes no event, but is seen."""
    real = Inotify.arm

    def arm(inotify: Inotify, path: str) -> int:
        grow(log, 1)
        return real(inotify, path)

    monkeypatch.setattr(Inotify, "arm", arm)
    bench.tick()
    assert bench.due == [FIRST_LOOK_S]


@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
@pytest.mark.fault("R7")
def test_a_log_that_is_gone(bench: Bench, log: Watched, is_replaced: bool) -> None:
    """A log that was deleted or replaced is not looked at again, however big its successor is."""
    bench.tick()
    kept = log.path + ".kept"
    os.rename(log.path, kept)
    if is_replaced:
        grow(log, 5 * BOUND)
    with open(kept, "ab") as file:
        file.write(b"x")
    bench.hear()
    bench.tick()
    assert (bench.due, bench.too_big) == ([], [])


def test_when_watches_run_out(
    bench: Bench, log: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a watch a log is looked at now and then, and that is said once."""

    def arm(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Inotify, "arm", arm)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            bench.tick()
            assert bench.due == [UNARMED_LOOK_S]
    assert caplog.text.count("cannot watch every log (no space left on device)") == 1
    assert "fs.inotify.max_user_watches" in caplog.text
    grow(log, BOUND + 1)
    bench.tick()
    assert bench.too_big == [log.path]


def test_without_inotify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no descriptor for watches, every log is looked at now and then."""

    def refuse(_: Inotify) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(Inotify, "__attrs_post_init__", refuse)
    bench, path = Bench(), tmp_path / "out.log"
    path.touch()
    assert bench.watcher.open() is None
    bench.watcher.add(Watched(str(path)))
    for _ in range(3):
        bench.tick()
        assert bench.due == [UNARMED_LOOK_S]
    bench.watcher.read()
    bench.watcher.close()


def test_when_the_kernel_loses_events(
    bench: Bench, log: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an overflow every log is looked at, and armed again."""
    bench.tick()
    first = log.watch
    monkeypatch.setattr(Inotify, "read", lambda _: [OVERFLOW])
    bench.watcher.read()
    assert bench.due == [FIRST_LOOK_S]
    monkeypatch.undo()
    bench.tick()
    assert log.watch not in (None, first)
    grow(log, 1)
    bench.hear()
    assert bench.due == [FIRST_LOOK_S]


def test_a_file_with_two_names(bench: Bench, log: Watched) -> None:
    """A hard link to a log does not take its watch away."""
    bench.tick()
    other = Watched(log.path + ".link")
    os.link(log.path, other.path)
    bench.watcher.add(other)
    bench.tick()
    assert bench.due == [UNARMED_LOOK_S]
    grow(log, 1)
    bench.hear()
    assert FIRST_LOOK_S in bench.due
