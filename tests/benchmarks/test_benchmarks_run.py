"""Every benchmark runs at its smallest size. No time is judged: machines are busy."""

import math
from pathlib import Path

import pytest
import run
from apparatus.figures import HEADINGS, table


@pytest.mark.parametrize("name", run.MEASURES)
def test_yields_figures_and_a_table(name: str, tmp_path: Path) -> None:
    """A benchmark ends by itself, with sensible figures and a table that shows each of them."""
    figures = run.measure(name, "small", tmp_path)
    assert figures
    for figure in figures:
        assert all(map(math.isfinite, [*figure.samples, *figure.floor_samples]))
        assert figure.value > 0 or (figure.may_be_zero and figure.value == 0), figure
        assert figure.floor is None or figure.floor > 0, figure
    lines = table(figures).splitlines()
    assert len(lines) == 2 + len(figures)
    assert all(line.count(" | ") == len(HEADINGS) - 1 for line in lines)
