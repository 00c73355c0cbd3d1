"""What `k1s logs -f` does with what comes from two sides."""

import os
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, Self

import pytest

from k1s.cli import reading, resting
from k1s.cli.display.labelling import Log
from k1s.cli.reading import PIECES_FIRST_MAX, Wanted, _show, _Shower, read
from k1s.destination import Destination

LOG = Log("web", "stdout")
JOB = {
    "state": "done",
    "exitCode": 0,
    "signal": None,
    "createdAt": "2026-11-23T06:35:15.123Z",
    "runCount": 1,
    "endedAt": "2026-11-23T06:35:15.123Z",
    "lastError": None,
}
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


class Refused(Ready):
    """Logs of which one job is not there any more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arrived(self) -> list[dict[str, Any]] | None:
        """The refusal."""
        return [{"error": "Job not found", "code": "job-not-found"}]


class Opened(Refused):
    """Logs that are over at once."""

    def arrived(self) -> list[dict[str, Any]] | None:
        """Nothing more."""
        return None


class Silent(Refused):
    """Moves of which none comes."""

    def __init__(self) -> None:
        super().__init__()
        os.read(self._ours, 1)


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


def test_an_end_is_told_once_however_often_the_logs_are_opened(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Another job may be deleted before its logs are opened, and then all are opened again."""
    logs = [Refused(), Opened()]
    jobs = [{**JOB, "id": id} for id in ("a", "b")]

    def stream(_: Destination, message: dict[str, Any]) -> Refused:
        return logs.pop(0) if message["command"] == "get-logs" else Silent()

    def request(_: Destination, message: dict[str, Any]) -> Any:
        return jobs if message["command"] == "get-all-jobs" else jobs[0]

    asked = SimpleNamespace(meant=lambda _: (["a", "b"], True), all=jobs[:1])
    monkeypatch.setattr(reading, "Asked", lambda _: asked)
    monkeypatch.setattr(reading.asking, "stream", stream)
    monkeypatch.setattr(reading.asking, "answer", lambda _, __: {"sequence": 0})
    monkeypatch.setattr(resting, "request", request)
    assert not read(Destination(), ["a", "b"], Wanted(["stdout"], None, follow=True), json=False)
    said = capfd.readouterr().err.splitlines()
    assert [line.split("; ")[0] for line in said] == [
        "a is done (exit 0)",
        "b is done (exit 0)",
        "k1s: there is no job 'b': see k1s list",
    ]
