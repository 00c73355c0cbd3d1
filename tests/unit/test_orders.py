"""Which orders a job takes, as it is."""

from collections.abc import Callable
from functools import partial
from signal import SIGINT

import pytest
from builders import CRASH, OK, make_life

from k1s.errors import RequestError
from k1s.events import Ended, Event, Kill, Started, Woken
from k1s.job import Job, JobType
from k1s.orders import check_kill, check_signal, check_start, orders

ONE_TIME, PERIODIC, CONTINUOUS = JobType.ONE_TIME, JobType.PERIODIC, JobType.CONTINUOUS
CHECKS: dict[str, Callable[[Job], None]] = {
    "start": check_start,
    "kill": partial(check_kill, is_one_time_meant=False),
    "signal": check_signal,
}


def _refused(job: Job) -> set[str]:
    refused = set()
    for order, check in CHECKS.items():
        try:
            check(job)
        except RequestError:
            refused.add(order)
    return refused


@pytest.mark.parametrize(
    ("type", "history", "legal"),
    [
        (CONTINUOUS, [Started(1)], "kill restart signal delete"),
        (ONE_TIME, [Started(1)], "restart signal delete"),
        (CONTINUOUS, [], "kill restart delete"),
        (CONTINUOUS, [Started(1), Ended(OK)], "start kill restart delete"),
        (PERIODIC, [Started(1), Ended(OK)], "start kill restart delete"),
        (CONTINUOUS, [Started(1), Kill(SIGINT)], "kill restart signal delete"),
        (CONTINUOUS, [Started(1), Kill(SIGINT), Ended(OK)], "start restart delete"),
        (ONE_TIME, [Started(1), Ended(OK)], "start restart delete"),
        (ONE_TIME, [Started(1), Ended(CRASH)], "start restart delete"),
    ],
)
def test_which_orders_mean_something(type: JobType, history: list[Event], legal: str) -> None:
    """An order that would be refused, or would do nothing, is not offered."""
    life = make_life(type)
    for event in [Woken(), *history]:
        life.take(event)
    assert orders(life.job) == set(legal.split())
    assert orders(life.job).isdisjoint(_refused(life.job))
