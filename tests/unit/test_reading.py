"""What `k1s logs -f` does with what comes from two sides."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from k1s.cli.display.labelling import Log
from k1s.cli.reading import PIECES_FIRST_MAX, _show, _Shower

LOG = Log("web", "stdout")
PIECE = {"jobId": "web", "stream": "stdout", "text": "x"}


class Ready:
    """Something that a poll always finds ready."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.pipe()
        os.write(self._theirs, b"x")

    def fileno(self) -> int:
        """What is polled."""
        return self._ours

    def close(self) -> None:
        """No more."""
        os.close(self._ours)
        os.close(self._theirs)


class Flood(Ready):
    """A log that has so many pieces, without a pause."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.left = count

    def arrived(self) -> list[dict[str, Any]] | None:
        """The next one; None at the end."""
        self.left -= 1
        return [PIECE] if self.left >= 0 else None


class News(Ready):
    """News of an end; it is noted how much was left of the log when they were heard."""

    def __init__(self, log: Flood, *, goes_on: bool) -> None:
        super().__init__()
        self._log, self._goes_on = log, goes_on
        self.heard: list[int] = []

    def hear(self) -> bool:
        """Hear them."""
        self.heard.append(self._log.left)
        return self._goes_on


@pytest.fixture
def log() -> Iterator[Flood]:
    """A log with some more pieces than are shown before other things."""
    with closing(Flood(PIECES_FIRST_MAX * 2 + 10)) as flood:
        yield flood


@pytest.mark.parametrize(
    ("goes_on", "heard"),
    [(True, [PIECES_FIRST_MAX + 10, 10]), (False, [PIECES_FIRST_MAX + 10])],
)
def test_a_flood_does_not_hide_the_news_for_ever(
    log: Flood, capfd: pytest.CaptureFixture[str], heard: list[int], *, goes_on: bool
) -> None:
    """What a log has comes first, but not more of it than its share; news that end are let go."""
    with closing(News(log, goes_on=goes_on)) as news:
        assert _show(log, _Shower([LOG], json=False), news) is None  # type: ignore[arg-type]
        assert news.heard == heard
    assert capfd.readouterr().out == "x" * (PIECES_FIRST_MAX * 2 + 10)
