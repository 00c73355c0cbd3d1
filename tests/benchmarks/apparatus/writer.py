"""The program of a job that does nothing but write to its stdout, in pieces that are not buffered.

Arguments: a FIFO, how many pieces, and the bytes of each. It says in the FIFO
that it is there, waits for SIGUSR1, writes, says how many nanoseconds that has
taken, and waits for a signal. It speaks like a witness: "0 PID NANOSECONDS".
"""

import os
import signal
import sys
from time import perf_counter_ns


def main() -> None:
    fifo, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    piece = b"x" * (size - 1) + b"\n"
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    say(fifo, 0)
    signal.sigwait({signal.SIGUSR1})
    begin = perf_counter_ns()
    for _ in range(count):
        write(piece)
    say(fifo, perf_counter_ns() - begin)
    signal.pause()


def say(fifo: str, ns: int) -> None:
    """One line for whoever listens."""
    with open(fifo, "wb") as file:
        file.write(f"0 {os.getpid()} {ns}\n".encode())


def write(piece: bytes) -> None:
    """A pipe may take a part only."""
    written = os.write(1, piece)
    while written < len(piece):
        written += os.write(1, piece[written:])


if __name__ == "__main__":
    main()
