"""Which orders a job takes as it is, and in which words others are refused.

A check changes nothing: it is content, or raises `RequestError`.
"""

from collections.abc import Collection, Sequence

from k1s.errors import Code, RequestError
from k1s.job import FINAL, Job, JobSpec, JobType, State
from k1s.lifecycle import MACHINES
from k1s.transition import Trigger


def orders(job: Job) -> frozenset[str]:
    """The orders that mean something to a job as it is: the others are refused, or do nothing."""
    triggers = MACHINES[job.spec.type].get_triggers(job.state)
    found = {"restart", "delete"}
    if Trigger.START in triggers:
        found.add("start")
    if Trigger.KILL in triggers and job.spec.type is not JobType.ONE_TIME:
        found.add("kill")
    if job.pid is not None:
        found.add("signal")
    return frozenset(found)


def check_new(
    specs: Sequence[JobSpec], known: Collection[str], jobs_max: int, *, is_list: bool
) -> None:
    """No id is `known` or comes twice, and there is room for all. Of a list it says which."""
    seen: set[str] = set()
    for spec in specs:
        if spec.id in known or spec.id in seen:
            which = f": {spec.id}" if is_list else ""
            raise RequestError(Code.JOB_EXISTS, f"Job ID already exists{which}")
        seen.add(spec.id)
    if len(known) + len(specs) > jobs_max:
        has = f"{len(known)} of {jobs_max}" if is_list else f"{jobs_max}"
        text = f"This server has {has} jobs already: delete some first"
        raise RequestError(Code.TOO_MANY_JOBS, text)


def check_start(job: Job) -> None:
    """A job that is being killed would not be left running."""
    if job.kill_requested and job.state is State.RUNNING:
        text = "Job is being killed: wait until it is killed, or use restart-job"
        raise RequestError(Code.BEING_KILLED, text)


def check_kill(job: Job, *, is_one_time_meant: bool) -> None:
    """To kill a killed job again is no error; a job that has come to another end is over."""
    if job.spec.type is JobType.ONE_TIME and not is_one_time_meant:
        raise RequestError(Code.NOT_KILLABLE, "Job is not continuous or periodic")
    if job.state in FINAL and job.state is not State.KILLED:
        text = f"Job has already finished: it is {job.state}"
        raise RequestError(Code.ALREADY_FINISHED, text)


def check_signal(job: Job) -> None:
    """A signal needs a main process to go to."""
    if job.pid is None:
        text = f"Job is not running: it is {job.state}"
        if job.state is State.RUNNING:
            text = "Job is not running: its main process has ended or is being started"
        raise RequestError(Code.NOT_RUNNING, text)
