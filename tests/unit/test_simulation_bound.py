"""What `k1s simulate` says when a simulation has too many steps."""

from pathlib import Path

import pytest

from k1s.cli import simulating
from k1s.simulation import play

JOB = '[job.tick]\ntype = "periodic"\nexecutable = "x"\nperiod_in_seconds = 10\n'


def test_a_simulation_that_is_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was played is shown, and one sentence says why there is no more and what to do."""
    monkeypatch.setattr(play, "STEPS_MAX", 5)
    (tmp_path / "jobs.toml").write_text(JOB)
    wish = simulating.Wish(*(tmp_path / "jobs.toml", "1h", (), (), (), None), all=False, json=False)
    with pytest.raises(SystemExit) as ended:
        simulating.perform(wish)
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert "00:00:20.000  tick  starts (run 3)\n" in told.out
    assert told.err == (
        f"k1s: the simulation was ended after {simulating.STEPS_MAX:,} steps, at 00:00:20.050"
        " of 1h: take a shorter time, or fewer jobs\n"
    )
