"""Another user of this machine who tries to command the server, in many ways.

Arguments: the user to become, how often, which ways (or `all`), where. It
prints JSON: how many attempts there were, how many replies each code had, and
how many connections got nothing.
"""

import json
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

DEADLINE_S = 30


def request(number: int) -> bytes:
    """A command that would leave a job behind."""
    job = {"id": f"stranger-{number}", "type": "one-time", "executable": "/bin/true"}
    return json.dumps({"command": "create-job", "job": job}).encode() + b"\n"


def wait(client: socket.socket, line: bytes) -> None:
    """Send it and read the reply."""
    client.sendall(line)


def half_close(client: socket.socket, line: bytes) -> None:
    """The line ends with our half of the connection."""
    client.sendall(line.rstrip())
    client.shutdown(socket.SHUT_WR)


def close(client: socket.socket, line: bytes) -> None:
    """The socket is nobody's when the server looks."""
    client.sendall(line)
    client.close()


def close_halves(client: socket.socket, line: bytes) -> None:
    """The same in two steps."""
    half_close(client, line)
    client.close()


def reset(client: socket.socket, line: bytes) -> None:
    """The connection is broken off."""
    client.sendall(line)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def drip(client: socket.socket, line: bytes) -> None:
    """Byte by byte, past any look at the first one."""
    for byte in line:
        client.send(bytes([byte]))


def flood(client: socket.socket, line: bytes) -> None:
    """Many lines at once."""
    client.sendall(line * 100)


WAYS: dict[str, Callable[[socket.socket, bytes], None]] = {
    way.__name__: way for way in (wait, half_close, close, close_halves, reset, drip, flood)
}


def attempt(where: str | tuple[str, int], way: str, number: int) -> str:
    """One try; the code of the reply, or what happened instead."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    if family == socket.AF_INET and ":" in where[0]:
        family = socket.AF_INET6
    with socket.socket(family) as client:
        client.settimeout(DEADLINE_S)
        try:
            client.connect(where)
        except PermissionError:
            return "no permission"
        with suppress(BrokenPipeError, ConnectionResetError):
            WAYS[way](client, request(number))
        return "hung up" if client.fileno() < 0 else code(client)


def code(client: socket.socket) -> str:
    """The code of the reply, which is a whole line, or nothing because of a reset."""
    reply = b""
    with suppress(ConnectionResetError):
        while part := client.recv(1 << 16):
            reply += part
    if not reply:
        return "reset"
    value = json.loads(reply)
    return value.get("code", "obeyed") if isinstance(value, dict) else "obeyed"


def main() -> None:
    user, count, ways, *address = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    where = address[0] if len(address) == 1 else (address[0], int(address[1]))
    chosen = list(WAYS) if ways == "all" else ways.split(",")
    seen = Counter(
        attempt(where, chosen[number % len(chosen)], number) for number in range(int(count))
    )
    print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main()
