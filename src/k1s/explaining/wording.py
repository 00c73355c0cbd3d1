"""The words for times, runs and budgets, from plain values of JSON as the server sends them."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from k1s.durations import duration

Values = Mapping[str, Any]

RETRY_FOR_EVER: Final = -1
AT_ONCE_S: Final = 0.0005
FINAL: Final = frozenset({"killed", "exhausted", "done"})


class Clock:
    """How times are shown: in one zone (None: that of this machine), those of today undated."""

    def __init__(self, now: str, zone: tzinfo | None) -> None:
        self._zone = zone
        self._now = _instant(now)

    def show(self, time: str) -> str:
        """`12:03:01.120`, or `2026-11-25 12:03:01.120+01:00` on any other day."""
        shown, now = self._local(_instant(time)), self._local(self._now)
        if shown.date() == now.date() and shown.utcoffset() == now.utcoffset():
            return shown.time().isoformat(timespec="milliseconds")
        return shown.isoformat(" ", timespec="milliseconds")

    def age(self, time: str) -> str:
        """How long ago that was; no time for what a clock that was set back has put ahead."""
        return duration((self._now - _instant(time)).total_seconds())

    def _local(self, instant: datetime) -> datetime:
        try:
            return instant.astimezone(self._zone)
        except (OverflowError, ValueError):  # at the ends of time not every zone has a date
            return instant


def span(start: str, end: str) -> float:
    """The seconds between two times."""
    return (_instant(end) - _instant(start)).total_seconds()


def ending(end: Values) -> str:
    """How a run ended, from a transition or from a job."""
    if end["signal"] is not None:
        return f"died of {end['signal']}"
    if end["exitCode"] == 0:
        return "succeeded"
    if end["exitCode"] is not None:
        return f"exited with code {end['exitCode']}"
    return end.get("reason") or "could not start"


def ending_after(end: Values) -> str:
    """How a run ended, and after how long, from a transition."""
    seconds = end["lastedSeconds"]
    if seconds is None:
        return ending(end)
    return f"{ending(end)} {or_at_once('after', seconds)}"


def or_at_once(word: str, seconds: float) -> str:
    """`in 5 s`, with the word that is given, or `at once`."""
    return "at once" if seconds < AT_ONCE_S else f"{word} {duration(seconds)}"


def skipped(before: Values | None, now: Values) -> str:
    """`2 ticks skipped`, between a move and what is known later; an older server does not tell."""
    if before is None or "missedCount" not in before:
        return ""
    count = now["missedCount"] - before["missedCount"]
    return f"{count} tick{'' if count == 1 else 's'} skipped" if count > 0 else ""


def with_signal(kill: Values | None) -> str:
    """` with SIGINT`, where a kill sent a signal."""
    return f" with {kill['sentSignal']}" if kill and kill["sentSignal"] else ""


def retry(job: Values, number: int) -> str:
    """`retry 2 of 5`."""
    most = job["maxRetry"]
    return f"retry {number}" if most == RETRY_FOR_EVER else f"retry {number} of {most}"


def _instant(time: str) -> datetime:
    return datetime.fromisoformat(time)
