"""How a log is kept small: what to take out of it, and when to look at it again. Arithmetic only.

Bytes leave a log at its front and in whole blocks, and one byte at least stays
behind (why, see `rotation`). They leave in pieces of `max_bytes`, each
of which becomes a backup, the oldest first. What would be pushed out of the
last backup anyway by the pieces that follow is dropped without being copied,
so that a program that writes faster than a disk can copy is bounded too.

A log is looked at when it has been written to, and then again and again for as
long as it grows: half-way to the moment when it would be full at its present
speed, but neither so often that looking costs anything nor so seldom that a
sudden flood goes on for long.
"""

from typing import Final

from attrs import frozen

# Some file systems allocate in clusters of many blocks (bigalloc: up to 1 MiB
# in practice) and cut nothing smaller: where it makes no difference, cut coarsely.
COARSE_BYTES: Final = 1024 * 1024
_COARSE_FROM: Final = 16

LOOK_S_MIN: Final = 0.1
LOOK_S_MAX: Final = 5.0


@frozen
class Move:
    """Make the first so many bytes of the log its newest backup."""

    length: int


@frozen
class Drop:
    """Throw away all backups and the first so many bytes: newer bytes fill every backup."""

    length: int


def next_step(size: int, max_bytes: int, backups: int, block: int) -> Move | Drop | None:
    """What to do first with a log of this size; None if it is small enough.

    All in bytes but `backups`; `block` is the unit of the file system.
    """
    if size <= max_bytes:
        return None
    piece = _piece(max_bytes, block)
    wanted = -(-(size - max_bytes) // piece)  # so many leave no more than `max_bytes`
    whole = min(wanted, (size - 1) // piece)
    if whole > backups:
        return Drop((whole - backups) * piece)
    return Move(piece) if whole else None


def look_delay(room: int, grown: int, elapsed: float) -> float:
    """Seconds until the next look at a log that has `room` bytes left.

    `grown` are the bytes that came in the last `elapsed` seconds.
    """
    if grown <= 0 or elapsed <= 0:
        return LOOK_S_MAX
    full_after = max(room, 0) * elapsed / grown
    return min(max(full_after / 2, LOOK_S_MIN), LOOK_S_MAX)


def _piece(max_bytes: int, block: int) -> int:
    coarse = max(block, COARSE_BYTES)
    unit = coarse if max_bytes >= _COARSE_FROM * coarse else block
    return max(max_bytes // unit, 1) * unit
