"""A program that uses the library, for mypy to read; nobody runs it.

`make check` fails when a value has another type than is asserted here, and also when
a mistake is no longer found: then its `type: ignore` is one too many.
"""

from datetime import datetime
from typing import assert_type

from k1s import AsyncClient, Client, JobInfo, JobSpec, JobType, Missed, State, Transition


def use(client: Client) -> None:
    """What a program does, and what it cannot do."""
    job = client.create_job(id="a", type="one-time", executable="true")
    assert_type(job, JobInfo)
    assert_type(job.state, State)
    assert_type(job.exit_code, int | None)
    assert_type(job.started_at, datetime | None)
    assert_type(client.get_all_jobs(), list[JobInfo])
    spec = JobSpec(id="b", type=JobType.CONTINUOUS, executable="true")
    assert_type(client.create_jobs([spec]), list[JobInfo])
    with client.watch_jobs() as changes:
        for change in changes:
            assert_type(change, Transition | Missed)
    client.get_job(7)  # type: ignore[arg-type]
    client.create_job(id="a", type="one-time", executable="true", every=3)  # type: ignore[call-overload]
    client.start_jobs("a")  # type: ignore[attr-defined]


async def use_in_a_loop(client: AsyncClient) -> None:
    """The same, where each answer is awaited."""
    assert_type(await client.wait_job("a", timeout=10), JobInfo)
    async with client.watch_jobs() as changes:
        async for change in changes:
            assert_type(change, Transition | Missed)
