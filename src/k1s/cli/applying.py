"""Carries out what `k1s up` has planned.

All deletions begin at once, and a job that is replaced is made again as soon as
it has gone: one that takes its time to end does not keep others away. What is
new comes last.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from k1s.cli.asking import is_refusal
from k1s.cli.countdown import Countdown
from k1s.cli.display.progress import Progress
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


def delete(
    where: Destination, ids: Sequence[str], returning: Mapping[str, Job], progress: Progress
) -> tuple[list[Failure], list[Failure]]:
    """Delete jobs, and make those that are `returning`, by their ids, again.

    Returns which could not be deleted (one that is gone already is no failure),
    and which were not made again or did not start. Raises as `request` does.
    """
    failures: list[Failure] = []
    absent: list[Failure] = []
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
        job_id = ids[number]
        if is_refusal(reply) and reply["code"] != "job-not-found":
            failures.append(Failure((job_id,), reply["error"]))
        elif job_id in returning:
            absent += create(where, [returning[job_id]])
        del waiting[job_id]
        show()
    return failures, absent


def create(
    where: Destination, jobs: Sequence[Job], progress: Progress | None = None
) -> list[Failure]:
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
        if progress is not None:
            progress.count("created", done, len(jobs))
    return failures


def still_failing(views: Iterable[Job]) -> list[Failure]:
    """The jobs that have failed for good or cannot be started, in the words for new ones."""
    return [
        _failure(view)
        for view in views
        if view["state"] == "exhausted" or (view["state"] != "killed" and _did_not_start(view))
    ]


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
    """Whether its start has failed, or it has failed for good meanwhile.

    One that has been started, and waits for its next try, may do well then.
    """
    has_ended = job["exitCode"] is not None or job["signal"] is not None
    has_failed = job["state"] != "running" and job["lastError"] is not None
    return has_failed and (not has_ended or job["state"] == "exhausted")


def _failure(job: Job) -> Failure:
    return Failure((job["id"],), f"{job['lastError']}: it is {job['state']}")
