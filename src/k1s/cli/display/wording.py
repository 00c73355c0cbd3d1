"""What a job is, does and will do, in few words for people. Nothing here asks or prints anything.

A job is an object of the wire. Times are compared with the clock of this
machine: a difference of a moment never shows as a negative time.
"""

from collections.abc import Mapping
from typing import Any, Final

_UNITS: Final = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"))


def duration(seconds: float) -> str:
    """A time in one unit, as exact as people want it: `0.3 s`, `42 s`, `12 min`, `5 h`, `3 d`."""
    tenths = round(max(seconds, 0.0), 1)
    if tenths < 1:
        return f"{tenths:.1f} s"
    whole = round(seconds)
    for least, unit, name in _UNITS:
        if whole >= least:
            return f"{round(whole / unit)} {name}"
    return f"{whole} s"


def period(seconds: float) -> str:
    """A time that somebody has chosen, without loss: `0.5 s`, `90 s`, `15 min`, `1 h`."""
    for _, unit, name in _UNITS:
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def wall(time: str) -> float:
    """A time of the wire as seconds since 1970."""
    from datetime import datetime

    return datetime.fromisoformat(time).timestamp()


def ago(time: str, now: float) -> str:
    """How long ago a time of the wire is."""
    return f"{duration(now - wall(time))} ago"


def until(time: str, now: float) -> str:
    """How far ahead a time of the wire is: `in 3 s`, or `now`."""
    left = wall(time) - now
    return f"in {duration(left)}" if left >= 0.05 else "now"


def kind(job: Mapping[str, Any]) -> str:
    """The type, and the period of a periodic job."""
    if job["periodInSeconds"] is None:
        return str(job["type"])
    return f"{job['type']} {period(job['periodInSeconds'])}"


def age(job: Mapping[str, Any], now: float) -> str:
    """How long a job is up, or since when its last run has ended."""
    time = job["startedAt"] if job["state"] == "running" else job["endedAt"]
    return "" if time is None else duration(now - wall(time))


def ending(job: Mapping[str, Any]) -> str:
    """How the last run ended: `exit 3`, `SIGSEGV`, or why it could not start."""
    if job["exitCode"] is not None:
        return f"exit {job['exitCode']}"
    if job["signal"] is not None:
        return str(job["signal"])
    return "" if job["endedAt"] is None or job["lastError"] is None else str(job["lastError"])


def standing(job: Mapping[str, Any]) -> str:
    """What a job has come to: `web is running`, `web is exhausted (exit 3)`."""
    how = f" ({printable(ending(job))})" if job["state"] in ("exhausted", "done") else ""
    return f"{printable(job['id'])} is {job['state']}{how}"


def is_without_process(job: Mapping[str, Any]) -> bool:
    """Whether the last run could not be started at all."""
    is_over = job["state"] != "running" and job["endedAt"] is not None
    return is_over and job["exitCode"] is None and job["signal"] is None


def prospect(job: Mapping[str, Any], now: float) -> str:
    """What happens next; of a job that is over, how that came."""
    match job["state"]:
        case "running":
            if job["killRequested"]:
                return "being killed"
            # Only the run itself knows whether it is over in time; else its tick is missed.
            return (
                "" if job["nextRunAt"] is None else f"next {until(job['nextRunAt'], now)} if over"
            )
        case "killed":
            return "killed"
        case "exhausted" | "done":
            words = [ending(job), "" if job["endedAt"] is None else ago(job["endedAt"], now)]
            return ", ".join(filter(None, words))
        case _:
            return _next_run(job, now)


def _next_run(job: Mapping[str, Any], now: float) -> str:
    when = "" if job["nextRunAt"] is None else f" {until(job['nextRunAt'], now)}"
    failed, forgiven = job["failedCount"], job["maxRetry"]
    if not failed:
        return ("next" if job["type"] == "periodic" else "starts") + when
    of = "" if forgiven < 0 else f" of {forgiven}"
    return f"retry {failed}{of}{when} ({ending(job)})"


def counted(number: int, noun: str) -> str:
    """`1 failure`, `2 failures`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """A text that cannot play tricks on a terminal: controls are shown as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def width(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    import unicodedata

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut_end(text: str, columns: int) -> str:
    """At the most so many columns of a text, from its beginning, with a sign where it was cut."""
    if width(text) <= columns:
        return text
    if columns < 1:
        return ""
    kept = text[: columns - 1]
    while width(kept) > columns - 1:
        kept = kept[:-1]
    return f"{kept}…"


def cut_middle(text: str, columns: int) -> str:
    """As `cut_end`, but from both ends: names often differ in their last letters."""
    if width(text) <= columns or columns < 3:
        return cut_end(text, columns)
    tail = text[-((columns - 1) // 2) :]
    while width(tail) > (columns - 1) // 2:
        tail = tail[1:]
    return cut_end(text, columns - width(tail)) + tail
