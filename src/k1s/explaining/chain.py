"""What has happened to a job: each of its runs, how it ended, and what was decided then."""

from collections.abc import Iterator
from typing import Final

from k1s.explaining.wording import (
    Clock,
    Values,
    ending_after,
    or_at_once,
    retry,
    skipped,
    span,
    with_signal,
)

_ENDS: Final = frozenset({"succeed", "fail", "end"})


def chain(explanation: Values, clock: Clock) -> Iterator[str]:
    """One line for each run, and one for each order; a run that ended by itself is one line."""
    job, history = explanation["job"], explanation["history"]
    yield from _forgotten(job, history[0], clock)
    kill = begun = last = None
    for move, after in zip(history, [*history[1:], None], strict=True):
        line = begun or f"{clock.show(move['at'])}  {_whose(move)}"
        line += _words(job, move, kill, skipped(last, move), clock)
        begun = None
        if move["trigger"] == "start" and after and after["trigger"] in _ENDS:
            begun = f"{line}, " if _has_begun(after) else f"{line.replace(' started', '')} "
        else:
            yield line
        if move["trigger"] == "kill":
            kill = move
        else:
            last = move


def _forgotten(job: Values, first: Values, clock: Clock) -> Iterator[str]:
    """What came before the first move that is remembered."""
    if first["trigger"] == "create":
        return
    yield f"{clock.show(job['createdAt'])}  created{_origin(job)}"
    runs = first["runCount"] - (first["trigger"] == "start")
    yield f"...  the moves up to run {runs} are no longer remembered"


def _whose(move: Values) -> str:
    """Whose move it is, where the line does not say so otherwise."""
    return f"run {move['runCount']} " if move["trigger"] in _ENDS else ""


def _has_begun(end: Values) -> bool:
    """Whether there was a run to end, or only the attempt to start one."""
    return end["lastedSeconds"] is not None


def _words(job: Values, move: Values, kill: Values | None, ticks: str, clock: Clock) -> str:
    """What happened; `ticks` were skipped before a start, or between it and the end."""
    match move["trigger"]:
        case "create":
            return f"created{_origin(job)}"
        case "start":
            late = f", late: {ticks}" if ticks else ""
            return (
                f"run {move['runCount']} started{' by an order' if move['ordered'] else ''}{late}"
            )
        case "kill":
            waited = f" while it was {move['from']}: killed at once"
            return f"told to end{with_signal(move) if move['to'] == 'running' else waited}"
        case _:
            meanwhile = f", {ticks} meanwhile" if ticks else ""
            return f"{ending_after(move)}{meanwhile}; {_decision(job, move, kill, clock)}"


def _origin(job: Values) -> str:
    return f" by {job['origin']}" if job["origin"] else ""


def _decision(job: Values, end: Values, kill: Values | None, clock: Clock) -> str:
    """What was decided when the run was over."""
    failed = end["trigger"] == "fail"
    what = retry(job, end["failedCount"]) if failed else "next run"
    match end["to"]:
        case "done":
            return "done"
        case "killed":
            return f"killed{_force(end, kill)}"
        case "exhausted":
            return f"failure {end['failedCount']} in a row, gave up"
        case "restarting":
            return f"{what} {or_at_once('in', span(end['at'], end['nextRunAt']))}"
        case _:
            return f"{what} at {clock.show(end['nextRunAt'])}"


def _force(end: Values, kill: Values | None) -> str:
    """What it took, where that was more than was asked for."""
    asked, sent = kill and kill["sentSignal"], end["sentSignal"]
    return f" by {sent}, for {asked} had not ended all of it" if asked and sent != asked else ""
