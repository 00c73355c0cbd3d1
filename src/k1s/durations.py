"""Durations as people write and read them: `90`, `90s`, `1.5h`, and `1 h 30 min`."""

import re
from typing import Final

from k1s.errors import K1sError, shown

SECONDS_MAX: Final = 1e9
FORM: Final = "a duration such as 90s, 15min, 24h or 1.5h"
_UNITS_S: Final = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400}
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_PART: Final = re.compile(rf"({_NUMBER.pattern}) ?(ms|min|[smhd])")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern} ?)+")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SHOWN_S: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class DurationError(K1sError):
    """A text is no duration; this says what is wanted and what was got."""


def parse(text: str) -> float:
    """The seconds of a duration: numbers with a unit each (ms, s, min or m, h, d), or one without.

    Raises `DurationError`.
    """
    typed = text.strip(" ").lower()
    if _NUMBER.fullmatch(typed):
        seconds = float(typed)
    elif _WHOLE.fullmatch(typed):
        seconds = sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(typed))
    else:
        raise DurationError(f"wants {FORM}, got {shown(text)}")
    if seconds > SECONDS_MAX:
        raise DurationError(f"wants at most {SECONDS_MAX:g} s, got {shown(text)}")
    return int(seconds) if seconds.is_integer() else seconds


def duration(seconds: float) -> str:
    """A time span for people: `35 ms`, `0.2 s`, `42 s`, `3 min 5 s`, `2 h`, `3 d 4 h`."""
    if seconds < 0.095:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s".replace(".0 ", " ")
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole, _MINUTE, "min", 1, "s")
    whole = round(whole / _MINUTE) * _MINUTE
    if whole < _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "min")
    return _two(round(whole / _HOUR) * _HOUR, _DAY, "d", _HOUR, "h")


def scale(seconds: float) -> str:
    """A place on a scale, without loss below a minute: `0.15 s`, `1 min 40 s`, `2 h`."""
    if round(seconds, 3) < 60:
        return f"{round(seconds, 3):g} s"
    whole = round(seconds)
    parts: list[tuple[int, str]] = []
    for size, unit in _SHOWN_S:
        number, whole = divmod(whole, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number)


def clock(seconds: float) -> str:
    """A time since the start as on a clock: `26:00:07.250`."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _two(whole: int, big: int, big_name: str, small: int, small_name: str) -> str:
    rest = whole % big // small
    return f"{whole // big} {big_name}" + (f" {rest} {small_name}" if rest else "")
