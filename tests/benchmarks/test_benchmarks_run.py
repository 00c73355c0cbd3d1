"""Every benchmark runs at its smallest size. No time is judged: machines are busy."""

import math
from pathlib import Path

import pytest
import run
from apparatus.figures import Figure, headings, table
from apparatus.programs import Programs, prepare
from apparatus.setting import Setting


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return prepare(tmp_path_factory.mktemp("programs"))


@pytest.mark.parametrize("name", run.MEASURES)
def test_yields_figures_and_a_table(name: str, programs: Programs, tmp_path: Path) -> None:
    """A benchmark ends by itself, with sensible figures and a table that shows each of them."""
    figures = run.measure(name, Setting("small", tmp_path, programs))
    assert figures
    for figure in figures:
        _check(figure)
    lines = table(figures).splitlines()
    assert len(lines) == 2 + len(figures)
    assert all(line.count(" | ") == len(headings([])) - 1 for line in lines)


def _check(figure: Figure) -> None:
    assert all(map(math.isfinite, [*figure.samples, *figure.floor_samples]))
    assert figure.value > 0 or (figure.may_be_zero and figure.value == 0), figure
    assert figure.floor is None or figure.floor > 0 or figure.may_be_zero, figure
