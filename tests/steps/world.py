"""What one scenario knows: its folder, its programs, its server and what was said last."""

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands import Run
from .counter import Counter
from .house import House
from .programs import Program, write
from .server import Server
from .waiting import until
from .wire import Address, Reply, ask

Table = list[list[str]]
# No Unix socket can have it.
LONG_PATH = "/" + "long" * 27
# No file can have it.
LONG_NAME = "long" * 64


@dataclass
class World:
    """One scenario's world; everything in it is ended with the scenario."""

    home: Path
    folder: Path  # where the server works
    house: House[Server]
    borrowed: Server | None = None
    servers: list[Server] = field(default_factory=list)
    programs: dict[str, Program] = field(default_factory=dict)
    created: dict[str, dict[str, Any]] = field(default_factory=dict)
    remembered: dict[str, Any] = field(default_factory=dict)
    clients: list[socket.socket] = field(default_factory=list)
    snapshots: list[list[dict[str, Any]]] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)
    told_at: float = 0.0
    memory_kb: int = 0
    waited_s: float = 0.0  # for a processor: the server, before it was asked for its latest job
    ports: dict[str, int] = field(default_factory=dict)
    counter: Counter | None = None
    last_reply: Reply | None = None
    last_run: Run | None = None

    @property
    def server(self) -> Server:
        """The server of the scenario, the newest if there are several."""
        assert self.servers, "no server was started"
        return self.servers[-1]

    @property
    def address(self) -> Address:
        """Where the server listens."""
        return self.server.address

    @property
    def reply(self) -> Reply:
        """The last reply."""
        assert self.last_reply is not None, "nothing was asked"
        return self.last_reply

    @property
    def run(self) -> Run:
        """The last command that was run."""
        assert self.last_run is not None, "no command was run"
        return self.last_run

    def borrow_server(self) -> Server:
        """A server as if it had just been started; its folder becomes that of this world."""
        assert not any(self.folder.iterdir()), "the server comes first"
        self.borrowed = self.house.borrow()
        self.folder = self.borrowed.folder
        self.servers.append(self.borrowed)
        return self.server

    def start_server(self, *command: str, extra: dict[str, str] | None = None) -> Server:
        """A new server in the folder."""
        talk = self.home / f"server-{len(self.servers)}"
        options = {"command": command} if command else {}
        self.servers.append(Server(self.folder, talk, extra=extra, **options))
        return self.server

    def write_program(self, name: str, behaviour: str) -> None:
        """Make a program known to the scenario."""
        notes = self.home / "notes"
        notes.mkdir(exist_ok=True)
        self.programs[name] = write(self.folder, notes, name, behaviour)

    def fill(self, text: str) -> str:
        """The text with the folder and the ports in their places."""
        for name in sorted(self.ports, key=len, reverse=True):
            text = text.replace(name, str(self.ports[name]))
        if "PORT" in text and self.servers:
            text = text.replace("PORT", str(self.address[1]))
        text = text.replace("LONG_PATH", LONG_PATH).replace("LONG_NAME", LONG_NAME)
        return text.replace("FOLDER", str(self.folder))

    def variables(self, pairs: str) -> dict[str, str]:
        """`A=b C=d` as variables, with their values filled."""
        named = (pair.split("=", 1) for pair in pairs.split())
        return {name: self.fill(value) for name, value in named}

    def pairs(self, table: Table) -> dict[str, str]:
        """A table of two columns, filled."""
        return {key: self.fill(value) for key, value in table}

    def values(self, table: Table) -> dict[str, Any]:
        """A table of keys and JSON values, filled."""
        return {key: json.loads(value) for key, value in self.pairs(table).items()}

    def executable(self, program: str) -> str:
        """The path of a program of the scenario, or the word itself."""
        known = self.programs.get(program)
        return str(known.path) if known else program

    def ask(self, **request: Any) -> Any:
        """The value that answers a request; not remembered as the last reply."""
        return ask(self.address, request)

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as the server shows it now."""
        shown = self.ask(command="get-job-by-id", jobId=job_id)
        assert isinstance(shown, dict), f"this is no job: {shown!r}"
        assert "error" not in shown, f"there is no job {job_id}: {shown}"
        return shown

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs as the server shows them now."""
        shown = self.ask(command="get-all-jobs")
        assert isinstance(shown, list), f"this is no list of jobs: {shown!r}"
        return shown

    def state_of(self, job_id: str, *, wait_for: str) -> dict[str, Any]:
        """The job, as soon as it is in the state."""
        what = f"the job {job_id} to become {wait_for}"
        return until(what, lambda: self.job(job_id), lambda job: job["state"] == wait_for)

    def starts(self, program: str) -> list[float]:
        """When the program was started, by its own notes."""
        return self.programs[program].times("starts")

    def wait_for_starts(self, program: str, times: int) -> list[float]:
        """The notes of the program, as soon as it has been started so often."""
        what = f"{program} to be started {times} times"
        settled = self.programs[program]
        return until(
            what,
            lambda: self.starts(program),
            lambda seen: len(seen) >= times and settled.is_settled,
        )

    def end(self) -> None:
        """End everything; fails when a server did not end well."""
        for client in self.clients:
            client.close()
        if self.counter is not None:
            self.counter.listener.close()
        with contextlib.ExitStack() as stack:
            for server in self.servers:
                end = self.house.take_back if server is self.borrowed else Server.end
                stack.callback(end, server)


def new_world(home: Path, house: House[Server]) -> Iterator[World]:
    """A world that is ended after use."""
    world = World(home, home / "server", house)
    world.folder.mkdir()
    try:
        yield world
    finally:
        world.end()
