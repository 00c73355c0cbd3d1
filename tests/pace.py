"""Whether something is quick, on machines of any kind that have other things to do as well.

A number of seconds says nothing there. So processor time is measured, not the
time on the wall, beside a floor in the same moment, and the best of a few
tries counts: whatever disturbs a try only makes it slower. What is slow by
itself, because it grows with the square of its input, say, is slow every time.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

TRIES: Final = 5


def cpu_s(act: Callable[[], object]) -> float:
    """What this thread computes meanwhile, in seconds."""
    begin = time.thread_time()
    act()
    return time.thread_time() - begin


def count() -> None:
    """The usual floor: about 0.02 s on a machine of today."""
    for _ in range(1_000_000):
        pass


def is_quick(
    act: Callable[[], object],
    times: float = 20,
    floor: Callable[[], object] = count,
    cost: Callable[[Callable[[], object]], float] = cpu_s,
) -> bool:
    """Whether this costs less than so many times the floor, at best."""
    return any(cost(act) < times * cpu_s(floor) for _ in range(TRIES))


class Stopwatch:
    """The time that passes for this process and others, less what they wait for a processor.

    A server that sleeps or computes is slow; one that nobody lets compute is
    not. The kernel tells how long each has been ready to run and has not run.
    """

    def __init__(self, *pids: int) -> None:
        """Start."""
        self._waits = {name: ready_s(name) for name in ["self", *map(str, pids)]}
        self._excused_s = 0.0
        self._began = time.monotonic()

    def read(self) -> float:
        """Seconds. What has ended since the last reading is not known any more."""
        for name, before in self._waits.items():
            now = max(before, ready_s(name))
            self._excused_s += now - before
            self._waits[name] = now
        return time.monotonic() - self._began - self._excused_s


def ready_s(name: str | int) -> float:
    """How long a thread, or the main thread of a process, has waited for a processor so far."""
    try:
        return int(Path(f"/proc/{name}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0
