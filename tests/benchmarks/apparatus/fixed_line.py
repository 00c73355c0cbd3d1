"""A floor: the smallest asyncio server that answers a line with a line and closes.

Arguments: `streams` or `protocol`, and the length of the answer in bytes. It
prints its port and ends on SIGTERM, or by itself when it has been forgotten.
"""

import asyncio
import signal
import sys

FORGOTTEN_S = 900
BACKLOG = 1024
ANSWER = b"x" * (int(sys.argv[2]) - 1) + b"\n"


class FixedLine(asyncio.Protocol):
    """Answers the first bytes that come, as if they were a line."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002
        self.transport.write(ANSWER)
        self.transport.close()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(ANSWER)
    writer.close()


async def main() -> None:
    if sys.argv[1] == "streams":
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=BACKLOG)
    else:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(FixedLine, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    signal.alarm(FORGOTTEN_S)
    asyncio.run(main())
