"""Where programs are found, and for how long that is remembered."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from steps.waiting import until

from k1s.engines import programs
from k1s.engines.programs import Finder
from k1s.errors import StartError
from k1s.job import JobSpec, JobType


def program(folder: Path) -> str:
    """A program named `tool` in a folder; its path."""
    folder.mkdir(exist_ok=True)
    path = folder / "tool"
    path.touch(0o700)
    return str(path)


@pytest.fixture
def find(tmp_path: Path) -> Callable[[], str]:
    """Finds `tool` in the folders `first` and `second`, with one memory."""
    variables = {"PATH": f"{tmp_path / 'first'}:{tmp_path / 'second'}"}
    finder, job = Finder(), JobSpec("job", JobType.ONE_TIME, "tool", environment=variables)
    return lambda: finder.find(job)


def test_a_program_that_is_gone_is_looked_up_anew(find: Callable[[], str], tmp_path: Path) -> None:
    """What is remembered is not believed once it cannot be executed."""
    first, second = program(tmp_path / "first"), program(tmp_path / "second")
    assert find() == find() == first
    os.unlink(first)
    assert find() == second
    os.unlink(second)
    with pytest.raises(StartError, match="not found on the PATH: tool"):
        find()


def test_a_program_that_is_installed_is_found_soon(find: Callable[[], str], tmp_path: Path) -> None:
    """One that comes earlier on the PATH is taken as soon as the other is no longer remembered."""
    assert program(tmp_path / "second") == find()
    first = program(tmp_path / "first")
    until("the new program to be found", find, lambda seen: seen == first)


def test_a_relative_folder_is_seen_from_each_working_directory(tmp_path: Path) -> None:
    """The same PATH and name mean another program in another working directory."""
    program(tmp_path / "bin")
    finder, job = Finder(), JobSpec("a", JobType.ONE_TIME, "tool", environment={"PATH": "bin"})
    there = JobSpec(
        "b", JobType.ONE_TIME, "tool", working_directory=str(tmp_path), environment={"PATH": "bin"}
    )
    assert finder.find(there) == "bin/tool"
    with pytest.raises(StartError, match="not found on the PATH: tool"):
        finder.find(job)


def test_no_more_than_so_many_places_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When there are too many they are all looked up anew, and found."""
    monkeypatch.setattr(programs, "REMEMBERED_MAX", 2)
    path = program(tmp_path / "bin")
    finder = Finder()
    for number in range(5):
        variables = {"PATH": f"{tmp_path}/{number}:{tmp_path / 'bin'}"}
        job = JobSpec("job", JobType.ONE_TIME, "tool", environment=variables)
        assert finder.find(job) == finder.find(job) == path
