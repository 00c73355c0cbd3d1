"""How `k1s up` divides its work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.cli import applying
from k1s.cli.applying import BATCH_JOBS_MAX, Failure, batches
from k1s.destination import Destination
from k1s.protocol import CREATED_AT_ONCE_MAX


@given(st.lists(st.sampled_from([1, 100, 500, 2000])))
def test_batches(sizes: list[int]) -> None:
    """All jobs come in their order, and no batch of several is long."""
    jobs = [{"id": "x" * size} for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "BATCH_BYTES_MAX", 1000)
        made = list(batches(jobs))
    assert [job for batch in made for job in batch] == jobs
    assert all(batch for batch in made)
    for batch in made:
        assert len(batch) == 1 or sum(len(job["id"]) for job in batch) <= 1000


def test_many_small_jobs() -> None:
    """A batch has no more jobs than the server takes at once."""
    made = list(batches({"id": str(number)} for number in range(BATCH_JOBS_MAX + 1)))
    assert [len(batch) for batch in made] == [BATCH_JOBS_MAX, 1]
    assert BATCH_JOBS_MAX <= CREATED_AT_ONCE_MAX


def test_failures_in_words() -> None:
    """A failure of many names the first."""
    assert str(Failure(("a",), "no")) == "a: no"
    assert str(Failure(("a", "b", "c"), "no")) == "a and 2 more: no"


@pytest.mark.parametrize(
    ("state", "code", "error", "is_told"),
    [
        ("running", None, None, False),
        ("done", 0, None, False),
        ("restarting", 1, "exited with code 1", False),
        ("pending", None, "could not start: no such file: x", True),
        ("exhausted", None, "could not start: no such file: x", True),
        ("exhausted", 1, "exited with code 1", True),
    ],
)
def test_what_is_no_success(
    state: str, code: int | None, error: str | None, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be started, or has failed for good; not what was started and is tried again.

    How far a job has come when the reply is made depends on how busy the machine is.
    """
    job = {"id": "a", "state": state, "exitCode": code, "signal": None, "lastError": error}
    monkeypatch.setattr(applying, "request", lambda *_: [job])
    failures = applying.create(Destination(), [{"id": "a"}])
    assert [failure.job_ids for failure in failures] == [("a",)] * is_told
