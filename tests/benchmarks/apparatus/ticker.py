"""A floor: start programs periodically, each at its own phase, with a heap of times and no more.

Arguments: how many, the period and for how long (seconds), and the command, to
which the number of each is put at `{}`. It prints when the first one is due
(nanoseconds by the monotonic clock), and ends by itself.
"""

import heapq
import os
import subprocess
import sys
import time


def main() -> None:
    count, period, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    begin = time.monotonic()
    print(round(begin * 1e9), flush=True)
    due = [(begin + period * number / count, number) for number in range(count)]
    while due[0][0] < begin + seconds:
        at, number = due[0]
        time.sleep(max(at - time.monotonic(), 0))
        start([word.replace("{}", str(number)) for word in sys.argv[4:]])
        heapq.heapreplace(due, (at + period, number))
        reap()


def start(command: list[str]) -> None:
    """A program that is reaped by `reap`, and not by its `Popen`."""
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    program.returncode = 0


def reap() -> None:
    """Take in what has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    main()
