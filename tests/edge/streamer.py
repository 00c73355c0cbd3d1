"""A program that writes a stream: lines of 32 bytes that know their own order.

Each has the number of the writer, of the run and of the line. Only the standard library is used.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LINE_BYTES = 32


def stream(writer: int, run: int, count: int, first: int = 0) -> bytes:
    """Some lines of a stream; there may be a million, so that they are made by one call."""
    line = b"%04d %08d %%017d\n" % (writer, run)
    return line * count % tuple(range(first, first + count))


def main() -> None:
    """Write a stream to stdout: WRITER RUN LINES LINES-PER-WRITE PAUSE-S [CHILDREN [PARTS]].

    Each part of a stream is begun when a byte has come from stdin; at its end all is allowed.
    """
    writer, run, count, step = map(int, sys.argv[1:5])
    pause = float(sys.argv[5])
    children, parts = map(int, [*sys.argv[6:], 0, 0][:2])

    def wait(first: int) -> None:
        if parts and (first == 0 or first * parts // count > (first - step) * parts // count):
            os.read(0, 1)
        if pause:
            time.sleep(pause)

    for child in range(children):
        if os.fork() == 0:
            write(writer + 1 + child, run, count, step, wait)
            os._exit(0)
    write(writer, run, count, step, wait)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def write(writer: int, run: int, count: int, step: int, wait: Callable[[int], None]) -> None:
    """Write a stream, some lines at a time, each piece by one call, and wait before each."""
    for first in range(0, count, step):
        wait(first)
        piece = stream(writer, run, min(step, count - first), first)
        assert os.write(1, piece) == len(piece)


if __name__ == "__main__":
    main()
