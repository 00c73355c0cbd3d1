"""All about one job, for people: what `k1s show` says. Nothing here asks or prints anything."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from shlex import join
from typing import Any, Final

from k1s.cli.display import wording
from k1s.cli.display.listing import painted_state

LABEL_COLUMNS: Final = 13
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def lines(
    job: Mapping[str, Any], error_log: Sequence[str], now: float, *, has_colour: bool = False
) -> list[str]:
    """A line for each thing there is to know, and the last lines of the error log."""
    shown = [
        f"{label:<{LABEL_COLUMNS}}{wording.printable(text)}"
        for label, text in _facts(job, now)
        if text
    ]
    if has_colour:
        shown = [
            painted_state(line, str(job["state"])) if line.startswith("state ") else line
            for line in shown
        ]
    if error_log:
        shown += ["", "The last lines of its error log:"]
        shown += [f"  {wording.printable(_localised(line))}" for line in error_log]
    return shown


def _facts(job: Mapping[str, Any], now: float) -> list[tuple[str, str]]:
    return [
        ("id", job["id"]),
        ("type", _type(job)),
        ("state", _state(job, now)),
        ("program", join([job["executable"], *job["arguments"]])),
        ("folder", job["workingDirectory"] or "the server's"),
        ("environment", _environment(job)),
        ("pid", "" if job["pid"] is None else str(job["pid"])),
        ("runs", _runs(job)),
        ("retries", _retries(job)),
        ("created", _time(job["createdAt"], now)),
        ("last start", _time(job["startedAt"], now)),
        ("last end", _last_end(job, now)),
        *_next(job, now),
        ("last error", job["lastError"] or ""),
        ("stop timeout", wording.period(job["stopTimeoutSeconds"])),
        ("stdout", job["stdoutLogPath"]),
        ("stderr", job["stderrLogPath"]),
        ("error log", job["errorLogPath"]),
    ]


def _type(job: Mapping[str, Any]) -> str:
    if job["periodInSeconds"] is None:
        return str(job["type"])
    return f"{job['type']}, every {wording.period(job['periodInSeconds'])}"


def _state(job: Mapping[str, Any], now: float) -> str:
    prospect = wording.prospect(job, now)
    return (
        f"{job['state']}, {prospect}" if prospect not in ("", job["state"]) else str(job["state"])
    )


def _environment(job: Mapping[str, Any]) -> str:
    """Names only: values may be secrets, and somebody may look over a shoulder."""
    names = sorted(job["environment"])
    return f"only {', '.join(names)} (--json shows the values)" if names else "the server's"


def _runs(job: Mapping[str, Any]) -> str:
    counts = [str(job["runCount"])]
    if job["failedCount"]:
        counts.append(f"{wording.counted(job['failedCount'], 'failure')} since the last success")
    if job["missedCount"]:
        counts.append(f"{wording.counted(job['missedCount'], 'tick')} missed")
    return ", ".join(counts)


def _retries(job: Mapping[str, Any]) -> str:
    forgiven = (
        "all are forgiven" if job["maxRetry"] < 0 else f"{job['maxRetry']} in a row are forgiven"
    )
    if job["type"] == "periodic" or not job["maxRetry"]:
        return forgiven
    return (
        f"{forgiven}, after {wording.period(job['restartDelaySeconds'])}"
        f" to {wording.period(job['maxRestartDelaySeconds'])}"
    )


def _next(job: Mapping[str, Any], now: float) -> list[tuple[str, str]]:
    """Its next run, or the tick that comes while it runs."""
    if job["nextRunAt"] is None:
        return []
    when = _time(job["nextRunAt"], now)
    if job["state"] != "running":
        return [("next run", when)]
    return [("next tick", f"{when}, missed if the run still lasts")]


def _last_end(job: Mapping[str, Any], now: float) -> str:
    if job["endedAt"] is None:
        return ""
    how = wording.ending(job)
    return f"{_time(job['endedAt'], now)}{f': {how}' if how else ''}"


def _time(time: str | None, now: float) -> str:
    """A time of the wire on the clock of this place."""
    if time is None:
        return ""
    is_past = wording.wall(time) <= now
    distance = wording.ago(time, now) if is_past else wording.until(time, now)
    return f"{_here(time, 'seconds')} ({distance})"


def _localised(line: str) -> str:
    """A line of an error log, which is written in UTC, with its time as the others are shown."""
    time, blank, text = line.partition(" ")
    if not _TIMESTAMP.fullmatch(time):
        return line
    try:
        return f"{_here(time, 'milliseconds')}{blank}{text}"
    except (OverflowError, ValueError):  # somebody else has written into it
        return line


def _here(time: str, precision: str) -> str:
    """`2026-11-23 07:35:15+01:00`."""
    return datetime.fromisoformat(time).astimezone().isoformat(" ", precision)
