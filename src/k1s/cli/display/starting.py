"""The words for a job whose start has been tried."""

from typing import Any

from k1s.cli.acting import Failed
from k1s.cli.display.wording import ending, is_without_process, printable


def started(id: str, job: dict[str, Any]) -> str | Failed:
    """What the start of a job came to."""
    if is_without_process(job):
        return Failed(f"{id} {printable(ending(job))}")
    if job["pid"] is None:
        return f"{id} is {job['state']}"
    return f"{id} is {job['state']} (pid {job['pid']})"
