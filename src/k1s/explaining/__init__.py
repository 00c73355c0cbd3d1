"""Why a job is as it is and what comes next, in words.

What is told is the answer to `explain-job`, as plain values of JSON, so that a
command line can tell it without anything of a server.
"""

from datetime import tzinfo

from k1s.explaining.chain import chain
from k1s.explaining.outlook import outlook
from k1s.explaining.wording import (
    RETRY_FOR_EVER,
    Clock,
    Values,
    ending,
    ending_after,
    skipped,
    with_signal,
)


def told(explanation: Values, zone: tzinfo | None = None) -> list[str]:
    """The lines: the state and its reason, the chain that led to it, and what comes next.

    Times are shown in the zone that is given, or in that of this machine.
    """
    clock = Clock(explanation["at"], zone)
    return [
        _headline(explanation, clock),
        *(f"  {line}" for line in chain(explanation, clock)),
        "Next:",
        *(f"  {line}" for line in outlook(explanation, clock)),
    ]


def _headline(explanation: Values, clock: Clock) -> str:
    job = explanation["job"]
    return f"{job['id']} is {job['state']}: {_reason(explanation, clock)}."


def _reason(explanation: Values, clock: Clock) -> str:
    job, last = explanation["job"], explanation["history"][-1]
    match job["state"]:
        case "running":
            return _why_running(explanation, clock)
        case "killed":
            return _why_killed(explanation, clock)
        case "exhausted":
            return f"{clock.age(last['at'])} ago its last run {ending_after(last)}; {_budget(job)}"
        case "done":
            return f"{clock.age(last['at'])} ago its run {ending_after(last)}"
        case _:
            failures = f" ({_failures(job)})" if job["failedCount"] else ""
            return f"its last run {ending_after(last)}{failures}"


def _why_running(explanation: Values, clock: Clock) -> str:
    job, causes = explanation["job"], {prospect["on"] for prospect in explanation["forecast"]}
    run = f"run {job['runCount']}"
    if job["killRequested"]:
        kill = _latest_kill(explanation)
        asked = f"{with_signal(kill)}, {clock.age(kill['at'])} ago" if kill else ""
        return f"{run} was told to end{asked}, but is not all gone yet"
    if not causes >= {"success", "failure"}:
        return f"the main process of {run} {ending(job)}, and what it left behind is being ended"
    if job["pid"] is None:
        return f"{run} is being started"
    ticks = skipped(explanation["history"][-1], job)
    meanwhile = f", {ticks} meanwhile" if ticks else ""
    return f"{run} has lasted {clock.age(job['startedAt'])} so far{meanwhile}"


def _why_killed(explanation: Values, clock: Clock) -> str:
    last = explanation["history"][-1]
    ago = f"{clock.age(last['at'])} ago"
    if last["trigger"] == "kill":
        return f"it was told to end while it was {last['from']}, {ago}"
    told_to = f"run {last['runCount']} was told to end{with_signal(_latest_kill(explanation))}"
    return f"{told_to} and {ending(last)}, {ago}"


def _latest_kill(explanation: Values) -> Values | None:
    history = reversed(explanation["history"])
    return next((move for move in history if move["trigger"] == "kill"), None)


def _budget(job: Values) -> str:
    """What used it up."""
    if job["maxRetry"] == 0:
        return "no failure is forgiven"
    return f"that was failure {job['failedCount']} in a row, and {_forgiven(job)} forgiven"


def _failures(job: Values) -> str:
    return f"failure {job['failedCount']} in a row; {_forgiven(job)} forgiven"


def _forgiven(job: Values) -> str:
    most = job["maxRetry"]
    if most == RETRY_FOR_EVER:
        return "all are"
    return "1 is" if most == 1 else f"{most} are"
