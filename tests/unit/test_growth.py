"""How much to take out of a log, and when to look at it again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from k1s.logs.growth import (
    COARSE_BYTES,
    LOOK_S_MAX,
    LOOK_S_MIN,
    Drop,
    Move,
    look_delay,
    next_step,
)

KIB, MIB = 1024, 1024 * 1024
blocks = st.sampled_from([512, 1 * KIB, 4 * KIB, 64 * KIB])
bounds = st.integers(64 * KIB, 1 << 40)


@pytest.mark.parametrize(
    ("size", "step"),
    [
        (0, None),
        (64 * KIB, None),
        (64 * KIB + 1, Move(64 * KIB)),
        (128 * KIB, Move(64 * KIB)),
        (2 * 64 * KIB + 1, Move(64 * KIB)),
        (5 * 64 * KIB + 1, Move(64 * KIB)),
        (6 * 64 * KIB, Move(64 * KIB)),
        (6 * 64 * KIB + 1, Drop(64 * KIB)),
        (9 * 64 * KIB, Drop(3 * 64 * KIB)),
    ],
)
def test_steps(size: int, step: Move | Drop | None) -> None:
    """A piece at a time is moved, unless what follows would fill all five backups anyway."""
    assert next_step(size, 64 * KIB, 5, 4 * KIB) == step


def test_no_backups() -> None:
    """Without backups all whole pieces are dropped."""
    assert next_step(3 * 64 * KIB + 1, 64 * KIB, 0, 4 * KIB) == Drop(3 * 64 * KIB)


def test_large_logs_are_cut_coarsely() -> None:
    """From 16 MiB on, a piece is whole mebibytes, which suits file systems with clusters."""
    assert next_step(51 * MIB, 50 * MIB, 5, 4 * KIB) == Move(50 * MIB)
    assert next_step(51 * MIB, 50 * MIB - 1, 5, 4 * KIB) == Move(49 * MIB)
    assert next_step(51 * MIB, 15 * MIB - 1, 5, 4 * KIB) == Move(15 * MIB - 4 * KIB)


def test_a_block_larger_than_the_bound() -> None:
    """A log keeps at least what is less than a block."""
    assert next_step(100 * KIB, 64 * KIB, 5, 128 * KIB) is None
    assert next_step(128 * KIB + 1, 64 * KIB, 5, 128 * KIB) == Move(128 * KIB)


@given(st.integers(0, 1 << 44), bounds, st.integers(0, 100), blocks)
def test_a_step_can_be_done(size: int, max_bytes: int, backups: int, block: int) -> None:
    """What is taken is whole blocks and leaves a byte; nothing is taken from a small log."""
    step = next_step(size, max_bytes, backups, block)
    if size <= max_bytes:
        assert step is None
    if step is not None:
        assert 0 < step.length < size
        assert step.length % block == 0
        assert max_bytes < 16 * COARSE_BYTES or step.length % COARSE_BYTES == 0
    if isinstance(step, Move):
        assert step.length <= max_bytes


@given(st.integers(0, 1 << 34), st.integers(64 * KIB, 1 << 30), st.integers(0, 100), blocks)
@example(size=1_048_577, max_bytes=65_537, backups=1, block=512)
def test_steps_come_to_an_end(size: int, max_bytes: int, backups: int, block: int) -> None:
    """At most one drop and then one move for each backup make any log small enough.

    Nothing is dropped that the backups and the log together have room for.
    """
    steps = []
    while step := next_step(size, max_bytes, backups, block):
        steps.append(step)
        size -= step.length
    assert size <= max_bytes
    assert all(isinstance(step, Move) for step in steps[1:])
    assert len(steps) <= backups + 1
    if steps and isinstance(steps[0], Drop):
        assert len(steps) == backups + 1


@given(st.integers(-(1 << 40), 1 << 40), st.integers(-(1 << 40), 1 << 40), st.floats(-1, 1e6))
def test_looks_are_neither_rare_nor_frequent(room: int, grown: int, elapsed: float) -> None:
    """Whatever has been seen, the next look is due within the bounds."""
    assert LOOK_S_MIN <= look_delay(room, grown, elapsed) <= LOOK_S_MAX


@pytest.mark.parametrize(
    ("room", "grown", "elapsed", "delay"),
    [
        (100, 0, 1.0, LOOK_S_MAX),
        (100, -5, 1.0, LOOK_S_MAX),
        (100, 50, 0.0, LOOK_S_MAX),
        (100, 50, 1.0, 1.0),
        (100, 50, 2.0, 2.0),
        (100, 1, 1.0, LOOK_S_MAX),
        (0, 50, 1.0, LOOK_S_MIN),
        (100, 1_000_000, 1.0, LOOK_S_MIN),
    ],
)
def test_looks_come_half_way(room: int, grown: int, elapsed: float, delay: float) -> None:
    """A log is looked at half-way to the moment when it will be full."""
    assert look_delay(room, grown, elapsed) == delay
