"""Comparing what a job shows with the words of a table."""

import json
import re
import subprocess
from datetime import datetime
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_LIMIT = re.compile(r"at (least|most) (\d+)")


def fits(wanted: str, seen: Any) -> bool:
    """Whether a value is what the table wants: JSON, "a time", "a process id" or "at least 3"."""
    if wanted == "a time":
        return isinstance(seen, str) and TIME.fullmatch(seen) is not None
    if wanted == "a process id":
        return type(seen) is int and seen > 1
    if limit := _LIMIT.fullmatch(wanted):
        bound = int(limit[2])
        return bool(seen >= bound if limit[1] == "least" else seen <= bound)
    return same(json.loads(wanted), seen)


def same(wanted: Any, seen: Any) -> bool:
    """Whether two JSON values are equal, where true is not 1 but 30 is 30.0."""
    if isinstance(wanted, bool) or isinstance(seen, bool):
        return wanted is seen
    if isinstance(wanted, list) and isinstance(seen, list):
        return len(wanted) == len(seen) and all(map(same, wanted, seen))
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return wanted.keys() == seen.keys() and all(same(wanted[k], seen[k]) for k in wanted)
    return bool(wanted == seen)


def differences(table: dict[str, str], shown: Any) -> dict[str, tuple[str, Any]]:
    """The keys that do not show what the table wants, with what is wanted and seen."""
    assert isinstance(shown, dict), f"this is no object: {shown!r}"
    missing = "(missing)"
    return {
        key: (wanted, shown.get(key, missing))
        for key, wanted in table.items()
        if key not in shown or not fits(wanted, shown[key])
    }


def seconds(time: str) -> float:
    """A time of a reply as seconds since the epoch."""
    assert TIME.fullmatch(time), f"{time!r} does not look like 2026-11-23T06:35:15.123Z"
    return datetime.fromisoformat(time).timestamp()


def numbers(first: int, last: int) -> str:
    """The lines that a counting program writes: millions, which Python makes more slowly."""
    done = subprocess.run(["seq", str(first), str(last)], check=True, capture_output=True)
    return done.stdout.decode()
