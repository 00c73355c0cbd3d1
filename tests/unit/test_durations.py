"""Durations in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.durations import DurationError, clock, duration, parse, scale


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15min", 900),
        ("15m", 900),
        ("24h", 86_400),
        ("1.5h", 5_400),
        ("250ms", 0.25),
        ("7d", 604_800),
        ("1h30min", 5_400),
        ("1 h 30 min", 5_400),
        ("0s", 0),
        ("90", 90),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1),
        ("0", 0),
        ("5 min", 300),
        ("5MIN", 300),
        (" 2H ", 7_200),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """A number and a unit, or several, or seconds with none; whole numbers stay whole."""
    assert parse(text) == pytest.approx(seconds)
    assert type(parse(text)) is type(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "h", ".", ".h", "-1s", "-1", "1e3s", "1e3", "1 week", "1s,", "٣s", "1h\n", "s1"),
        *("5x", "nan", "inf", "5 5", "1h 30", "1,5"),
    ],
)
def test_others_are_refused(text: str) -> None:
    """What is no duration is named, with an example of one."""
    with pytest.raises(DurationError, match="wants a duration such as 90s") as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_durations_have_a_bound() -> None:
    """Nobody waits for longer than a job may."""
    assert parse("1000000000s") == 1e9
    with pytest.raises(DurationError, match=r"at most 1e\+09 s, got '1000000001s'"):
        parse("1000000001s")
    with pytest.raises(DurationError, match="at most"):
        parse("9" * 400 + "d")
    with pytest.raises(DurationError, match="at most"):
        parse("9" * 400)
    with pytest.raises(DurationError, match="at most"):
        parse(("9" * 308 + "s") * 2)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.001, "0.001 s"),
        (0.4, "0.4 s"),
        (29.95, "29.95 s"),
        (59.9994, "59.999 s"),
        (59.9996, "1 min"),
        (90, "1 min 30 s"),
        (900, "15 min"),
        (3_599.7, "1 h"),
        (5_400, "1 h 30 min"),
        (3_601, "1 h"),
        (86_400, "1 d"),
        (93_600, "1 d 2 h"),
        (86_460, "1 d"),
    ],
)
def test_places_on_a_scale_are_exact(seconds: float, text: str) -> None:
    """Two units are enough."""
    assert scale(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00.000"),
        (0.05, "00:00:00.050"),
        (59.9996, "00:01:00.000"),
        (3_661.5, "01:01:01.500"),
        (93_600, "26:00:00.000"),
        (360_000, "100:00:00.000"),
    ],
)
def test_times_are_shown_as_on_a_clock(seconds: float, text: str) -> None:
    """Hours, minutes, seconds and thousandths."""
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 ms"),
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.001, "1 ms"),
        (0.035, "35 ms"),
        (0.0949, "95 ms"),
        (0.096, "0.1 s"),
        (0.1, "0.1 s"),
        (0.24, "0.2 s"),
        (0.999, "1 s"),
        (1, "1 s"),
        (3.44, "3.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h"),
        (7200, "2 h"),
        (7229, "2 h"),
        (7231, "2 h 1 min"),
        (86_399, "1 d"),
        (86_400, "1 d"),
        (100_800, "1 d 4 h"),
        (1e9, "11574 d 2 h"),
    ],
)
def test_time_spans_are_for_people(seconds: float, words: str) -> None:
    """Two units at most, rounded before they are split: never 60 s, never 24 h."""
    assert duration(seconds) == words


@given(st.integers(0, 10**8))
def test_what_is_shown_can_be_read(seconds: int) -> None:
    """What is shown is the same duration again, but for what the two units leave out."""
    assert seconds - 3_600 < parse(scale(seconds)) <= seconds
