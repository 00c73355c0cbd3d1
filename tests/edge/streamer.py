"""A program that writes a stream: lines of 32 bytes that know their own order.

Each has the number of the writer, of the run and of the line. Only the standard library is used.
"""

import os
import sys
import time

LINE_BYTES = 32


def stream(writer: int, run: int, count: int, first: int = 0) -> bytes:
    """Some lines of a stream."""
    return b"".join(b"%04d %08d %017d\n" % (writer, run, n) for n in range(first, first + count))


def main() -> None:
    """Write a stream to stdout: WRITER RUN LINES LINES-PER-WRITE PAUSE-S [CHILDREN]."""
    writer, run, count, step = map(int, sys.argv[1:5])
    pause = float(sys.argv[5])
    for child in range(int(sys.argv[6]) if len(sys.argv) > 6 else 0):
        if os.fork() == 0:
            write(writer + 1 + child, run, count, step, pause)
            os._exit(0)
    write(writer, run, count, step, pause)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def write(writer: int, run: int, count: int, step: int, pause: float) -> None:
    """Write a stream, some lines at a time, each piece by one call."""
    for first in range(0, count, step):
        piece = stream(writer, run, min(step, count - first), first)
        assert os.write(1, piece) == len(piece)
        if pause:
            time.sleep(pause)


if __name__ == "__main__":
    main()
