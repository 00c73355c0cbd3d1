"""The pictures of the state machines."""

from pathlib import Path

import pytest

from k1s.diagrams import draw_all, find_stale, write
from k1s.job import FINAL, JobType, State
from k1s.lifecycle import ROWS, Row

NAMES = ["all", "one-time", "periodic", "continuous"]
MARKED = "# Title\n<!-- diagram: all -->\nold\n<!-- end of diagram -->\nkept\n"


def _arrow(row: Row) -> str:
    return f"    {row.source} --> {row.target}: "


def test_one_picture_for_each_type_and_one_of_all() -> None:
    """There are four pictures."""
    assert list(draw_all()) == NAMES


def test_the_same_bytes_each_time() -> None:
    """Drawing twice gives the same text."""
    assert draw_all() == draw_all()


@pytest.mark.parametrize(
    ("job_type", "row"),
    [(job_type, row) for job_type in JobType for row in ROWS[job_type]],
    ids=lambda value: (
        f"{value.source}-{value.trigger}-{value.target}" if isinstance(value, Row) else value
    ),
)
def test_every_edge_is_drawn(job_type: JobType, row: Row) -> None:
    """Each row is an arrow in the picture of its type and in the one of all, with its guard."""
    pictures = draw_all()
    for name in ("all", job_type):
        labels = [line for line in pictures[name].splitlines() if line.startswith(_arrow(row))]
        assert len(labels) == 1
        assert row.trigger in labels[0]
        if row.guard is not None:
            assert f"[{row.guard.__name__.replace('_', ' ')}]" in labels[0]


@pytest.mark.parametrize("job_type", JobType)
def test_no_other_edge_is_drawn(job_type: JobType) -> None:
    """A picture has no arrow but those of the rows, the beginning and the ends."""
    states = {state for row in ROWS[job_type] for state in (row.source, row.target)}
    pairs = {f"{row.source} --> {row.target}" for row in ROWS[job_type]}
    pairs |= {f"{state} --> [*]" for state in states & FINAL} | {"[*] --> pending"}
    lines = [line for line in draw_all()[job_type].splitlines() if "-->" in line]
    assert {line.strip().partition(": ")[0] for line in lines} == pairs
    assert len(lines) == len(pairs)


def test_an_edge_without_a_place_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """An arrow that the order of the picture does not know is drawn all the same."""
    monkeypatch.setattr("k1s.diagrams._ORDER", ((State.RUNNING, State.DONE),))
    arrows = [line for line in draw_all()["one-time"].splitlines() if " --> " in line]
    assert arrows[1].startswith("    running --> done")
    assert len(arrows) == len(set(arrows)) == 16


def test_fresh_after_a_write(tmp_path: Path) -> None:
    """Missing files are stale, a write makes them fresh, and a second write changes nothing."""
    folder, readme = tmp_path / "deep" / "diagrams", tmp_path / "README.md"
    files = [folder / f"{name}.mmd" for name in NAMES]
    assert find_stale(folder, readme) == files
    assert write(folder, readme) == files
    assert find_stale(folder, readme) == write(folder, readme) == []
    assert not readme.exists()
    assert [file.read_text() for file in files] == list(draw_all().values())


@pytest.mark.parametrize("name", NAMES)
def test_stale_when_touched(tmp_path: Path, name: str) -> None:
    """A picture that was changed by hand or is gone is stale, and only that one is written."""
    readme, file = tmp_path / "README.md", tmp_path / f"{name}.mmd"
    write(tmp_path, readme)
    file.write_text(file.read_text() + "\n")
    assert find_stale(tmp_path, readme) == [file]
    file.unlink()
    assert write(tmp_path, readme) == [file]


def test_a_picture_between_markers(tmp_path: Path) -> None:
    """A README shows the picture between its markers, and the rest of it is left alone."""
    readme = tmp_path / "README.md"
    readme.write_text(MARKED)
    assert readme in write(tmp_path, readme)
    assert readme.read_text() == (
        "# Title\n<!-- diagram: all -->\n```mermaid\n"
        + draw_all()["all"]
        + "```\n<!-- end of diagram -->\nkept\n"
    )
    assert find_stale(tmp_path, readme) == []


def test_a_stale_readme(tmp_path: Path) -> None:
    """A picture in a README that was changed by hand is stale."""
    readme = tmp_path / "README.md"
    readme.write_text(MARKED)
    write(tmp_path, readme)
    readme.write_text(readme.read_text().replace("pending --> running", "pending --> done"))
    assert find_stale(tmp_path, readme) == [readme]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no markers\n",
        "<!-- diagram: all -->\n",
        "<!-- diagram: other -->x",
        "<!-- end of diagram -->\n",
    ],
)
def test_a_readme_without_markers(tmp_path: Path, text: str) -> None:
    """A README without both markers of a picture is left as it is."""
    readme = tmp_path / "README.md"
    readme.write_text(text)
    write(tmp_path, readme)
    assert readme.read_text() == text


def test_a_marker_without_its_end(tmp_path: Path) -> None:
    """A marker whose end is missing never swallows the text before the next picture."""
    readme = tmp_path / "README.md"
    readme.write_text(f"<!-- diagram: periodic -->\nprecious\n{MARKED}")
    write(tmp_path, readme)
    assert "precious" in readme.read_text()
