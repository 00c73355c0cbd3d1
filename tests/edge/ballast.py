"""How much slower the engine starts a program when its process is large. Run as a program.

Prints the processor time of a start with a quarter of a gigabyte in use, as a multiple of
that without; each is the best of several.
"""

import sys
import time

from k1s.engines.local import LocalEngine
from k1s.events import Run
from k1s.job import JobSpec, JobType

STARTS = 30
BALLAST_BYTES = 256 << 20


def start_s(engine: LocalEngine, folder: str, number: int) -> float:
    """Seconds that one start computes; its run is over afterwards."""
    spec = JobSpec("job", JobType.ONE_TIME, "/bin/true").located(folder)
    begin = time.thread_time()
    engine.start(Run("job", 1, number), spec)
    took = time.thread_time() - begin
    while not engine.is_idle:
        engine.reap()
    return took


def main() -> None:
    engine = LocalEngine(lambda _run, _fact: None)
    small = min(start_s(engine, sys.argv[1], number) for number in range(STARTS))
    ballast = b"x" * BALLAST_BYTES
    large = min(start_s(engine, sys.argv[1], number) for number in range(STARTS, 2 * STARTS))
    print(large / small)
    del ballast


if __name__ == "__main__":
    main()
