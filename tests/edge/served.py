"""A real server for the tests of its port, and clients of every kind for it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from steps.ordinary import USER as STRANGER
from steps.server import K1S, Server, environment
from steps.waiting import until
from steps.wire import connect

from k1s.errors import ConfigError
from k1s.jobsfile.parsing import parse
from k1s.port.doors import open_doors
from k1s.port.listening import ListenError

LIST = b'{"command": "get-all-jobs"}\n'
INTRUDER = str(Path(__file__).with_name("intruder.py"))

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class PortServer(Server):
    """A server that may listen on a Unix socket, too, and can be held up."""

    @property
    def socket_path(self) -> str:
        """Where it listens for Unix clients, as it says."""
        return self._where()[3]

    @property
    def door(self) -> tuple[str, int] | str:
        """The Unix socket, where there is one: it wants neither TLS nor a token."""
        return self.socket_path or self.address

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The server does not run meanwhile, however long that is."""
        os.kill(self.pid, signal.SIGSTOP)
        until("the server to stop", self._state, lambda state: state == "T")
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def _state(self) -> str:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def jobs(self) -> list[str]:
        """The ids of all jobs, asked for by its own user."""
        return [job["id"] for job in ask(self.address, LIST)]


# Lends a server with a configuration.
Lend = Callable[[str], AbstractContextManager[PortServer]]


def start(
    home: Path, config: str = "", *flags: str, wrapper: Sequence[str] = (), **extra: str
) -> PortServer:
    """A server with this configuration that listens on a free port."""
    folder = home / "server"
    folder.mkdir(exist_ok=True)
    (folder / "k1s.toml").write_text(config)
    command = [*wrapper, K1S, "server", "-p", "0", "-c", "k1s.toml", *flags]
    return PortServer(folder, home / "talk", command, extra)


@contextmanager
def served(
    home: Path, config: str = "", *flags: str, wrapper: Sequence[str] = (), **extra: str
) -> Iterator[PortServer]:
    """A server of one's own with this configuration, ended after use."""
    server = start(home, config, *flags, wrapper=wrapper, **extra)
    try:
        assert server.address
        yield server
    finally:
        server.end()


def refusal(config: str) -> tuple[int, str]:
    """Exit code and complaint of a server with this configuration, without starting one."""
    try:
        settings = evolve(parse(config.encode(), "k1s.toml").config.server, port=0)
        with open_doors(settings):
            pytest.fail("it is no mistake")
    except ConfigError as error:
        return 2, str(error)
    except ListenError as error:
        return 1, str(error)


def client_lists(folder: Path, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `k1s client` comes to that asks for all jobs, with these flags and this environment."""
    return subprocess.run(
        [K1S, "client", "-c", "get-all-jobs", *flags],
        cwd=folder,
        env=environment(folder, variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def ask(address: tuple[str, int] | str, line: bytes) -> Any:
    """The reply to a line."""
    with connect(address) as connection:
        connection.sendall(line)
        return json.loads(read_all(connection))


def create(job_id: str, **more: object) -> bytes:
    """A request that leaves a job behind when it is carried out."""
    job = {"id": job_id, "type": "one-time", "executable": "/bin/true", **more}
    return json.dumps({"command": "create-job", "job": job}).encode() + b"\n"


@contextmanager
def stranger() -> Iterator[None]:
    """Sockets that are made meanwhile belong to another user."""
    os.seteuid(STRANGER)
    try:
        yield
    finally:
        os.seteuid(0)


def by_stranger(address: tuple[str, int] | str, *how: str) -> subprocess.Popen[str]:
    """`intruder.py` as a user who is nobody here; see there for the words."""
    where = [address] if isinstance(address, str) else [address[0], str(address[1])]
    return subprocess.Popen(
        [sys.executable, "-IS", INTRUDER, str(STRANGER), *how, *where],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> Any:
    """What the intruder has to say in the end."""
    with process:
        out, _ = process.communicate(timeout=600)
    assert process.returncode == 0, out
    return json.loads(out)
