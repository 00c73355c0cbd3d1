"""A real server for the tests at the edge of the system."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from steps.server import Server

StartServer = Callable[[], Server]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers in folders of their own, and ends them; fails if one leaves anything."""
    servers: list[Server] = []

    def start() -> Server:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(Server(folder, tmp_path / f"talk-{len(servers)}"))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None or not server.may_exit:
            server.end()


@pytest.fixture
def server(start_server: StartServer) -> Server:
    """One server."""
    return start_server()
