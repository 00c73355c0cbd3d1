"""A real server for the tests at the edge of the system, their own or shared."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from served import Lend, PortServer, start
from steps.house import House
from steps.server import Server

DESCRIPTORS = 3000

StartServer = Callable[[], Server]


@pytest.fixture(scope="session")
def descriptors() -> Iterator[None]:
    """Enough of them for both ends of very many connections, whatever a shell allows at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(DESCRIPTORS, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


@pytest.fixture(scope="session")
def house(
    tmp_path_factory: pytest.TempPathFactory,
    descriptors: None,  # noqa: ARG001
) -> Iterator[House[PortServer]]:
    """Where tests borrow a server with an empty configuration, and room for very many clients."""
    house = House(lambda: tmp_path_factory.mktemp("house").resolve(), start)
    yield house
    house.close()


@pytest.fixture
def server(house: House[PortServer]) -> Iterator[PortServer]:
    """A server with an empty configuration, as good as new."""
    server = house.borrow()
    yield server
    house.take_back(server)


@pytest.fixture(scope="module")
def lend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lend]:
    """Lends servers, as good as new; the tests of a file share those with one configuration."""
    houses: dict[str, House[PortServer]] = {}

    @contextmanager
    def lend(config: str) -> Iterator[PortServer]:
        if config not in houses:
            start_one = partial(start, config=config)
            houses[config] = House(lambda: tmp_path_factory.mktemp("lent").resolve(), start_one)
        server = houses[config].borrow()
        try:
            yield server
        finally:
            houses[config].take_back(server)

    yield lend
    for house in houses.values():
        house.close()
