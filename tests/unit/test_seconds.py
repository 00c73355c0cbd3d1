"""Times as people type them."""

import pytest

from k1s.cli.seconds import seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30", 30),
        ("1.5", 1.5),
        (".5", 0.5),
        ("0", 0),
        ("250ms", 0.25),
        ("90s", 90),
        ("5m", 300),
        ("5min", 300),
        ("5 min", 300),
        ("2h", 7200),
        ("1.5h", 5400),
        ("1D", 86_400),
    ],
)
def test_times_have_units(text: str, value: float) -> None:
    """Seconds are meant unless a unit says otherwise; whole ones are whole numbers."""
    assert seconds(text) == value
    assert isinstance(seconds(text), type(value))


@pytest.mark.parametrize("text", ["", "x", "-1", "5x", "1e3", "nan", "inf", "5 5", "\u0665", "1,5"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """The sentence says what would be a time."""
    with pytest.raises(ValueError, match="250ms"):
        seconds(text)
