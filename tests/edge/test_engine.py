"""The engine by itself: what a server cannot be made to show from outside."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL, SIGSTOP, SIGTERM
from types import SimpleNamespace

import pytest
from attrs import evolve
from steps import processes
from steps.waiting import until

from k1s.engines import local, marks
from k1s.engines.keeper import Keeper
from k1s.engines.local import LocalEngine
from k1s.errors import StartError
from k1s.events import Ended, Fact, Run
from k1s.job import Exit, JobSpec, JobType

RUN = Run("job", 1, 1)
# Its main process outlives the first SIGTERM, and its child has a session of its own.
WITH_CHILD = "trap : TERM; setsid sleep 1000 & wait; wait"
BALLAST = str(Path(__file__).with_name("ballast.py"))
# More than may be collected at once.
FLOOD = 210
# With a copy of the page tables instead of vfork this is a hundred times, not ten.
SLOWER_AT_MOST = 4


@pytest.fixture
def heard() -> list[tuple[Run, Fact]]:
    """What the engine has reported."""
    return []


@pytest.fixture
def engine(heard: list[tuple[Run, Fact]]) -> Iterator[LocalEngine]:
    """An engine, whose every run is over in the end."""
    engine = LocalEngine(lambda run, fact: heard.append((run, fact)))
    yield engine
    for run in [*engine._trees]:
        engine.signal(run, SIGKILL)
    until("every run to be over", lambda: is_reaped(engine))


def is_reaped(engine: LocalEngine) -> bool:
    """Collect what has ended; whether no run is left."""
    engine.reap()
    return engine.is_idle


def spec(folder: Path, script: str) -> JobSpec:
    """A job that runs a line of shell."""
    job = JobSpec("job", JobType.ONE_TIME, "/bin/sh", ("-c", script))
    return job.located(str(folder))


@pytest.mark.fault("P24")
def test_no_other_child_of_the_process_takes_an_exit(
    engine: LocalEngine, heard: list[tuple[Run, Fact]], tmp_path: Path
) -> None:
    """Each exit comes to its run with its own code, also after other processes were waited for."""
    runs = [Run("job", 1, number) for number in range(50)]
    pids = [engine.start(run, spec(tmp_path, f"exit {run.number}")) for run in runs]
    until("all to have ended", lambda: all(_is_zombie(pid) for pid in pids))
    subprocess.run(["/bin/true"], check=True)  # polls every child that a Popen still waits for
    until("every run to be over", lambda: is_reaped(engine))
    assert dict(heard) == {run: Ended(Exit(code=run.number)) for run in runs}


@pytest.mark.fault("S4")
def test_a_report_that_fails_hides_no_other_end(tmp_path: Path) -> None:
    """The ends that were to be told after it are told by the next call, without another SIGCHLD."""
    heard: list[tuple[Run, Fact]] = []

    def hear(run: Run, fact: Fact) -> None:
        heard.append((run, fact))
        assert len(heard) > 1, "somebody has made a mistake"

    engine = LocalEngine(hear)
    runs = [Run("job", 1, number) for number in range(3)]
    pids = [engine.start(run, spec(tmp_path, "exit 3")) for run in runs]
    until("all to have ended", lambda: all(_is_zombie(pid) for pid in pids))
    with pytest.raises(AssertionError, match="somebody has made a mistake"):
        engine.reap()
    assert len(heard) == 1
    engine.reap()
    assert dict(heard) == dict.fromkeys(runs, Ended(Exit(code=3)))
    assert engine.is_idle


@pytest.mark.fault("P19")
def test_a_flood_of_exits_is_collected_in_helpings(
    engine: LocalEngine, heard: list[tuple[Run, Fact]], tmp_path: Path
) -> None:
    """Others have their turn between two helpings, and after the last one none is left."""
    runs = [Run("job", 1, number) for number in range(FLOOD)]
    pids = [engine.start(run, spec(tmp_path, "exit 3")) for run in runs]
    until("all to have ended", lambda: all(_is_zombie(pid) for pid in pids))
    helpings = [engine.reap()]
    assert 0 < len(heard) < FLOOD
    while helpings[-1] is not None:
        helpings.append(engine.reap())
    assert helpings[0] == 0
    assert dict(heard) == dict.fromkeys(runs, Ended(Exit(code=3)))


@pytest.mark.fault("P24")
def test_the_exit_of_a_guardian_is_left_to_the_engine() -> None:
    """Else nobody would learn that it has to be replaced."""
    keeper = Keeper(marks.new_server_mark())
    pid = keeper.start()
    os.kill(pid, SIGKILL)
    until("it to end", lambda: _is_zombie(pid))
    subprocess.run(["/bin/true"], check=True)  # polls every child that a Popen still waits for
    assert _is_zombie(pid)
    keeper.stop()


def _is_zombie(pid: int) -> bool:
    return (processes.stat(pid) or "?")[0] == "Z"


@pytest.fixture
def orphans(engine: LocalEngine) -> Iterator[Callable[[], int]]:
    """Makes processes of the latest run that others have left to us: they are our own children."""
    made: list[int] = []

    def make() -> int:
        borne = marks.put_on(marks.run_mark(engine.server_mark, engine._starts))
        process = subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)
        marks.take_off(borne)
        process.returncode = 0  # the engine reaps it
        made.append(process.pid)
        return process.pid

    yield make
    for pid in made:
        if processes.stat(pid) is not None:
            os.kill(pid, SIGKILL)


def _stop(pid: int) -> None:
    os.kill(pid, SIGSTOP)
    until("it to stand still", lambda: (processes.stat(pid) or "?")[0] == "T")


def _child(parent: int) -> int:
    """The sleeping child of a process, once it has a session of its own."""
    [child] = until("a child", lambda: processes.children(parent))
    until(
        "it to leave and sleep",
        lambda: (processes.group_and_session(child)[1], processes.name(child)),
        lambda seen: seen == (child, "sleep"),
    )
    return child


@pytest.mark.fault("P19")
def test_what_turns_up_while_a_run_is_swept_is_ended(
    engine: LocalEngine, orphans: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look that has ended somebody is followed by another, for more may have come."""
    main = engine.start(RUN, spec(tmp_path, "exec sleep 1000"))
    first, second = orphans(), orphans()
    looks, real = [0], local.tree.children_of

    def children_of(pid: int, thread: int) -> list[bytes]:
        looks[0] += pid == os.getpid()
        born_later = [b"%d" % second] if looks[0] == 1 else []
        return [child for child in real(pid, thread) if child not in born_later]

    engine.signal(RUN, SIGKILL)
    until("the main process to end", lambda: _is_zombie(main))
    monkeypatch.setattr(local.tree, "children_of", children_of)
    engine.reap()
    until("the others to end", lambda: _is_zombie(first) and _is_zombie(second))


@pytest.mark.fault("P14")
def test_an_orphan_that_stands_still_hears_the_signal(
    engine: LocalEngine, orphans: Callable[[], int], tmp_path: Path
) -> None:
    """What others have left to the server is woken up to be stopped."""
    engine.start(RUN, spec(tmp_path, "exec sleep 1000"))
    orphan = orphans()
    _stop(orphan)
    engine.signal(RUN, SIGTERM)
    until("it to end", lambda: _is_zombie(orphan))


@pytest.mark.fault("P14")
def test_a_child_in_a_session_of_its_own_that_stands_still_hears_the_signal(
    engine: LocalEngine, tmp_path: Path
) -> None:
    """What is in another group than the main process is woken up to be stopped, too."""
    child = _child(engine.start(RUN, spec(tmp_path, WITH_CHILD)))
    _stop(child)
    engine.signal(RUN, SIGTERM)
    until("the run to be over", lambda: is_reaped(engine))
    assert not processes.is_alive(child)


def test_a_child_hears_the_signal_of_which_its_parent_has_died(
    engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The main process may be gone before its children are told: they are known by then."""
    main = engine.start(RUN, spec(tmp_path, "setsid sleep 1000 & wait"))
    child, real = _child(main), local._signal_group

    def signal_group(*words: object) -> None:
        real(*words)
        until("the main process to end", lambda: _is_zombie(main))

    monkeypatch.setattr(local, "_signal_group", signal_group)
    engine.signal(RUN, SIGTERM)
    until("the child to end", lambda: not processes.is_alive(child))


def test_only_what_is_started_bears_a_mark(engine: LocalEngine, tmp_path: Path) -> None:
    """Each run has its own; the server has none, before and after a start."""
    pids = [engine.start(Run("job", 1, n), spec(tmp_path, "exec sleep 1000")) for n in (1, 2)]
    borne = [marks.read(pid) for pid in pids]
    assert borne == [marks.run_mark(engine.server_mark, number) for number in (1, 2)]
    assert marks.read(os.getpid()) is None


@pytest.mark.fault("P23")
def test_a_process_with_another_mark_is_not_signalled(engine: LocalEngine, tmp_path: Path) -> None:
    """An id may have changed hands since it was looked up: the mark is read again."""
    pid = engine.start(RUN, spec(tmp_path, "exec sleep 1000"))
    mark = marks.run_mark(engine.server_mark, 1)
    assert not marks.send_signal(pid, SIGKILL, mark + 1)
    assert not marks.send_signal(pid, SIGKILL, marks.new_server_mark(), of_server=True)
    assert processes.is_alive(pid)
    assert marks.send_signal(pid, SIGKILL, engine.server_mark, of_server=True)
    until("it to end", lambda: _is_zombie(pid))


def test_ends_wait_for_the_next_look_where_looks_are_dear(
    engine: LocalEngine,
    heard: list[tuple[Run, Fact]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With many children a look takes long: ends are collected at once, and told after the next."""
    now = [0.0]
    monkeypatch.setattr(local, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(local, "_PAUSE_PER_CHILD_S", 1.0)
    first, second = Run("job", 1, 1), Run("job", 1, 2)
    engine.start(first, spec(tmp_path, "exit 1"))
    pid = engine.start(second, spec(tmp_path, "kill -STOP $$"))
    until("the first to be over", lambda: (engine.reap(), heard)[1])
    engine.signal(second, SIGKILL)
    until(
        "the second to be collected", lambda: engine.reap() and not os.path.exists(f"/proc/{pid}")
    )
    assert dict(heard) == {first: Ended(Exit(code=1))}
    now[0] = 10.0
    until("the second to be over", lambda: is_reaped(engine))
    assert heard[1:] == [(second, Ended(Exit(signal=SIGKILL)))]


@pytest.mark.fault("P11")
@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM])
@pytest.mark.parametrize("folder", [None, "/"])
def test_a_machine_that_has_no_room_for_a_process(
    engine: LocalEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    folder: str | None,
) -> None:
    """The run fails with the reason in words, and no descriptor is left open."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    before = set(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "posix_spawn", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    job = evolve(spec(tmp_path, "exit 0"), working_directory=folder)
    with pytest.raises(StartError, match="the machine has no room for another process"):
        engine.start(Run("job", 1, 1), job)
    monkeypatch.undo()
    assert set(os.listdir("/proc/self/fd")) == before
    assert engine.is_idle


@pytest.mark.fault("R4")
def test_a_large_server_starts_programs_as_fast(tmp_path: Path) -> None:
    """A start costs about the same with much memory in use: nothing of it is copied."""
    done = subprocess.run(
        [sys.executable, BALLAST, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=True
    )
    assert float(done.stdout) < SLOWER_AT_MOST
