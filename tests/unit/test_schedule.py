"""Ticks and delays."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from k1s.durations import SECONDS_MAX
from k1s.job import PERIOD_S_MIN
from k1s.schedule import RESTART_DELAY_S_MIN, restart_delay, tick_index, tick_time

UPTIMES = st.floats(0, 1e9)
PERIODS = st.floats(PERIOD_S_MIN, SECONDS_MAX)
DELAYS = st.floats(0, SECONDS_MAX)
FAILURES = st.integers(0, 1_000_000_001)


@given(first=UPTIMES, period=PERIODS, later=st.floats(0, 1e9))
def test_no_drift(first: float, period: float, later: float) -> None:
    """The latest tick is not after now and the next one is, however long it went on."""
    now = first + later
    index = tick_index(first, period, now)
    assert tick_time(first, period, index) <= now < tick_time(first, period, index + 1)


@given(first=UPTIMES, period=PERIODS, index=st.integers(0, 10_000_000))
def test_a_tick_is_found_at_its_own_time(first: float, period: float, index: int) -> None:
    """At the very time of a tick that tick is the latest one, and just before it is not."""
    time = tick_time(first, period, index)
    assert tick_index(first, period, time) == index
    assert tick_index(first, period, math.nextafter(time, -math.inf)) == index - 1


@given(first=UPTIMES, period=PERIODS, index=st.integers(0, 10_000_000))
def test_ticks_are_multiples(first: float, period: float, index: int) -> None:
    """A tick is computed from the first start and never from the tick before."""
    assert tick_time(first, period, index) == first + index * period
    assert tick_time(first, period, 0) == first


@pytest.mark.parametrize("off_by", [-1, 1])
def test_a_division_that_rounds_is_mended(off_by: int) -> None:
    """The index is right also where the quotient of floats is rounded across a whole number."""
    first, period, index = 0.0, 0.1, 3
    time = tick_time(first, period, index)
    now = math.nextafter(time, math.inf * off_by)
    assert tick_index(first, period, now) == (index if off_by > 0 else index - 1)


def test_a_quotient_that_is_rounded_up() -> None:
    """Just below a tick the quotient may already be whole: the tick has not come yet."""
    now = math.nextafter(0.3 + 1e6, 0)
    assert tick_time(1e6, 0.1, tick_index(1e6, 0.1, now)) <= now


@given(base=DELAYS, more=DELAYS, failures=FAILURES)
def test_delays_are_bounded(base: float, more: float, failures: int) -> None:
    """A delay is at least the base, never more than the maximum, and never a busy loop."""
    delay = restart_delay(base, base + more, failures, None)
    assert max(base, RESTART_DELAY_S_MIN) <= delay <= max(base + more, RESTART_DELAY_S_MIN)


@given(base=DELAYS, more=DELAYS, failures=FAILURES, others=FAILURES)
def test_delays_grow(base: float, more: float, failures: int, others: int) -> None:
    """More failures in a row never make the delay shorter."""
    fewer, most = sorted((failures, others))
    assert restart_delay(base, base + more, fewer, None) <= restart_delay(
        base, base + more, most, None
    )


@given(base=st.floats(RESTART_DELAY_S_MIN, SECONDS_MAX), more=DELAYS)
def test_the_base_comes_first(base: float, more: float) -> None:
    """The delay is the base after a success and after the first failure."""
    assert (
        restart_delay(base, base + more, 0, None)
        == restart_delay(base, base + more, 1, None)
        == base
    )


@pytest.mark.parametrize(
    ("failures", "delay"),
    [(0, 0.5), (1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (6, 10), (7, 10), (10**9, 10)],
)
def test_doubling(failures: int, delay: float) -> None:
    """Each further failure in a row doubles the delay up to the maximum."""
    assert restart_delay(0.5, 10, failures, None) == delay


@pytest.mark.parametrize(("failures", "delay"), [(0, 0.001), (1, 0.001), (2, 0.002), (3, 0.004)])
def test_a_delay_of_zero(failures: int, delay: float) -> None:
    """A base of 0 is 1 ms, and still backs off."""
    assert restart_delay(0, 30, failures, None) == delay


@given(failures=FAILURES, lasted_s=st.floats(1, 1e9), maximum=DELAYS)
def test_a_delay_of_zero_after_a_long_run(failures: int, lasted_s: float, maximum: float) -> None:
    """Who has run for a second is started again at once, whatever came before."""
    assert restart_delay(0, maximum, failures, lasted_s) == 0


@given(base=DELAYS, more=DELAYS, failures=FAILURES, lasted_s=st.none() | st.floats(0, 1e9))
def test_only_a_delay_of_zero_looks_at_the_run(
    base: float, more: float, failures: int, lasted_s: float | None
) -> None:
    """Other delays, and those after a run of less than a second, depend on the failures alone."""
    assume(base > 0 or lasted_s is None or lasted_s < 1)
    maximum = base + more
    usual = restart_delay(base, maximum, failures, None)
    assert restart_delay(base, maximum, failures, lasted_s) == usual


@pytest.mark.parametrize("failures", [0, 1, 2, 100])
def test_a_maximum_of_zero(failures: int) -> None:
    """A maximum of 0 is 1 ms as well."""
    assert restart_delay(0, 0, failures, None) == RESTART_DELAY_S_MIN
