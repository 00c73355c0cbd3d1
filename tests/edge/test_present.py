"""The present: what the clocks of this machine say at one moment."""

import time
from types import SimpleNamespace

import pytest

from k1s import runner


def test_clocks_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has the processor for 5 s between the first two readings."""
    monotonic = iter([10.0, 15.0, 15.0, 15.0])
    wall = iter([1015.0, 1015.0])
    clocks = SimpleNamespace(monotonic=lambda: next(monotonic), time=lambda: next(wall))
    monkeypatch.setattr(runner, "time", clocks)
    now = runner.now()
    assert now.wall - now.monotonic == 1000


def test_slow_clocks_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reading takes 10 ms: no second one is better."""
    readings = iter(range(100))
    clocks = SimpleNamespace(monotonic=lambda: next(readings) / 100, time=time.time)
    monkeypatch.setattr(runner, "time", clocks)
    assert abs(runner.now().wall - time.time()) < 3600
