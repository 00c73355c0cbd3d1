"""Durations in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.durations import DurationError, clock, parse, show


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
def test_durations_are_shown(seconds: float, text: str) -> None:
    """Two units are enough."""
    assert show(seconds) == text


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


@given(st.integers(0, 10**8))
def test_what_is_shown_can_be_read(seconds: int) -> None:
    """What is shown is the same duration again, but for what the two units leave out."""
    assert seconds - 3_600 < parse(show(seconds)) <= seconds
