"""No process outlives its run, whatever it does to get away, and no bystander is hurt."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import zoo
from attrs import define
from pace import Stopwatch
from steps import processes
from steps.ordinary import as_ordinary_user, ordinary_home
from steps.server import K1S, Server
from steps.waiting import until
from steps.wire import ask

from k1s.runner import REVIVAL_PAUSE_S

StartServer = Callable[[], Server]

ROUNDS = os.environ.get("K1S_ZOO_ROUNDS")
MASSACRES = int(os.environ.get("K1S_MASSACRES", "1"))
GONE_S = 1.0
# So far the clocks of processes and of files may be apart.
CLOCKS_S = 0.1
SERVER = (K1S, "server", "-p", "0")
# More exits than may be collected at once.
FLOOD = 210
LOOK = {"command": "get-all-jobs"}
ENDINGS = ("exit", "kill")
ZOO = str(Path(__file__).with_name("zoo.py"))


@define
class Serving:
    """Starts servers of one user."""

    command: list[str]
    home: Path
    talks: Path
    stack: ExitStack
    rounds: int
    count: int = 0

    def start(self) -> Server:
        """One more server, in the user's home."""
        server = Server(self.home, self.talks / f"talk-of-{self.count}", self.command)
        self.count += 1
        self.stack.callback(server.end)
        return server


def cases(rounds: int) -> list[tuple[int, str, str]]:
    """So many rounds: every animal with one ending, then with the other one, and so on."""
    turns = [*ENDINGS, *ENDINGS]
    pairs = [
        (animal, turns[number % 2 + first])
        for first in range(2)
        for number, animal in enumerate(zoo.ANIMALS)
    ]
    return [(number, *pairs[number % len(pairs)]) for number in range(rounds)]


def job(animal: str, reports: Path, then: str, **more: object) -> dict[str, Any]:
    """The payload of a job that keeps this animal."""
    return {
        "id": animal,
        "type": "continuous",
        "executable": sys.executable,
        "arguments": ["-ISE", ZOO, animal, str(reports), then],
        "maxRetry": 0,
        "restartDelaySeconds": 1000,
        "stopTimeoutSeconds": 0.3,
        **more,
    }


def reported(reports: Path) -> list[int]:
    """The ids that have been written so far."""
    text = reports.read_text() if reports.exists() else ""
    return [int(line.split()[1]) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def create(server: Server, payload: dict[str, Any]) -> None:
    reply = ask(server.address, {"command": "create-job", "job": payload})
    assert "error" not in reply, reply


def strangers(mark: str) -> list[str]:
    """What is alive of the animals whose reports begin with this path: processes and pulses."""
    folder, name = Path(mark).parent, Path(mark).name
    before = {path: path.read_bytes() for path in folder.glob(f"{name}*.pulse")}
    pids = [pid for pid in processes.all_pids() if mark in _words(pid) and processes.is_alive(pid)]
    beating = [path.name for path, pulse in before.items() if path.read_bytes() != pulse]
    return [*map(str, pids), *beating]


def _words(pid: int) -> str:
    try:
        command, variables = (processes.read(f"{pid}/{name}") for name in ("cmdline", "environ"))
    except OSError:
        return ""
    return (command + variables).decode(errors="replace")


def zombies(parent: int) -> list[int]:
    """Children that have ended and that nobody has collected."""
    found = []
    for pid in processes.children(parent):
        fields = processes.stat(pid)
        if fields is not None and fields[0] == "Z":
            found.append(pid)
    return found


@pytest.fixture(params=["the user of the suite", "an ordinary user"])
def serving(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Serving]:
    """Where a user keeps his animals, and what starts a server of his, ended after use.

    Unless it is said how many, every animal ends in both ways, and an ordinary user's in one.
    """
    with ExitStack() as stack:
        if request.param == "an ordinary user":
            home = stack.enter_context(ordinary_home())
            command, usual = as_ordinary_user(*SERVER), len(zoo.ANIMALS)
        else:
            command, home, usual = list(SERVER), tmp_path, 2 * len(zoo.ANIMALS)
        yield Serving(command, home, tmp_path, stack, int(ROUNDS or usual))


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with k1s and must not be touched."""
    process = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    yield process
    assert process.poll() is None, "a bystander was hurt"
    process.kill()
    process.wait()


@pytest.mark.fault("P17")
@pytest.mark.fault("P18")
@pytest.mark.fault("P19")
@pytest.mark.fault("P20")
def test_no_animal_of_the_zoo_outlives_its_run(
    serving: Serving, bystander: subprocess.Popen[bytes]
) -> None:
    """Whichever way an animal tries to escape, when its run is over it is gone."""
    server, home = serving.start(), serving.home
    create(server, job("child", home / "neighbour", "stay") | {"id": "neighbour"})
    neighbours = until("the neighbour", lambda: reported(home / "neighbour"), lambda p: len(p) > 1)
    for number, animal, ending in cases(serving.rounds):
        reports = home / f"{animal}-{number}"
        then = "exit" if ending == "exit" else "stay"
        create(server, job(animal, reports, then))
        until(f"{animal} to settle", lambda path=reports: "main" in _text(path))
        if ending == "kill":
            ask(server.address, {"command": "delete-job", "jobId": animal})
        else:
            _wait_over(server, animal)
        alive = [str(pid) for pid in reported(reports) if _lives_since(pid, reports)]
        assert not strangers(str(reports)) + alive, f"{animal} survived {ending}, round {number}"
        if ending == "exit":
            ask(server.address, {"command": "delete-job", "jobId": animal})
    assert all(processes.is_alive(pid) for pid in neighbours), "a neighbour was hurt"
    watch = Stopwatch(server.pid)
    until("no zombie to be left", lambda: zombies(server.pid), lambda left: not left)
    assert watch.read() < GONE_S
    assert bystander.poll() is None


def _lives_since(pid: int, reports: Path) -> bool:
    """Whether a process lives that has reported; not whoever got its number since then."""
    fields = processes.stat(pid)
    if fields is None or fields[0] in "ZX":
        return False
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - began
    return age_s > time.time() - reports.stat().st_mtime - CLOCKS_S


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _wait_over(server: Server, job_id: str) -> None:
    def state() -> str:
        reply = ask(server.address, {"command": "get-job-by-id", "jobId": job_id})
        return str(reply["state"])

    until(f"the run of {job_id} to be over", state, lambda seen: seen != "running")


@pytest.mark.fault("P20")
def test_one_signal_tells_of_hundreds_of_exits(start_server: StartServer) -> None:
    """Of what ends while the server stands still it hears once, and collects all of it."""
    server = start_server()
    jobs = [
        {"id": f"job-{n}", "type": "one-time", "executable": "sleep", "arguments": ["1000"]}
        for n in range(FLOOD)
    ]
    created = ask(server.address, {"command": "create-jobs", "jobs": jobs})
    server.tell("SIGSTOP")
    until("it to stand still", lambda: (processes.stat(server.pid) or "?")[0] == "T")
    for job in created:
        os.kill(job["pid"], signal.SIGKILL)
    until("all to have ended", lambda: len(zombies(server.pid)) == FLOOD)
    server.tell("SIGCONT")

    until("all to be over", lambda: _states(server), lambda seen: seen == {"exhausted"})
    assert not zombies(server.pid)


def _states(server: Server) -> set[str]:
    return {job["state"] for job in ask(server.address, LOOK)}


@pytest.mark.fault("S3")
def test_a_killed_server_takes_its_jobs_with_it(serving: Serving) -> None:
    """After SIGKILL of the server every process of its jobs is gone within a second."""
    animals = list(zoo.ANIMALS)
    for number in range(MASSACRES):
        server = serving.start()
        marks = []
        for index in range(20):
            animal = animals[(number + index) % len(animals)]
            reports = serving.home / f"massacre-{number}-{index}"
            marks.append(reports)
            create(server, job(animal, reports, "stay") | {"id": f"{animal}-{index}"})
        for reports in marks:
            until("an animal to settle", lambda path=reports: "main" in _text(path))
        took = _massacre(server, str(serving.home / f"massacre-{number}-"))
        assert took < GONE_S, f"round {number} took {took:.2f} s"


def _massacre(server: Server, mark: str) -> float:
    """How many seconds after the death of the server its animals are gone."""
    watch = Stopwatch(_guardian(server))
    server.tell("SIGKILL")
    server.process.wait()

    def left() -> list[str]:
        watch.read()
        return strangers(mark)

    until("the jobs of a dead server to be gone", left, lambda seen: not seen)
    return watch.read()


def _guardian(server: Server) -> int:
    """The process that ends what a dead server leaves."""
    program = "k1s.engines.guardian"
    return next(pid for pid in processes.children(server.pid) if program in _words(pid))


@pytest.mark.fault("P11")
def test_a_user_who_may_have_no_more_processes(tmp_path: Path) -> None:
    """The runs fail in words, wherever they are to be, and succeed when there is room again."""
    with ordinary_home() as home:
        server = Server(home, tmp_path / "talk", as_ordinary_user(*SERVER))
        try:
            assert server.address
            limits = processes.read(f"{server.pid}/limits").decode()
            (room,) = re.findall(r"^Max processes +(\w+)", limits, re.MULTILINE)
            _allow_processes(server.pid, "1")
            once = {"type": "one-time", "executable": "/bin/true", "maxRetry": -1}
            once["maxRestartDelaySeconds"] = 1  # however long it takes to make room
            create(server, {"id": "here", **once})
            create(server, {"id": "there", **once, "workingDirectory": "/"})
            errors = [job["lastError"] for job in ask(server.address, LOOK)]
            words = "could not start: the machine has no room for another process"
            assert [error[: len(words)] for error in errors] == [words, words]
            _allow_processes(server.pid, room)
            until("both to be done", lambda: _states(server), lambda seen: seen == {"done"})
        finally:
            server.end()


def _allow_processes(pid: int, most: str) -> None:
    """Bound the processes of a user, as far as this one of his starts them."""
    subprocess.run(as_ordinary_user("prlimit", f"--pid={pid}", f"--nproc={most}:"), check=True)


def test_a_guardian_that_is_killed_is_replaced(server: Server) -> None:
    """The server notices that its guardian has died and starts another, and no more than that."""
    assert server.address
    [first] = processes.children(server.pid)
    os.kill(first, signal.SIGKILL)

    def another() -> list[int]:
        return [pid for pid in processes.children(server.pid) if pid != first]

    [second] = until("another guardian", another)
    assert processes.is_alive(second)
    often = {"id": "it", "type": "periodic", "executable": "/bin/true", "periodInSeconds": 0.4}
    create(server, often)
    look = {"command": "get-job-by-id", "jobId": "it"}
    enough = REVIVAL_PAUSE_S / 0.4 + 1
    until("some runs", lambda: ask(server.address, look)["runCount"] > enough, deadline_s=60)
    ask(server.address, {"command": "delete-job", "jobId": "it"})
    assert processes.children(server.pid) == [second]


def test_a_job_of_another_server_is_left_alone(
    start_server: StartServer, server: Server, tmp_path: Path
) -> None:
    """The guardian of a dead server ends its own server's jobs, and nobody else's."""
    doomed, other = start_server(), server
    create(doomed, job("daemon", tmp_path / "doomed", "stay"))
    create(other, job("daemon", tmp_path / "other", "stay"))
    until("both to settle", lambda: "main" in _text(tmp_path / "doomed"))
    kept = until("both to settle", lambda: reported(tmp_path / "other"), lambda p: len(p) > 1)
    doomed.tell("SIGKILL")
    until("the doomed to be gone", lambda: strangers(str(tmp_path / "doomed")), lambda p: not p)
    assert all(processes.is_alive(pid) for pid in kept)
