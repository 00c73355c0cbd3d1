"""One line a job: what `k1s list` shows, as text. Nothing here asks or prints anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from k1s.cli.display import wording
from k1s.cli.display.table import GAP, Column, layout

Job = Mapping[str, Any]

# Who has little place knows best himself of which type a job is, and `k1s show` has the rest.
# But that a job fails is told by nothing else while it runs.
COLUMNS: Final = (
    Column("ID", least=14, cut=wording.cut_middle),
    Column("TYPE", rank=3),
    Column("STATE"),
    Column("PID", rank=4, to_the_right=True),
    Column("SINCE", rank=5, to_the_right=True),
    Column("RUNS", rank=1, to_the_right=True),
    Column("FAILED", rank=8, to_the_right=True),
    Column("MISSED", rank=6, to_the_right=True),
    Column("WHAT NEXT", rank=7, least=22),
)
_TITLES: Final = [column.title for column in COLUMNS]
_FAILED: Final = _TITLES.index("FAILED")
_MISSED: Final = _TITLES.index("MISSED")
_RANK_OF_ZEROS: Final = 2
EMPTY: Final = (
    "There are no jobs yet. Make the first one:\n"
    "  k1s create hello --every 30 -- echo 'hello from k1s'"
)
# As in the pictures of the machine, but for running: blue is hard to read on black.
_COLOURS: Final = {
    "pending": "33",
    "running": "36",
    "restarting": "33",
    "killed": "31",
    "exhausted": "31",
    "done": "32",
}
_STATES: Final = ("running", "restarting", "pending", "exhausted", "killed", "done")


def lines(
    jobs: Sequence[Job], now: float, place: int | None, *, has_colour: bool = False
) -> list[str]:
    """A title and a line for each job, for a terminal of so many columns (or for any place)."""
    table = _table(jobs, now, place)
    shown = [(" " * GAP).join(cells).rstrip() for cells in table]
    if not has_colour:
        return shown
    painted = [
        painted_state(line, str(job["state"])) for line, job in zip(shown[1:], jobs, strict=True)
    ]
    return [f"\x1b[1m{shown[0]}\x1b[0m", *painted]


def painted_state(text: str, state: str) -> str:
    """The text with the name of the state in its colour."""
    before, blank, rest = text.partition(f"  {state}")
    return f"{before}  \x1b[{_COLOURS[state]}m{state}\x1b[0m{rest}" if blank else text


def summary(jobs: Sequence[Job]) -> str:
    """How many there are, and in which states: `500 jobs: 480 running, 20 done`."""
    return f"{wording.counted(len(jobs), 'job')}: {counts(jobs)}"


def counts(jobs: Sequence[Job]) -> str:
    """How many are in which states: `480 running, 20 done`."""
    found = Counter(str(job["state"]) for job in jobs)
    return ", ".join(f"{found[state]} {state}" for state in _STATES if found[state])


def _table(jobs: Sequence[Job], now: float, place: int | None) -> list[list[str]]:
    """The cells; missed ticks have a column only where there are any, as there should be none."""
    rows, columns = [_row(job, now) for job in jobs], list(COLUMNS)
    if not any(job["failedCount"] for job in jobs):
        columns[_FAILED] = columns[_FAILED]._replace(rank=_RANK_OF_ZEROS)
    if not any(job["missedCount"] for job in jobs):
        del columns[_MISSED]
        for row in rows:
            del row[_MISSED]
    return layout(columns, rows, place)


def _row(job: Job, now: float) -> list[str]:
    return [
        wording.printable(job["id"]),
        wording.kind(job),
        str(job["state"]),
        "" if job["pid"] is None else str(job["pid"]),
        wording.age(job, now),
        str(job["runCount"]),
        str(job["failedCount"]),
        str(job["missedCount"]),
        wording.printable(wording.prospect(job, now)),
    ]
