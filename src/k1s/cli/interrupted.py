"""How far `k1s up` had come when it was interrupted."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from k1s.jobsfile.plan import Create, Delete, Keep, Plan, Refuse, Replace, Step

NAMED_MAX: Final = 10
_DONE: Final = "done"
_MISSING: Final = "deleted, and not made again yet"
_RETURNING: Final = "still being deleted, and not made again yet"
_GOING: Final = "still being deleted"
_LEFT: Final = "not begun"
_FATES: Final = (_DONE, _MISSING, _RETURNING, _GOING, _LEFT)


def lines(plan: Plan, rest: Plan, views: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What has become of each step that would have changed something; the `rest` is left to do.

    `views` are the jobs that there are, by their ids.
    """
    left = {step.job.id: step for step in rest.steps if not isinstance(step, Keep)}
    ids: dict[str, list[str]] = {fate: [] for fate in _FATES}
    for step in plan.steps:
        job_id = step.job.id
        if not isinstance(step, Keep | Refuse):
            ids[_fate(step, left.get(job_id), views.get(job_id))].append(job_id)
    for fate, named in ids.items():
        if named:
            more = f" and {len(named) - NAMED_MAX} more" if len(named) > NAMED_MAX else ""
            yield f"{fate}: {', '.join(named[:NAMED_MAX])}{more}"


def _fate(step: Step, left: Step | None, view: Mapping[str, Any] | None) -> str:
    if left is None:
        return _DONE
    if isinstance(step, Replace) and isinstance(left, Create):
        return _MISSING
    if view is not None and view["state"] == "running" and view["killRequested"]:
        return _GOING if isinstance(step, Delete) else _RETURNING
    return _LEFT
