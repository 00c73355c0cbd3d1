"""What comes next for a job: its forecast in words."""

from collections.abc import Iterator, Mapping
from typing import Final

from k1s.durations import duration
from k1s.explaining.wording import (
    AT_ONCE_S,
    FINAL,
    RETRY_FOR_EVER,
    Clock,
    Values,
    or_at_once,
    retry,
)

_Prospects = Mapping[str, Values]

_THEN: Final = {None: "killed", "start": "it is started again", "delete": "it is deleted"}


def outlook(explanation: Values, clock: Clock) -> Iterator[str]:
    """What time brings, then what the end of the run brings, then how far the budget reaches."""
    job, prospects = explanation["job"], explanation["forecast"]
    if job["state"] in FINAL:
        yield "nothing, unless somebody starts it again"
        return
    yield from _with_time(job, prospects, clock)
    if job["killRequested"]:
        yield f"once nothing of it is left: {_THEN[explanation['then']]}"
        return
    by_cause = {prospect["on"]: prospect for prospect in prospects}
    yield from _with_ends(job, by_cause, clock)
    yield from _with_failures(job, by_cause, clock)


def _with_time(job: Values, prospects: list[Values], clock: Clock) -> Iterator[str]:
    for prospect in prospects:
        if prospect["on"] == "time":
            words = _at_its_time(job, prospect)
            if words:
                yield f"{_when(prospect, clock)}: {words}"


def _at_its_time(job: Values, prospect: Values) -> str:
    """What a time brings. Who waits for the end cares no more for ticks and budgets."""
    if prospect["signal"] is not None:
        return f"{prospect['signal']}, if anything of it is left then"
    if prospect["runCount"] > job["runCount"]:
        return f"run {prospect['runCount']} starts"
    if prospect["failedCount"] < job["failedCount"]:
        return "" if job["killRequested"] else "its failures are forgiven, if the run lasts"
    if prospect["missedCount"] > job["missedCount"]:
        return "" if job["killRequested"] else "its next tick, missed if the run still lasts"
    return "a line in its error log, if the kernel has not ended all of it by then"


def _with_ends(job: Values, by_cause: _Prospects, clock: Clock) -> Iterator[str]:
    """What follows from the end of the run; a main process that is gone has decided how it ends."""
    success, failure = by_cause.get("success"), by_cause.get("failure")
    rest = "" if success and failure else "once the rest of the run has ended"
    if success:
        yield f"{rest or 'if it succeeds'}: {_after(success, 'next run', clock)}"
    if failure and (rest or failure["state"] != "exhausted"):
        words = _after(failure, retry(job, failure["failedCount"]), clock)
        yield f"{rest or 'if it fails'}: {words}"


def _after(prospect: Values, what: str, clock: Clock) -> str:
    match prospect["state"]:
        case "restarting":
            seconds = prospect["nextRunInSeconds"] - prospect["inSeconds"]
            return f"{what} {or_at_once('after', seconds)}"
        case "pending":
            return f"{what} at {clock.show(prospect['nextRunAt'])}"
        case state:
            return str(state)


def _with_failures(job: Values, by_cause: _Prospects, clock: Clock) -> Iterator[str]:
    """How many failures end it."""
    last = by_cause.get("failures")
    if last and last["failures"] == 1:
        yield "one more failure ends it: exhausted"
    elif last:
        when = f"exhausted {_when(last, clock)} at the earliest"
        yield f"{last['failures']} more failures in a row end it: {when}"
    elif job["maxRetry"] == RETRY_FOR_EVER:
        yield "no number of failures ends it: all are forgiven"
    elif by_cause.keys() >= {"success", "failure"}:
        yield "its budget of failures is far from used up"


def _when(prospect: Values, clock: Clock) -> str:
    seconds = prospect["inSeconds"]
    when = "now" if seconds < AT_ONCE_S else f"in {duration(seconds)}"
    return f"{when} ({clock.show(prospect['at'])})"
