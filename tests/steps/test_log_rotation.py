"""Steps of the feature "Log rotation" that no other feature has."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_bdd import given, scenarios, then

from k1s.logs.rotation import is_cuttable

from . import values
from .conftest import error_log
from .phrases import phrase
from .waiting import until
from .world import World

scenarios("log_rotation.feature")


SHARED_MEMORY = Path("/dev/shm")


def can_be_cut(folder: Path) -> bool:
    """Whether the file system of a folder can cut a file at its front."""
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        return is_cuttable(probe.name)


@pytest.fixture(autouse=True)
def _cuttable(request: pytest.FixtureRequest, world: World) -> None:
    """Most scenarios are about file systems that can cut a file at its front."""
    if request.node.get_closest_marker("cutting-nothing") is None and not can_be_cut(world.home):
        pytest.skip(f"the file system of {world.home} has no FALLOC_FL_COLLAPSE_RANGE")


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a file system that cannot cut files."""
    if not SHARED_MEMORY.is_dir() or can_be_cut(SHARED_MEMORY):
        pytest.skip(f"there is no tmpfs at {SHARED_MEMORY}")
    with tempfile.TemporaryDirectory(prefix="k1s-", dir=SHARED_MEMORY) as folder:
        yield Path(folder)


@given(phrase('a folder "{name}" on a file system that cannot cut files, if there is one'))
def folder_in_memory(world: World, memory: Path, name: str) -> None:
    """Where there is none, the scenario is skipped."""
    (world.folder / name).symlink_to(memory)


def backups(log: Path) -> list[Path]:
    """The backups of a log, the oldest first."""
    found = [
        path
        for path in log.parent.glob(f"{log.name}.*")
        if path.suffix[1:].isdigit() and path.is_file()
    ]
    return sorted(found, key=lambda path: -int(path.suffix[1:]))


def numbers(log: Path) -> bytes:
    """All that is in a log and its backups, in order, read while no rotation is going on."""

    def read() -> bytes | None:
        with suppress(FileNotFoundError):  # it has been renamed meanwhile
            before = files(log)
            kept = b"".join(path.read_bytes() for path in [*backups(log), log])
            if before is not None and files(log) == before:
                return kept
        return None

    kept = until("a moment without rotation", read, lambda seen: seen is not None)
    assert kept is not None
    return kept


def files(log: Path) -> list[tuple[str, int, int]] | None:
    """A log and its backups as they are now; None while one is being rotated."""
    found = [(path.name, path.stat()) for path in [*backups(log), log]]
    if Path(f"{log}.rotating").exists():
        return None
    return [(name, stat.st_ino, stat.st_size) for name, stat in found]


def size(log: Path) -> int:
    """How many bytes are in a log and its backups, or a few too few while one is renamed."""
    total = 0
    for path in [*backups(log), log]:
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


@then(phrase('the log "{name}" soon has at least {count:d} backups'))
@then(phrase('the log "{name}" soon has at least {count:d} backup'))
def has_backups(world: World, name: str, count: int) -> None:
    """Backups appear beside a log."""
    log = world.folder / name
    until(f"{count} backups", lambda: backups(log), lambda found: len(found) >= count)


@then(phrase('the log "{name}" has exactly {count:d} backups'))
def has_exactly(world: World, name: str, count: int) -> None:
    """There are so many backups, with the lowest numbers, once no rotation is going on."""
    log = world.folder / name
    workshop = Path(f"{log}.rotating")
    until("the rotation to end", lambda: not workshop.exists())
    assert [path.name for path in reversed(backups(log))] == [
        f"{name}.{number}" for number in range(1, count + 1)
    ]


@then(phrase('the log "{name}" soon has at most {bound:d} bytes'))
def is_small(world: World, name: str, bound: int) -> None:
    """The log itself becomes small enough."""
    log = world.folder / name
    until("a small log", lambda: log.stat().st_size, lambda seen: seen <= bound)


@then(phrase('the backup "{name}" has {count:d} bytes'))
def backup_has(world: World, name: str, count: int) -> None:
    """A backup is of this size."""
    assert (world.folder / name).stat().st_size == count


@then(
    phrase('the log "{name}" and its backups hold the numbers from {first:d} to {last:d}, in order')
)
@then(phrase('the file "{name}" holds the numbers from {first:d} to {last:d}, in order'))
def hold_numbers(world: World, name: str, first: int, last: int) -> None:
    """No number is missing, doubled or out of place; nothing else is there."""
    wanted = values.numbers(first, last).encode()
    log = world.folder / name
    until("all numbers", lambda: size(log), lambda seen: seen >= len(wanted))
    assert numbers(log) == wanted


@then(phrase('the log "{name}" soon ends with the number {last:d}'))
def ends_with_number(world: World, name: str, last: int) -> None:
    """All has been written."""
    log = world.folder / name
    until(
        "the last number",
        lambda: log.read_bytes()[-20:],
        lambda seen: seen.endswith(b"%d\n" % last),
    )


@then(
    phrase('the log "{name}" and its backups end with the number {last:d}, and lack none before it')
)
def end_with_number(world: World, name: str, last: int) -> None:
    """What is kept is the end of what was written."""
    ends_with_number(world, name, last)
    kept = numbers(world.folder / name)
    assert values.numbers(1, last).encode().endswith(kept)
    assert len(kept) > 2 * 65536


@then(phrase('the error log of "{job_id}" soon says:'))
def error_log_says(world: World, job_id: str, docstring: str) -> None:
    """The only line of the error log is this one, behind its time."""
    found = until("a line", lambda: error_log(world, job_id))
    assert [line.partition(" ")[2] for line in found] == [world.fill(docstring)]
