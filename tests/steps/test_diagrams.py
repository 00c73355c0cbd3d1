"""Steps of the feature "Diagrams"."""

from pathlib import Path

from pytest_bdd import given, scenarios, then, when

from k1s import diagrams

from .phrases import phrase
from .world import Table, World

scenarios("diagrams.feature")


def files(folder: Path) -> list[Path]:
    """All files of a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@given(phrase('fresh pictures in "{name}"'))
def fresh_pictures(world: World, name: str) -> None:
    """They are as they would be drawn now."""
    assert diagrams.write(world.folder / name, world.folder / "none.md")


@then(phrase('the folder "{name}" has at least {count:d} files'))
def folder_has_files(world: World, name: str, count: int) -> None:
    """So many files are there."""
    assert len(files(world.folder / name)) >= count


@then(phrase('some file in "{name}" names each of:'))
def some_file_names(world: World, name: str, datatable: Table) -> None:
    """One picture shows all states."""
    words = [row[0] for row in datatable]
    texts = [path.read_text() for path in files(world.folder / name)]
    assert any(all(word in text for word in words) for text in texts)


@then(phrase('the folder "{name}" has a file for each of:'))
def folder_has_file_for(world: World, name: str, datatable: Table) -> None:
    """The names of the files tell the types."""
    names = " ".join(path.name.replace("_", "-") for path in files(world.folder / name))
    assert all(row[0] in names for row in datatable), names


@when(phrase('I change one of the files in "{name}"'))
def change_file(world: World, name: str) -> None:
    """One picture has one line more."""
    path = files(world.folder / name)[0]
    path.write_text(path.read_text() + "%% changed\n")
    world.remembered = {"path": path, "text": path.read_text()}


@when(phrase('I delete one of the files in "{name}"'))
def delete_one(world: World, name: str) -> None:
    """One picture is gone."""
    path = files(world.folder / name)[0]
    path.unlink()
    world.remembered = {"path": path}


@then("the complaint names the changed file")
@then("the complaint names the deleted file")
def complaint_names_file(world: World) -> None:
    """The sentence tells which picture it is."""
    assert world.remembered["path"].name in world.run.err, world.run


@then("the changed file is as I left it")
def file_is_as_left(world: World) -> None:
    """A check changes nothing."""
    assert world.remembered["path"].read_text() == world.remembered["text"]
