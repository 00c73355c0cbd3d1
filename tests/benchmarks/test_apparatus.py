"""What the figures become: verdicts, a table, a picture, and a place in a document."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import run
from apparatus import picture, readme
from apparatus.figures import Aim, Figure, table

PEERS = {"runit": [2.0, 4.0], "s6": [5.0, 5.0]}


def figure(**more: object) -> Figure:
    return Figure("restart", "a kill", "ms", [1.0, 3.0], [1.0, 1.0], peers=PEERS, **more)


def test_a_ratio_is_taken_within_each_round() -> None:
    """What slows a round slows both sides of it."""
    assert Figure("m", "w", "ms", [10.0, 1.0], [5.0, 0.5]).ratio == 2


@pytest.mark.parametrize(
    ("aim", "is_met"),
    [
        (Aim(2), True),
        (Aim(1.9), False),
        (Aim(2, of="value"), True),
        (Aim(3, of="value", at_least=True), False),
        (Aim(1, of="runit"), True),
        (Aim(1, of="peers"), True),
        (Aim(0.5, of="peers"), False),
        (Aim(1, of="pm2"), None),
    ],
)
def test_an_aim_is_judged_by_what_it_names(aim: Aim, is_met: bool | None) -> None:
    """By the ratio, the value, one peer or all; not at all if there is no such peer."""
    assert figure(aim=aim).is_met is is_met


def test_the_table_has_a_column_for_each_peer() -> None:
    """A peer that says nothing to a row has an empty cell there."""
    head, _, first, second = table([figure(), Figure("m", "w", "ms", [1.0])]).splitlines()
    assert head == "| measure | k1s | floor | ratio | aim | runit | s6 |"
    assert first == "| restart: a kill | 2 ms | 1 ms | 2 |  | 3 ms | 5 ms |"
    assert second.endswith("|  |  |")


def test_raw_figures_are_json() -> None:
    """Every sample is there, with the machine on which it was made."""
    raw = json.loads(json.dumps(run._raw("full", [figure(aim=Aim(2)), Figure("m", "w", "", [0])])))
    assert raw["machine"]["cores"] > 0
    assert [one["k1s_samples"] for one in raw["figures"]] == [[1.0, 3.0], [0]]
    assert raw["figures"][0]["peers_samples"] == PEERS
    assert raw["figures"][0]["met"] is True


def test_the_picture_is_the_same_for_the_same_figures() -> None:
    """It is well-formed, and has one row for each figure that has a name for it."""
    figures = [figure(picture="restart <now>"), figure()]
    drawn = picture.draw(figures)
    assert drawn == picture.draw(figures)
    assert ET.fromstring(drawn).tag.endswith("svg")
    assert drawn.count("k1s: 2 ms") == 1


def test_the_table_finds_its_place_in_a_document(tmp_path: Path) -> None:
    """What was between the markers is replaced, and nothing else."""
    document = tmp_path / "README.md"
    document.write_text(f"a\n{readme.BEGIN}\nold\n{readme.END}\nb\n")
    readme.insert(document, "new")
    readme.insert(document, "newer")
    assert document.read_text() == f"a\n{readme.BEGIN}\nnewer\n{readme.END}\nb\n"


def test_a_document_without_a_place_is_left_alone(tmp_path: Path) -> None:
    """It is said which markers are wanted."""
    document = tmp_path / "README.md"
    document.write_text("a\n")
    with pytest.raises(SystemExit, match="has no place for the table: add <!-- benchmarks -->"):
        readme.insert(document, "new")
    assert document.read_text() == "a\n"
