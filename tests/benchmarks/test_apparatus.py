"""What the figures become: verdicts, a table, a picture, and a place in a document."""

import json
import re
import signal
import threading
import time
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import run
from apparatus import guests, limits, picture, readme
from apparatus.figures import Aim, Figure, table
from apparatus.progress import Progress
from apparatus.rounds import interleaved
from attrs import evolve

PEERS = {"runit": [2.0, 4.0], "s6": [5.0, 5.0]}
_AHEAD = Aim(1, of="peers")


@pytest.fixture
def progress() -> Progress:
    return Progress()


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
    assert figure(aims=[aim]).is_met is is_met


def test_each_of_several_aims_is_judged() -> None:
    """A figure is as it should be when it meets all of them."""
    one = figure(aims=[Aim(2), Aim(0.5, of="peers"), Aim(1, of="pm2")])
    assert one.is_met is False
    verdicts = one.row([])[-1]
    assert verdicts == (
        "at most 2 times: met; at most 0.5 times peers: **missed**; at most 1 times pm2: not judged"
    )


def test_a_peer_that_was_cut_has_fewer_samples_or_none() -> None:
    """It is compared in the rounds that it has; without any it is said to be cut."""
    one = Figure("m", "w", "ms", [1.0, 9.0], peers={"s6": [2.0], "pm2": []}, aims=[_AHEAD])
    assert one.row(["s6", "pm2"])[-2:] == ["2 ms", "cut"]
    assert one.is_met is True
    assert ET.fromstring(picture.draw([evolve(one, picture="row")])).tag.endswith("svg")


def test_peers_take_part_in_the_first_rounds(progress: Progress) -> None:
    """Every other round goes backwards."""
    turns: list[str] = []
    sides = {name: partial(turns.append, name) for name in ("k1s", "floor")}
    interleaved(progress, 3, sides, {"s6": partial(turns.append, "s6")}, 2)
    assert turns == ["k1s", "floor", "s6", "s6", "floor", "k1s", "k1s", "floor"]


def test_a_peer_that_is_too_slow_is_cut(
    progress: Progress, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others go on, and it is said; what cleans up after it is not cut short."""
    monkeypatch.setattr(guests, "LIMIT_S", 0.05)
    cleaned: list[bool] = []

    def slow() -> float:
        try:
            return float(threading.Event().wait(60))
        finally:
            with limits.unhurried():
                cleaned.append(True)

    with progress.measuring("launch"):
        samples = interleaved(
            progress, 2, {"k1s": lambda: 1.0}, {"s6": slow, "pm2": lambda: 2.0}, 2
        )
    assert samples == {"k1s": [1.0, 1.0], "s6": [], "pm2": [2.0, 2.0]}
    assert cleaned == [True]
    assert progress.cuts == ["s6 in launch after 0.05 s"]
    assert "cut: s6 in launch after 0.05 s" in capsys.readouterr().err
    assert not progress.failures
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_peer_has_its_time_for_all_its_turns(progress: Progress) -> None:
    """Not for each of them; and in peace, nothing is cut."""
    limited = guests.Guests(progress, 0.2)

    def takes_a_while() -> str:
        with limits.unhurried():
            time.sleep(0.3)
        return "done"

    assert limited.host("s6", takes_a_while) == "done"
    assert limited.host("s6", threading.Event().wait) is None
    assert limited.gone == {"s6"}


def test_a_peer_that_fails_is_said_to_fail(
    progress: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not asked again, and what was known of it stays."""
    answers = iter([2.0])

    def fails_at_last() -> float:
        value = next(answers, None)
        assert value is not None, "it is gone"
        return value

    with progress.measuring("runs"):
        samples = interleaved(progress, 4, {"k1s": lambda: 1.0}, {"s6": fails_at_last}, 4)
    assert samples["s6"] == [2.0]
    assert progress.failures == ["s6 in runs"]
    assert capsys.readouterr().err.count("failed: s6 in runs: AssertionError: it is gone") == 1


def test_progress_tells_the_time_of_each_side(
    progress: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line begins with the time that has passed; a measure ends with what took how long."""
    with progress.measuring("launch"), progress.turn("k1s"):
        progress.step("10 jobs")
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"^\[ 0:\d\d\] ", "", line) for line in lines] == [
        "launch",
        "  10 jobs",
        "launch took 0 s (k1s 0)",
    ]
    assert progress.seconds["launch"]["k1s"] > 0


def test_the_table_has_a_column_for_each_peer() -> None:
    """A peer that says nothing to a row has an empty cell there."""
    head, _, first, second = table([figure(), Figure("m", "w", "ms", [1.0])]).splitlines()
    assert head == "| measure | k1s | floor | ratio | aim | runit | s6 |"
    assert first == "| restart: a kill | 2 ms | 1 ms | 2 |  | 3 ms | 5 ms |"
    assert second.endswith("|  |  |")


def test_raw_figures_are_json() -> None:
    """Every sample is there, with the machine on which it was made."""
    figures = [figure(aims=[Aim(2)]), Figure("m", "w", "", [0])]
    raw = json.loads(json.dumps(run._raw("full", figures, Progress())))
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


def test_a_document_without_a_place_is_told_of(tmp_path: Path) -> None:
    """It is said which markers are wanted."""
    document = tmp_path / "README.md"
    document.write_text("a\n")
    assert "has no place for the table: add <!-- benchmarks -->" in str(readme.why_not(document))
    document.write_text(f"{readme.BEGIN}\n{readme.END}\n")
    assert readme.why_not(document) is None
