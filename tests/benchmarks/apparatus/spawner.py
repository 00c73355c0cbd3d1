"""A floor: start programs with a plain loop around `subprocess.Popen`, and look after nothing.

For each number that comes on a line, start as many programs, and answer with
the seconds that it took. They are ended, and awaited, when the input ends or
on SIGTERM.
"""

import signal
import subprocess
import sys
from time import perf_counter
from types import FrameType


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    programs: list[subprocess.Popen[bytes]] = []
    try:
        for line in sys.stdin:
            begin = perf_counter()
            for _ in range(int(line)):
                programs.append(_start(len(programs)))
            print(perf_counter() - begin, flush=True)
    finally:
        for program in programs:
            program.kill()
        for program in programs:
            program.wait()


def _start(number: int) -> "subprocess.Popen[bytes]":
    with open(f"stdout_{number}.log", "ab") as out, open(f"stderr_{number}.log", "ab") as err:
        return subprocess.Popen(
            ["sleep", "1000"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    sys.exit()


if __name__ == "__main__":
    main()
