"""The tree of processes below one: who its children are, and theirs."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

MEMBERS_MAX: Final = 10_000
_READ_BYTES: Final = 1 << 16


def descendants(roots: Iterable[int]) -> Iterator[int]:
    """Some processes and all below them; at most `MEMBERS_MAX`, for the tree may be growing."""
    waiting, seen = list(roots), 0
    while waiting and seen < MEMBERS_MAX:
        pid = waiting.pop()
        seen += 1
        yield pid
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                waiting += map(int, children_of(pid, int(thread)))


def children_of(pid: int, thread: int) -> list[bytes]:
    """The ids of what one thread of a process has started or been given, as /proc writes them."""
    try:
        descriptor = os.open(f"/proc/{pid}/task/{thread}/children", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return []
    parts = []
    with suppress(OSError):
        while part := os.read(descriptor, _READ_BYTES):
            parts.append(part)
    os.close(descriptor)
    return b"".join(parts).split()
