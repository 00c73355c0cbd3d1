"""Every benchmark runs at its smallest size. No time is judged: machines are busy."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import run
from apparatus import readme
from apparatus.figures import Aim, Figure, headings, table
from apparatus.programs import Programs
from apparatus.setting import Setting


@pytest.mark.parametrize("name", run.MEASURES)
def test_yields_figures_and_a_table(name: str, programs: Programs, tmp_path: Path) -> None:
    """A benchmark ends by itself, with sensible figures and a table that shows each of them."""
    figures = list(run.measure(name, Setting("small", tmp_path, programs)))
    assert figures
    for figure in figures:
        _check(figure)
    lines = table(figures).splitlines()
    assert len(lines) == 2 + len(figures)
    assert all(line.count(" | ") == len(headings([])) - 1 for line in lines)
    assert any(figure.is_main for figure in figures)


def test_what_fails_loses_no_other_figure(
    programs: Programs,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What was known before a failure, and comes after it, is told; the exit code is 1."""

    def breaks(_: Setting) -> Iterator[Figure]:
        yield Figure("broken", "before", "ms", [1], is_main=True)
        raise AssertionError("nobody answers")

    def works(_: Setting) -> Iterator[Figure]:
        yield Figure("sound", "after", "ms", [2], is_main=True)
        yield Figure("sound", "hidden", "ms", [3], [1], [Aim(1)])

    monkeypatch.setattr(run, "prepare", lambda _: programs)
    monkeypatch.setattr(run, "MEASURES", {"broken": breaks, "sound": works})
    document, raw, drawn = (tmp_path / name for name in ("README.md", "raw.json", "drawn.svg"))
    document.write_text(f"{readme.BEGIN}\n{readme.END}\n")
    files = ["--readme", str(document), "--json", str(raw), "--svg", str(drawn)]
    monkeypatch.setattr("sys.argv", ["run.py", "--peers", "none", *files])
    with pytest.raises(SystemExit) as ended:
        run.main()
    assert ended.value.code == 1
    said = capfd.readouterr()
    assert "failed: broken: AssertionError: nobody answers (test_benchmarks_run.py" in said.err
    for text in (said.out, document.read_text()):
        assert "| broken: before | 1 ms |" in text
        assert "| sound: after | 2 ms |" in text
        assert "Not measured, because it failed: broken." in text
    assert "| sound: hidden |" not in document.read_text()
    assert "1 more figures; of these miss their aim: sound: hidden." in document.read_text()
    assert json.loads(raw.read_text())["failed"] == ["broken"]
    assert drawn.exists()


@pytest.mark.parametrize("option", ["--readme", "--json", "--svg"])
def test_where_it_cannot_write_it_does_not_begin(
    option: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Twenty minutes are too long to learn of that."""
    missing = tmp_path / "missing" / "file"
    monkeypatch.setattr("sys.argv", ["run.py", "--peers", "none", option, str(missing)])
    with pytest.raises(SystemExit) as ended:
        run.main()
    assert ended.value.code == 2
    assert str(missing.parent) in capfd.readouterr().err


def _check(figure: Figure) -> None:
    assert all(map(math.isfinite, [*figure.samples, *figure.floor_samples]))
    assert figure.value > 0 or (figure.may_be_zero and figure.value == 0), figure
    assert figure.floor is None or figure.floor > 0 or figure.may_be_zero, figure
