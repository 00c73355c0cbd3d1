"""A crowd of silent clients and one that asks at a steady pace, in a process of its own.

Arguments: the port, how many are silent, how many requests a second, for how
many seconds, and the request. It prints JSON: latencies in milliseconds,
counted from when each request was due, not from when it could be sent, and when
all of the crowd was there (nanoseconds by the wall clock). Then it stays, with all
of the crowd, until its input ends.
"""

import json
import resource
import socket
import sys
import time

_TIMEOUT_S = 60
_SPARE_DESCRIPTORS = 64


def main() -> None:
    port, silent, rate = map(int, sys.argv[1:4])
    seconds, line = float(sys.argv[4]), sys.argv[5].encode() + b"\n"
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(silent + _SPARE_DESCRIPTORS, most), most))
    address = ("127.0.0.1", port)
    crowd = [socket.create_connection(address, _TIMEOUT_S) for _ in range(silent)]
    ask(address, line)  # the server has taken the crowd in when it answers
    complete_ns = time.time_ns()
    latencies = sorted(pace(address, line, rate, seconds))
    dropped = sum(is_dropped(client) for client in crowd)
    seen = {"latencies_ms": latencies, "dropped": dropped, "complete_ns": complete_ns}
    print(json.dumps(seen), flush=True)
    sys.stdin.read()


def pace(address: tuple[str, int], line: bytes, rate: int, seconds: float) -> list[float]:
    """One request every 1/rate seconds; a late one does not make the next one later."""
    latencies = []
    begin = time.perf_counter()
    for number in range(round(rate * seconds)):
        due = begin + number / rate
        time.sleep(max(due - time.perf_counter(), 0))
        ask(address, line)
        latencies.append((time.perf_counter() - due) * 1000)
    return latencies


def ask(address: tuple[str, int], line: bytes) -> None:
    """One request and its answer."""
    with socket.create_connection(address, _TIMEOUT_S) as client:
        client.sendall(line)
        answer = client.recv(1 << 16)
        while part := client.recv(1 << 16):
            answer += part
    if not answer.startswith(b'{"id"'):
        sys.exit(f"the server says {answer[:200]!r}")


def is_dropped(client: socket.socket) -> bool:
    """Whether the server has ended a silent connection, which it should not have yet."""
    client.settimeout(0)
    try:
        client.recv(1)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main()
