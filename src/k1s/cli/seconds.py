"""Times as people type them."""

import re
from typing import Final

_UNITS: Final = {"ms": 0.001, "": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_TIME: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?([a-z]*)")


def seconds(text: str) -> float:
    """The seconds of `30`, `1.5`, `250ms`, `90s`, `5min`, `2h` or `1d`; raises `ValueError`."""
    found = _TIME.fullmatch(text.strip().lower())
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"wants seconds, or a time such as 250ms, 5min, 2h or 1d, got {text!r}.")
    value = float(found[1]) * _UNITS[found[2]]
    return int(value) if value.is_integer() else value
