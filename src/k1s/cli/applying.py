"""Carries out what `k1s up` has planned: deletions first, all at once, then creations."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import frozen

from k1s.cli.asking import is_refusal
from k1s.cli.countdown import Countdown
from k1s.cli.progress import Progress
from k1s.client.transport import request, request_each
from k1s.destination import Destination

# A request has a bound in the server, and the start of a batch keeps its other clients waiting.
BATCH_JOBS_MAX: Final = 200
BATCH_BYTES_MAX: Final = 512 * 1024

Job = dict[str, Any]


@frozen
class Failure:
    """What was not done, or did not start, and why."""

    job_ids: tuple[str, ...]
    error: str

    def __str__(self) -> str:
        first, *others = self.job_ids
        more = f" and {len(others)} more" if others else ""
        return f"{first}{more}: {self.error}"


def delete(where: Destination, ids: Sequence[str], progress: Progress) -> list[Failure]:
    """Delete jobs. One that is gone already is no failure. Raises as `request` does."""
    failures: list[Failure] = []
    waiting = dict.fromkeys(ids)
    countdown = Countdown(where)

    def show(more: str = "") -> None:
        if ids:
            progress.count("deleted", len(ids) - len(waiting), len(ids), more)

    def count_down() -> None:
        show(countdown.of(next(iter(waiting))))

    show()
    messages = [{"command": "delete-job", "jobId": job_id} for job_id in ids]
    when_idle = count_down if progress.is_shown else None
    for number, reply in request_each(where, messages, when_idle):
        if is_refusal(reply) and reply["code"] != "job-not-found":
            failures.append(Failure((ids[number],), reply["error"]))
        del waiting[ids[number]]
        show()
    return failures


def create(where: Destination, jobs: Sequence[Job], progress: Progress) -> list[Failure]:
    """Create jobs in their order. After a refusal nothing more is tried. Raises as `request` does.

    Failures are also those jobs that were created and could not be started.
    """
    failures: list[Failure] = []
    done = 0
    for batch in batches(jobs):
        reply = request(where, {"command": "create-jobs", "jobs": batch})
        if is_refusal(reply):
            left = tuple(job["id"] for job in jobs[done:])
            return [*failures, Failure(left, f"not created: {reply['error']}")]
        failures += [_failure(job) for job in reply if _did_not_start(job)]
        done += len(batch)
        progress.count("created", done, len(jobs))
    return failures


def spent(views: Iterable[Job]) -> list[Failure]:
    """The jobs that have failed for good, in the words for those that have done so at once."""
    return [_failure(view) for view in views if view["state"] == "exhausted"]


def batches(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Jobs in their order, divided so that no request is long; one that is too long is alone."""
    batch: list[Job] = []
    size = 0
    for job in jobs:
        more = len(json.dumps(job))
        if batch and (len(batch) == BATCH_JOBS_MAX or size + more > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(job)
        size += more
    if batch:
        yield batch


def _did_not_start(job: Job) -> bool:
    """A new job is running, unless its first start has failed."""
    return job["state"] != "running" and job["lastError"] is not None


def _failure(job: Job) -> Failure:
    return Failure((job["id"],), f"{job['lastError']}: it is {job['state']}")
