"""The load of the measure of requests, in a process of its own.

Arguments: the port, how many clients at once, how many requests, the length of
the answer that each must get (0: any length), and a file with the request. It
prints JSON: requests per second, and the median and the 99th percentile of the
time from connecting to the end of the answer in microseconds.

The clients are a ring of blocking sockets: each asks as soon as its last
answer is read, and the oldest is read first, which is also the order in which
a server hears of them. That costs half of what an event loop costs, so that
on two cores it is the server that is measured.
"""

import json
import socket
import sys
from collections import deque
from pathlib import Path
from time import perf_counter

_TIMEOUT_S = 60
_ANSWER_BYTES_MAX = 1 << 16


def main() -> None:
    port, clients, count, length = map(int, sys.argv[1:5])
    request = Path(sys.argv[5]).read_bytes()
    latencies, elapsed = run(("127.0.0.1", port), clients, count, length, request)
    latencies.sort()
    figures = {
        "per_second": count / elapsed,
        "p50_us": latencies[count // 2] * 1e6,
        "p99_us": latencies[min(count * 99 // 100, count - 1)] * 1e6,
    }
    print(json.dumps(figures), flush=True)


def run(
    address: tuple[str, int], clients: int, count: int, length: int, request: bytes
) -> tuple[list[float], float]:
    """Latencies and the whole time, in seconds."""
    asked: deque[tuple[socket.socket, float]] = deque()
    latencies: list[float] = []
    begin = perf_counter()
    for _ in range(clients):
        asked.append(ask(address, request))
    for done in range(count):
        connection, since = asked.popleft()
        read(connection, length)
        latencies.append(perf_counter() - since)
        if done + clients < count:
            asked.append(ask(address, request))
    elapsed = perf_counter() - begin
    for connection, _ in asked:
        connection.close()
    return latencies, elapsed


def ask(address: tuple[str, int], request: bytes) -> tuple[socket.socket, float]:
    """A connection that has asked, and since when."""
    since = perf_counter()
    connection = socket.socket()
    connection.connect(address)
    connection.send(request)
    return connection, since


def read(connection: socket.socket, length: int) -> None:
    """Read one answer to its end, and see that it is as long as it should be."""
    got = 0
    while part := connection.recv(_ANSWER_BYTES_MAX):
        got += len(part)
    connection.close()
    if got == 0 or length not in (0, got):
        sys.exit(f"an answer has {got} bytes instead of {length}")


if __name__ == "__main__":
    socket.setdefaulttimeout(None)
    main()
