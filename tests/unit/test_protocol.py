"""What can be asked of a server."""

from signal import SIGINT

from k1s.cli.commands import logs
from k1s.job import JobSpec, JobType
from k1s.protocol import LINES_MAX, CreateJob, CreateJobs, KillJob, jobs_to_make


def test_a_kill_is_sigint_by_default() -> None:
    """A kill that names no signal interrupts."""
    assert KillJob("a").signal is SIGINT


def test_the_command_line_knows_the_bound_of_lines() -> None:
    """It repeats the number, for what it is in takes long to import."""
    assert logs.LINES_MAX == LINES_MAX


def test_the_jobs_that_a_request_wants_made() -> None:
    """Each has the name by which a refusal can speak of it."""
    first, second = (JobSpec(id, JobType.ONE_TIME, "true") for id in "ab")
    assert list(jobs_to_make(CreateJob(first))) == [("job", first)]
    both = [("jobs[0]", first), ("jobs[1]", second)]
    assert list(jobs_to_make(CreateJobs((first, second)))) == both
    assert list(jobs_to_make(KillJob("a"))) == []
