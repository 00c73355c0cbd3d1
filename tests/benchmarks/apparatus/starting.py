"""A floor: the smallest asyncio server that starts what it is asked for, looking after nothing.

For each connection it reads a request of k1s for one job, opens the two logs, starts the
program in a session of its own with the cheapest call that Python has, answers with a line
and closes. It prints its port; it and its programs end on SIGTERM, or by themselves when
they have been forgotten.
"""

import asyncio
import json
import os
import signal

FORGOTTEN_S = 900
BACKLOG = 1024
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_stdin = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
_programs: list[int] = []


class Starting(asyncio.Protocol):
    """Takes the first bytes that come for the whole request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        job = json.loads(data)["job"]
        _programs.append(_start(job["id"], [job["executable"], *job["arguments"]]))
        self.transport.write(json.dumps(job).encode() + b"\n")
        self.transport.close()


def _start(name: str, words: list[str]) -> int:
    logs = [os.open(f"{stream}_{name}.log", _APPEND, 0o600) for stream in ("stdout", "stderr")]
    streams = enumerate((_stdin, *logs))
    try:
        return os.posix_spawn(
            words[0],
            words,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, given, to) for to, given in streams],
            setsid=True,
        )
    finally:
        for log in logs:
            os.close(log)


async def main() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGALRM):
        loop.add_signal_handler(number, ended.set)
    signal.alarm(FORGOTTEN_S)
    server = await loop.create_server(Starting, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    finally:
        for program in _programs:
            os.kill(program, signal.SIGKILL)
        for program in _programs:
            os.waitpid(program, 0)
