"""Words for times, runs and budgets."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from k1s.explaining.wording import Clock, ending, ending_after, retry, span, with_signal

NOW = "2026-11-25T12:00:10.000Z"


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2026-11-25T09:03:01.120Z", "09:03:01.120"),
        ("2026-11-24T23:59:59.999Z", "2026-11-24 23:59:59.999+00:00"),
        ("2026-11-26T00:00:00.000Z", "2026-11-26 00:00:00.000+00:00"),
    ],
)
def test_only_other_days_have_dates(time: str, words: str) -> None:
    """A time of today is shown without its date."""
    assert Clock(NOW, UTC).show(time) == words


def test_an_hour_that_a_clock_shows_twice_has_an_offset() -> None:
    """A time of today is told apart from one an hour later that is written alike."""
    clock = Clock("2026-10-25T12:00:00.000Z", ZoneInfo("Europe/Berlin"))
    assert clock.show("2026-10-25T00:30:00.000Z") == "2026-10-25 02:30:00.000+02:00"
    assert clock.show("2026-10-25T01:30:00.000Z") == "02:30:00.000"


def test_times_are_shown_in_the_zone() -> None:
    """The zone decides about the hour, and about what is today."""
    clock = Clock(NOW, timezone(timedelta(hours=14)))
    assert clock.show("2026-11-25T11:00:00.000Z") == "01:00:00.000"
    assert clock.show("2026-11-25T09:00:00.000Z") == "2026-11-25 23:00:00.000+14:00"


@pytest.mark.parametrize("hours", [-12, 14])
@pytest.mark.parametrize("time", ["9999-12-31 23:59:59.999", "0001-01-01 00:00:00.000"])
def test_the_ends_of_time_can_be_shown(time: str, hours: int) -> None:
    """A time that the zone has no date for is shown in UTC, and is no error."""
    shown = Clock(NOW, timezone(timedelta(hours=hours))).show(time.replace(" ", "T") + "Z")
    assert shown.startswith(time[:5])


@pytest.mark.parametrize(
    ("time", "words"),
    [("2026-11-25T12:00:05.000Z", "5 s"), ("2026-11-25T12:00:12.000Z", "0 ms")],
)
def test_ages(time: str, words: str) -> None:
    """What lies ahead, by a clock that was set back, has no age."""
    assert Clock(NOW, UTC).age(time) == words


def test_spans() -> None:
    """The time between two times."""
    assert span("2026-11-25T12:00:05.000Z", "2026-11-25T12:00:05.100Z") == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("signal", "code", "reason", "words"),
    [
        ("SIGKILL", None, "died of SIGKILL (signal 9)", "died of SIGKILL"),
        (None, 0, None, "succeeded"),
        (None, 3, "exited with code 3", "exited with code 3"),
        (None, None, "could not start: no such file", "could not start: no such file"),
        (None, None, None, "could not start"),
    ],
)
def test_endings(signal: str | None, code: int | None, reason: str | None, words: str) -> None:
    """Each way to end has its words."""
    end = {"signal": signal, "exitCode": code, "reason": reason}
    assert ending(end) == words
    assert ending_after({**end, "lastedSeconds": 2}) == f"{words} after 2 s"
    assert ending_after({**end, "lastedSeconds": 0.0001}) == f"{words} at once"
    assert ending_after({**end, "lastedSeconds": None}) == words


def test_signals() -> None:
    """A kill without a signal is no special case for the reader."""
    assert with_signal({"sentSignal": "SIGINT"}) == " with SIGINT"
    assert with_signal({"sentSignal": None}) == ""
    assert with_signal(None) == ""


@pytest.mark.parametrize(("most", "words"), [(5, "retry 2 of 5"), (-1, "retry 2")])
def test_retries(most: int, words: str) -> None:
    """A budget without an end is not counted against."""
    assert retry({"maxRetry": most}, 2) == words
