"""Views of jobs, kept for as long as they are true.

Programs and people look at all jobs far more often than anything happens to
one of them. So the view that was taken of a job is given out again until the
job moves, and `codec` keeps what it has made of it. That is a kilobyte or so for
each job that somebody has looked at; a job that is very large is put into JSON
each time.
"""

from typing import Final

from attrs import define, field

from k1s.job import Job, Moment
from k1s.views import JobView

# A view tells the next run in milliseconds of the wall clock, and that may be set.
_DRIFT_S_MAX: Final = 0.0005


@define(eq=False, repr=False)
class ViewCache:
    """The latest view of each job that somebody has looked at."""

    _kept: dict[str, tuple[JobView, float]] = field(factory=dict, init=False)

    def of(self, job: Job, now: Moment) -> JobView:
        """The job as it is now, as if the picture were taken at this moment."""
        wall_ahead = now.wall - now.monotonic
        if job.id in self._kept:
            view, was_ahead = self._kept[job.id]
            if view.next_run_at is None or abs(wall_ahead - was_ahead) < _DRIFT_S_MAX:
                return view
        view = JobView.of(job, now)
        self._kept[job.id] = view, wall_ahead
        return view

    def drop(self, job_id: str) -> None:
        """The job has changed, or is gone."""
        self._kept.pop(job_id, None)
