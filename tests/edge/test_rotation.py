"""Cutting logs under programs that write to them: no byte is lost, doubled or moved.

These tests work on files. What a whole server does with them is in `test_rotating_server`.
"""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
from disks import ext4, mount, unmount
from logtools import STREAMER, backups, can_be_cut, digest, whole
from streamer import LINE_BYTES, stream

from k1s.config import LogsConfig
from k1s.logs import backups as backups_module
from k1s.logs import rotation as rotation_module
from k1s.logs.extents import first_block
from k1s.logs.files import open_log
from k1s.logs.rotation import Outcome, Rotation, Verdict, mend, move_aside
from k1s.logs.watcher import identity

KIB, MIB = 1024, 1024 * 1024
DONE = Outcome(Verdict.DONE)
SMALL = LogsConfig(max_bytes=64 * KIB, backups=100)
# A writer waits before each of so many parts of what it writes until it is allowed to begin it.
PARTS = 10


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a log is to be that can be cut; the test is skipped where no file can be."""
    if not can_be_cut(tmp_path):
        pytest.skip(f"the file system of {tmp_path} has no FALLOC_FL_COLLAPSE_RANGE")
    return tmp_path / "out.log"


def rotation(log: Path, limits: LogsConfig = SMALL) -> Rotation:
    """A rotation of the file that is there now."""
    return Rotation(str(log), identity(log.stat()), limits, lambda: False)


def finish(log: Path, limits: LogsConfig = SMALL) -> Outcome:
    """What came of a rotation with as many turns as it needs."""
    while (outcome := rotation(log, limits).run()).verdict is Verdict.MORE:
        pass
    return outcome


@contextmanager
def writing(log: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """A program that writes a stream to the log, as a run does."""
    descriptor = open_log(str(log))
    process = subprocess.Popen(
        [sys.executable, "-S", STREAMER, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=descriptor,
        bufsize=0,
    )
    os.close(descriptor)
    with process:
        try:
            yield process
        finally:
            process.kill()


def write_and_rotate(
    log: Path, count: int, step: int, limits: LogsConfig = SMALL, writers: int = 1
) -> None:
    """Rotate a log for as long as programs write to it.

    However long the one or the other does not get to run, no writer is more than
    two parts ahead of the rotation.
    """
    with writing(log, 0, 0, count, step, 0, writers - 1, PARTS) as process:
        assert process.stdin is not None
        allowed, part_bytes = 0, count * LINE_BYTES // PARTS
        while process.poll() is None:
            written = sum(path.stat().st_size for path in [*backups(log), log])
            if allowed < writers * PARTS and written >= (allowed - writers) * part_bytes:
                process.stdin.write(b"x")
                allowed += 1
            assert finish(log, limits) == DONE
        assert process.returncode == 0


def fill(log: Path, data: bytes) -> None:
    """Append to a log as a run does."""
    descriptor = open_log(str(log))
    try:
        assert os.write(descriptor, data) == len(data)
    finally:
        os.close(descriptor)


# Under a writer that never stops


@pytest.mark.parametrize(
    ("lines_per_write", "count", "max_bytes"),
    [
        pytest.param(1, 50_000, 64 * KIB, id="small lines"),
        pytest.param(3, 50_000, 100_000, id="lines across blocks, an odd bound"),
        pytest.param(128, 200_000, 256 * KIB, id="blocks of 4 KiB"),
        pytest.param(32 * KIB, 300_000, 1 * MIB, id="writes of 1 MiB"),
    ],
)
def test_nothing_is_lost_under_a_writer(
    log: Path, lines_per_write: int, count: int, max_bytes: int
) -> None:
    """Whatever is written between any two calls, the bytes are all there and in order."""
    limits = LogsConfig(max_bytes, backups=100)
    write_and_rotate(log, count, lines_per_write, limits)
    assert len(backups(log)) >= count * 32 // max_bytes // 2
    assert all(path.stat().st_size <= max_bytes for path in backups(log))
    assert digest(whole(log)) == digest(stream(0, 0, count))


def test_a_turn_is_bounded(log: Path) -> None:
    """A rotation with much to do lets other logs have their turn."""
    fill(log, stream(0, 0, 20 * 2048 + 1))
    assert rotation(log).run() == Outcome(Verdict.MORE)
    assert len(backups(log)) == rotation_module.STEPS_MAX
    assert finish(log) == DONE
    assert len(backups(log)) == 20
    assert digest(whole(log)) == digest(stream(0, 0, 20 * 2048 + 1))


def test_several_writers_of_one_log(log: Path) -> None:
    """Every line of four processes that share a log is there, whole, and in its writer's order."""
    write_and_rotate(log, 20_000, 1, writers=4)
    lines = whole(log).splitlines(keepends=True)
    assert len(lines) == 80_000
    for writer in range(4):
        mine = b"".join(line for line in lines if line.startswith(b"%04d " % writer))
        assert digest(mine) == digest(stream(writer, 0, 20_000))
    assert len(backups(log)) > 10


def test_a_flood_is_bounded(log: Path) -> None:
    """A program that writes faster than anybody wants to keep leaves the newest bytes."""
    limits = LogsConfig(max_bytes=64 * KIB, backups=3)
    with writing(log, 0, 0, 300_000, 32 * KIB, 0) as process:
        while process.poll() is None:
            assert finish(log, limits) == DONE
            assert len(backups(log)) <= 3
    assert finish(log, limits) == DONE
    kept = whole(log)
    assert [path.stat().st_size for path in backups(log)] == [64 * KIB] * 3
    assert log.stat().st_size <= 64 * KIB
    assert digest(kept) == digest(stream(0, 0, 300_000)[-len(kept) :])
    assert sorted(path.name for path in log.parent.iterdir()) == [
        "out.log",
        *(f"out.log.{n}" for n in (1, 2, 3)),
    ]


def test_backups_are_private(log: Path) -> None:
    """A backup can be read by its owner only, like a log."""
    fill(log, stream(0, 0, 3000))
    log.chmod(0o644)
    assert finish(log) == DONE
    assert (log.parent / "out.log.1").stat().st_mode & 0o777 == 0o600


# The death of a server


# Dies once for each line that it reads, as a child of itself, and says of which signal.
MORTAL = dedent("""
    import json, os, signal, sys
    from k1s.config import LogsConfig
    from k1s.logs import backups, rotation
    from k1s.logs.watcher import identity

    def die(log, module, name, calls, moment):
        place = {"os": os, "backups": backups, "rotation": rotation}[module]
        real, left = getattr(place, name), calls

        def deadly(*arguments):
            nonlocal left
            left -= 1
            if left == 0 and moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*arguments)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(place, name, deadly)
        limits = LogsConfig(max_bytes=1 << 16, backups=4)
        rotation.Rotation(log, identity(os.stat(log)), limits, lambda: False).run()

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                die(*json.loads(line))
            finally:
                os._exit(0)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
""")
DEATHS = [
    *[("os", "open", number, "after") for number in (1, 2)],
    *[("os", "sendfile", 1, moment) for moment in ("before", "after")],
    *[("os", "fdatasync", 1, moment) for moment in ("before", "after")],
    *[("rotation", "mark", 1, moment) for moment in ("before", "after")],
    *[("rotation", "collapse", 1, moment) for moment in ("before", "after")],
    *[("os", "rename", number, moment) for number in (1, 2, 3) for moment in ("before", "after")],
    *[("rotation", "collapse", number, "after") for number in (2, 3)],
]


Dies = Callable[[Path, tuple[str, str, int, str]], bool]


@pytest.fixture(scope="module")
def dies() -> Iterator[Dies]:
    """Whether a rotation in a process of its own has died so."""
    words = [sys.executable, "-c", MORTAL]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as mortal:
        assert mortal.stdin is not None
        assert mortal.stdout is not None
        tell, hear = mortal.stdin, mortal.stdout

        def dies(log: Path, death: tuple[str, str, int, str]) -> bool:
            print(json.dumps([str(log), *death]), file=tell, flush=True)
            return int(hear.readline()) == signal.SIGKILL

        yield dies


@pytest.mark.fault("S3")
@pytest.mark.parametrize("is_monotonous", [False, True], ids=["lines", "the same block for ever"])
@pytest.mark.parametrize("death", DEATHS, ids=lambda death: " ".join(map(str, death)))
def test_a_server_killed_in_the_middle(
    log: Path, dies: Dies, death: tuple[str, str, int, str], is_monotonous: bool
) -> None:
    """Wherever a server dies, the next one loses nothing and doubles nothing.

    A log may repeat itself, so that its content does not tell whether it has been cut.
    """
    data = b"y" * (5 * 64 * KIB - 100) if is_monotonous else stream(0, 0, 10_000)
    fill(log, data[: 64 * KIB + 10])
    assert finish(log, LogsConfig(64 * KIB, 4)) == DONE
    fill(log, data[64 * KIB + 10 :])
    assert digest(whole(log)) == digest(data)
    if death[1] == "rename":  # what was there before is to be shifted
        assert len(backups(log)) == 1
    assert dies(log, death)
    assert mend(str(log), LogsConfig(64 * KIB, 4)) == DONE
    assert digest(whole(log)) == digest(data)
    assert finish(log, LogsConfig(64 * KIB, 4)) == DONE
    assert digest(whole(log)) == digest(data)
    assert not (log.parent / "out.log.rotating").exists()
    assert [path.suffix for path in backups(log)] == [".4", ".3", ".2", ".1"]


def test_the_copy_is_on_the_disk_before_anything_is_cut(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that loses its power loses no byte: copy, flush, mark, cut, in this order."""
    calls: list[str] = []

    def noted(module: ModuleType, name: str) -> None:
        real = getattr(module, name)

        def call(*arguments: object) -> object:
            calls.append(name)
            return real(*arguments)

        monkeypatch.setattr(module, name, call)

    noted(os, "sendfile")
    noted(os, "fdatasync")
    noted(rotation_module, "mark")
    noted(rotation_module, "collapse")
    noted(os, "rename")
    fill(log, stream(0, 0, 3000))
    assert finish(log) == DONE
    assert calls == ["sendfile", "fdatasync", "mark", "collapse", "rename"]


def test_a_death_while_the_log_is_deleted(log: Path, dies: Dies) -> None:
    """What was cut off a log that is gone meanwhile is kept: it is all that is left."""
    fill(log, stream(0, 0, 3000))
    assert dies(log, ("rotation", "collapse", 1, "after"))
    log.unlink()
    assert mend(str(log), SMALL) == DONE
    assert digest((log.parent / "out.log.1").read_bytes()) == digest(stream(0, 0, 2048))


# What is in the way


def test_another_server_at_the_same_log(log: Path) -> None:
    """Two servers never rotate one log at the same time."""
    fill(log, stream(0, 0, 3000))
    with backups_module.workshop(str(log), 5):
        assert rotation(log).run() == Outcome(Verdict.BUSY)
        assert move_aside(str(log), SMALL) == Outcome(Verdict.BUSY)
    assert finish(log) == DONE
    assert digest(whole(log)) == digest(stream(0, 0, 3000))


@pytest.mark.fault("R9")
@pytest.mark.parametrize("name", ["out.log.1", "out.log.2", "out.log.rotating"])
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_nothing_but_files_is_touched(log: Path, name: str, kind: str) -> None:
    """A link, folder or pipe in the place of a backup stops the rotation; nothing is changed."""
    fill(log, stream(0, 0, 3000))
    victim, planted = log.parent / "victim", log.parent / name
    victim.write_text("precious")
    match kind:
        case "link":
            planted.symlink_to(victim)
        case "folder":
            planted.mkdir()
        case _:
            os.mkfifo(planted)
    before = sorted(os.listdir(log.parent))
    wanted = Outcome(Verdict.FAILED, f"{planted} is not a regular file (move it away)")
    assert rotation(log).run() == wanted
    assert move_aside(str(log), SMALL) == wanted
    assert sorted(os.listdir(log.parent)) == before
    assert victim.read_text() == "precious"
    assert digest(log.read_bytes()) == digest(stream(0, 0, 3000))


def test_a_log_that_is_a_link_is_not_rotated(log: Path) -> None:
    """A link that was planted in the place of a log leads nowhere."""
    victim = log.parent / "victim"
    fill(victim, stream(0, 0, 3000))
    log.symlink_to(victim)
    verdict = Rotation(str(log), identity(victim.stat()), SMALL, lambda: False).run().verdict
    assert verdict is Verdict.FAILED
    assert move_aside(str(log), SMALL) == DONE
    assert log.is_symlink()
    assert digest(victim.read_bytes()) == digest(stream(0, 0, 3000))


@pytest.mark.parametrize("is_there", [False, True], ids=["deleted", "replaced"])
def test_a_log_that_is_not_ours_any_more(log: Path, is_there: bool) -> None:
    """A log that was deleted, or replaced by another file, is left alone."""
    fill(log, stream(0, 0, 3000))
    ours = rotation(log)
    kept = log.rename(log.parent / "kept")
    if is_there:
        fill(log, stream(1, 0, 3000))
    assert ours.run() == Outcome(Verdict.REPLACED)
    assert digest(kept.read_bytes()) == digest(stream(0, 0, 3000))
    assert not is_there or digest(log.read_bytes()) == digest(stream(1, 0, 3000))
    assert backups(log) == []


def test_a_log_that_is_truncated_while_it_is_copied(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written after somebody has emptied a log is not cut off for what was copied."""
    fill(log, stream(0, 0, 3000))
    real = os.fdatasync

    def truncate_first(descriptor: int) -> None:
        monkeypatch.setattr(os, "fdatasync", real)
        os.truncate(log, 0)
        fill(log, stream(1, 0, 3000))
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", truncate_first)
    assert finish(log) == DONE
    assert digest(whole(log)) == digest(stream(1, 0, 3000))


def test_a_disk_that_is_full(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that finds no room is thrown away, and the log stays as it is."""
    fill(log, stream(0, 0, 10_000))
    real = os.sendfile

    def full(out: int, source: int, offset: int, count: int) -> int:
        if offset >= 16 * KIB:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(out, source, offset, min(count, 16 * KIB))

    monkeypatch.setattr(os, "sendfile", full)
    assert rotation(log).run() == Outcome(Verdict.FAILED, "no space left on device")
    assert os.listdir(log.parent) == ["out.log"]
    assert digest(log.read_bytes()) == digest(stream(0, 0, 10_000))


def test_a_server_that_stops_in_the_middle(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation is called off between two slices, and leaves the log as it is."""
    fill(log, stream(0, 0, 3000))
    monkeypatch.setattr(rotation_module, "SLICE_BYTES", 16 * KIB)
    answers = iter([False, False, False, True, True])
    cancelled = Rotation(str(log), identity(log.stat()), SMALL, lambda: next(answers))
    assert cancelled.run() == DONE
    assert os.listdir(log.parent) == ["out.log"]
    assert digest(log.read_bytes()) == digest(stream(0, 0, 3000))


def test_a_log_that_begins_with_a_hole(log: Path) -> None:
    """A file that begins nowhere on the disk is not cut: nothing could tell whether it has been."""
    with log.open("wb") as file:
        file.truncate(MIB)
    assert first_block(os.open(log, os.O_RDONLY)) is None
    assert rotation(log).run() == Outcome(Verdict.UNABLE)
    assert log.stat().st_size == MIB


# Whole logs


def test_backups_move_up_to_the_first_gap(tmp_path: Path) -> None:
    """A backup that somebody has taken away makes room, and nothing is pushed out for it."""
    log = tmp_path / "out.log"
    for name in ("out.log", "out.log.1", "out.log.3", "out.log.4"):
        (tmp_path / name).write_text(name)
    assert move_aside(str(log), LogsConfig(backups=4)) == DONE
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "out.log.1": "out.log",
        "out.log.2": "out.log.1",
        "out.log.3": "out.log.3",
        "out.log.4": "out.log.4",
    }


def test_the_oldest_backup_goes(tmp_path: Path) -> None:
    """There are never more backups than were asked for."""
    log = tmp_path / "out.log"
    for number in range(5):
        log.write_text(str(number))
        assert move_aside(str(log), LogsConfig(backups=3)) == DONE
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "out.log.1": "4",
        "out.log.2": "3",
        "out.log.3": "2",
    }


def test_no_backups_at_all(tmp_path: Path) -> None:
    """Without backups a log that is moved aside is gone."""
    log = tmp_path / "out.log"
    log.write_text("text")
    assert move_aside(str(log), LogsConfig(backups=0)) == DONE
    assert os.listdir(tmp_path) == []


# Small file systems of our own


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 file system of 8 MiB."""
    with ext4(tmp_path) as disk:
        yield disk


def test_a_disk_without_room_for_a_copy(small_disk: Path) -> None:
    """On a disk that is really full nothing is lost; with room again, the log is rotated."""
    log, limits = small_disk / "out.log", LogsConfig(2 * MIB, 5)
    fill(log, stream(0, 0, 3 * MIB // 32))
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        free = os.fstatvfs(file.fileno()).f_bfree * os.fstatvfs(file.fileno()).f_bsize
        os.posix_fallocate(file.fileno(), 0, free - 256 * KIB)
    assert rotation(log, limits).run() == Outcome(Verdict.FAILED, "no space left on device")
    assert digest(whole(log)) == digest(stream(0, 0, 3 * MIB // 32))
    ballast.unlink()
    assert finish(log, limits) == DONE
    assert digest(whole(log)) == digest(stream(0, 0, 3 * MIB // 32))
    assert log.stat().st_size < 2 * MIB


def test_an_overlay(tmp_path: Path) -> None:
    """In a container's layered file system a log is cut like anywhere else."""
    if not can_be_cut(tmp_path):
        pytest.skip(f"the file system of {tmp_path} has no FALLOC_FL_COLLAPSE_RANGE")
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    merged = tmp_path / "merged"
    if not mount("-t", "overlay", "overlay", "-o", layers, str(merged)):
        pytest.skip("an overlay of our own needs root")
    try:
        log = merged / "out.log"
        write_and_rotate(log, 50_000, 1)
        assert digest(whole(log)) == digest(stream(0, 0, 50_000))
        assert len(backups(log)) > 5
    finally:
        unmount(merged)
