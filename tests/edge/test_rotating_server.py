"""A real server rotates the logs of real jobs, and says what it cannot do."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from logtools import STREAMER, backups, can_be_cut, digest, serving, whole
from served import Lend, PortServer
from steps.server import Server
from steps.waiting import until
from steps.wire import ask
from streamer import LINE_BYTES, stream

from k1s.logs.backups import mark

KIB = 1024
SMALL = "[logs]\nmax_bytes = 65536\nbackups = 100\n"
DEADLINE_S = 300.0
KILLS = 2
# So many runs fit into the log and its backups.
LINES_A_RUN = 100 * 64 * KIB // LINE_BYTES // (KILLS + 1)
SHARED_MEMORY = Path("/dev/shm")

Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers with small logs, in a folder that may be given."""
    with ExitStack() as stack:
        count = 0

        def start(config: str = SMALL, folder: Path | None = None) -> Server:
            nonlocal count
            count += 1
            place = folder or tmp_path / "server"
            place.mkdir(exist_ok=True)
            return stack.enter_context(serving(place, tmp_path / f"talk-{count}", config))

        yield start


@pytest.fixture
def server(lend: Lend) -> Iterator[PortServer]:
    """A server with small logs and nothing in its folder."""
    with lend(SMALL) as server:
        yield server


@pytest.fixture
def cuttable(tmp_path: Path) -> None:
    """Skips the test where files cannot be cut."""
    if not can_be_cut(tmp_path):
        pytest.skip(f"the file system of {tmp_path} has no FALLOC_FL_COLLAPSE_RANGE")


@pytest.fixture
def shared_memory() -> Iterator[Path]:
    """A folder on a file system that cannot cut files."""
    if not SHARED_MEMORY.is_dir() or can_be_cut(SHARED_MEMORY):
        pytest.skip(f"there is no tmpfs at {SHARED_MEMORY}")
    folder = Path(tempfile.mkdtemp(prefix="k1s-", dir=SHARED_MEMORY))
    yield folder
    shutil.rmtree(folder)


def create(server: Server, job_id: str, *words: object, **more: object) -> dict[str, Any]:
    """A job that streams; the words are those of the streamer."""
    job = {
        "id": job_id,
        "type": "one-time",
        "executable": sys.executable,
        "arguments": ["-IS", STREAMER, *map(str, words)],
        **more,
    }
    reply = ask(server.address, {"command": "create-job", "job": job})
    assert "error" not in reply, reply
    return dict(reply)


def create_waiting(
    server: Server, job_id: str, *streams: tuple[int, ...], **more: object
) -> dict[str, Any]:
    """A job that streams, and after each stream waits until it may go on; see `let_go_on`."""
    lines = []
    for number, words in enumerate(streams):
        words_of_one = [sys.executable, "-IS", STREAMER, *map(str, words)]
        lines.append(shlex.join(words_of_one))
        lines.append(f"until [ -e {job_id}-{number} ]; do sleep 0.05; done")
    script = "\n".join(lines)
    where = str(server.folder)
    more |= {"executable": "/bin/sh", "arguments": ["-c", script], "workingDirectory": where}
    return create(server, job_id, **more)


def let_go_on(server: Server, job_id: str, number: int) -> None:
    """A job that waits after a stream waits no more."""
    (server.folder / f"{job_id}-{number}").touch()


def job(server: Server, job_id: str) -> dict[str, Any]:
    return dict(ask(server.address, {"command": "get-job-by-id", "jobId": job_id}))


def wait_done(server: Server, job_id: str) -> None:
    until(
        f"{job_id} to be done",
        lambda: job(server, job_id),
        lambda seen: seen["state"] == "done",
        DEADLINE_S,
    )


def sayings(server: Server, job_id: str) -> list[str]:
    """What the error log of a job says, without the times."""
    path = server.folder / f"error_{job_id}.log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.partition(" ")[2] for line in lines]


def wait_quiet(log: Path) -> None:
    """Wait until nothing is left to rotate."""
    until(
        "the last rotation",
        lambda: (log.stat().st_size, Path(f"{log}.rotating").exists()),
        lambda seen: seen[0] <= 64 * KIB and not seen[1],
        DEADLINE_S,
    )


@pytest.mark.usefixtures("cuttable")
def test_a_program_that_runs_on(server: PortServer) -> None:
    """The log of a program that never ends is rotated while it writes, and nothing is lost."""
    streams = ((0, run, 50_000, 100, 0.005) for run in range(2))
    pid = create_waiting(server, "it", *streams)["pid"]
    log = server.folder / "stdout_it.log"
    until("three backups", lambda: backups(log), lambda seen: len(seen) >= 3, DEADLINE_S)
    assert job(server, "it")["pid"] == pid, "the program was not to end for this"
    for number in range(2):
        let_go_on(server, "it", number)
    wait_done(server, "it")
    wait_quiet(log)
    assert digest(whole(log)) == digest(stream(0, 0, 50_000) + stream(0, 1, 50_000))
    assert len(backups(log)) == 100_000 * LINE_BYTES // (64 * KIB)
    assert sayings(server, "it") == []


@pytest.mark.usefixtures("cuttable")
def test_many_short_runs(server: PortServer) -> None:
    """The log of a job that ends often is rotated as well, over all of its runs."""
    create(
        server, "it", 0, 0, 1500, 1500, 0, type="continuous", restartDelaySeconds=0.02, maxRetry=-1
    )
    log = server.folder / "stdout_it.log"
    until("three backups", lambda: backups(log), lambda seen: len(seen) >= 3, DEADLINE_S)
    ask(server.address, {"command": "delete-job", "jobId": "it"})
    wait_quiet(log)
    data = whole(log)
    one = stream(0, 0, 1500)
    runs, rest = divmod(len(data), len(one))
    assert runs >= 4
    assert digest(data) == digest(one * runs + one[:rest])


@pytest.mark.usefixtures("cuttable")
@pytest.mark.fault("R10")
def test_jobs_that_share_a_log(server: PortServer) -> None:
    """Two jobs that write to one log, one of them from several processes, lose no line of it."""
    log = server.folder / "both.log"
    for number, children in ((0, 3), (5, 0)):
        create(
            server,
            f"job-{number}",
            number,
            0,
            15_000,
            10,
            0.001,
            children,
            stdoutLogPath="both.log",
        )
    for number in (0, 5):
        wait_done(server, f"job-{number}")
    wait_quiet(log)
    lines = whole(log).splitlines(keepends=True)
    assert len(backups(log)) == 5 * 15_000 * LINE_BYTES // (64 * KIB)
    for writer in (0, 1, 2, 3, 5):
        mine = b"".join(line for line in lines if line.startswith(b"%04d " % writer))
        assert digest(mine) == digest(stream(writer, 0, 15_000))


@pytest.mark.usefixtures("cuttable")
@pytest.mark.fault("S3")
def test_a_server_that_is_killed_again_and_again(serve: Serve, tmp_path: Path) -> None:
    """Servers that are killed while they rotate lose no byte, and leave nothing half done."""
    log = tmp_path / "server" / "stdout_it.log"
    for run in range(KILLS):
        server = serve()
        create(server, "it", 0, run, LINES_A_RUN, 10, 0.001)
        # What the run before has left may be rotated before this one has written a line.
        until("a line", lambda run=run: _ends_with(log, run), deadline_s=DEADLINE_S)
        until("a rotation", lambda run=run: _is_rotating(log, run), deadline_s=DEADLINE_S)
        server.tell("SIGKILL")
        server.exit_code()
        until("its job to be gone", lambda: _writers(log), lambda pids: not pids)
    server = serve()
    create(server, "it", 0, KILLS, 10, 10, 0)
    wait_done(server, "it")
    wait_quiet(log)
    _check_runs(whole(log), runs=KILLS + 1)


@pytest.mark.usefixtures("cuttable")
@pytest.mark.fault("S3")
def test_what_a_dead_server_has_left(server: PortServer) -> None:
    """Bytes that were cut off, but not yet named as a backup, are there after the next run."""
    log, workshop = server.folder / "stdout_it.log", server.folder / "stdout_it.log.rotating"
    workshop.write_bytes(stream(0, 0, 2048))
    with workshop.open("rb+") as file:
        mark(file.fileno(), 4096)  # where the log began before it was cut
    log.write_bytes(stream(0, 0, 10, first=2048))
    create(server, "it", 0, 1, 10, 10, 0)
    wait_done(server, "it")
    assert not workshop.exists()
    wanted = stream(0, 0, 2058) + stream(0, 1, 10)
    assert digest(whole(log)) == digest(wanted)
    assert len(backups(log)) == 1


def _ends_with(log: Path, run: int) -> bool:
    """Whether the last line of a log is of this run."""
    return log.exists() and log.read_bytes()[-LINE_BYTES:].startswith(b"0000 %08d " % run)


def _is_rotating(log: Path, run: int) -> bool:
    """Whether a rotation is going on, or what this run has written has been rotated."""
    if Path(f"{log}.rotating").exists():
        return True
    try:
        return b"0000 %08d " % run in Path(f"{log}.1").read_bytes()
    except FileNotFoundError:
        return False


def _writers(log: Path) -> list[int]:
    """The processes that have a log open."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stdout = os.readlink(f"/proc/{pid}/fd/1")
        except OSError:
            continue
        if stdout.startswith(str(log)):
            found.append(int(pid))
    return found


def _check_runs(data: bytes, runs: int) -> None:
    """Each run is there from its first line on, without a gap, up to where it was killed."""
    start = 0
    for run in range(runs):
        end = data.find(b"0000 %08d" % (run + 1), start)
        end = len(data) if end < 0 else end
        mine = data[start:end]
        assert digest(mine) == digest(stream(0, run, len(mine) // LINE_BYTES + 1)[: len(mine)])
        assert mine
        start = end
    assert start == len(data)


@pytest.mark.usefixtures("cuttable")
@pytest.mark.fault("R9")
def test_a_link_in_the_place_of_a_backup(server: PortServer) -> None:
    """A planted link stops the rotation, which is said once; the victim is not touched."""
    victim = server.folder / "victim"
    victim.write_text("precious")
    planted = server.folder / "stdout_it.log.1"
    planted.symlink_to(victim)
    create(server, "it", 0, 0, 20_000, 100, 0.02)
    said = f"{planted} is not a regular file (move it away): it is tried again"
    log = server.folder / "stdout_it.log"
    wait_done(server, "it")
    until("it to be said", lambda: sayings(server, "it"))
    assert sayings(server, "it") == [f"log {log} grows past 64 KiB because {said}"]
    assert victim.read_text() == "precious"
    assert planted.is_symlink()
    assert digest(log.read_bytes()) == digest(stream(0, 0, 20_000))


@pytest.mark.usefixtures("cuttable")
@pytest.mark.fault("R7")
def test_a_log_that_is_deleted_in_use(server: PortServer) -> None:
    """A log that its owner deletes or replaces is left alone; the next run writes a new one."""
    log = server.folder / "stdout_it.log"
    create(server, "it", 0, 0, 15_000, 100, 0.02, type="periodic", periodInSeconds=4)
    until("a rotation", lambda: backups(log), deadline_s=DEADLINE_S)
    log.unlink()
    log.write_bytes(b"my own notes\n" * 10_000)
    kept, count = backups(log), job(server, "it")["runCount"]
    until(
        "the next run", lambda: job(server, "it"), lambda seen: seen["runCount"] > count, DEADLINE_S
    )
    ask(server.address, {"command": "delete-job", "jobId": "it"})
    wait_quiet(log)
    assert kept
    assert b"my own notes\n" * 10_000 in whole(log)


@pytest.mark.usefixtures("cuttable")
def test_a_backup_that_is_the_log_of_another_job(server: PortServer) -> None:
    """A rotation never overwrites what another job writes."""
    create_waiting(server, "b", (1, 0, 1000, 10, 0.005), stdoutLogPath="a.log.1")
    create(server, "a", 0, 0, 5000, 100, 0.05, stdoutLogPath="a.log")
    wait_done(server, "a")
    until("it to be said", lambda: sayings(server, "a"))
    let_go_on(server, "b", 0)
    wait_done(server, "b")
    taken = f"{server.folder}/a.log.1 is the log of another job (rename one)"
    log = server.folder / "a.log"
    assert sayings(server, "a") == [
        f"log {log} grows past 64 KiB because {taken}: it is tried again"
    ]
    assert digest(log.read_bytes()) == digest(stream(0, 0, 5000))
    assert digest((server.folder / "a.log.1").read_bytes()) == digest(stream(1, 0, 1000))


def test_a_file_system_that_cannot_cut(serve: Serve, shared_memory: Path) -> None:
    """There a log is rotated at the next run, and that is said once."""
    server = serve(folder=shared_memory)
    log = shared_memory / "stdout_it.log"
    create(
        server,
        "it",
        0,
        0,
        5000,
        100,
        0.05,
        type="continuous",
        restartDelaySeconds=0.01,
        maxRetry=-1,
    )
    until("two rotations", lambda: backups(log), lambda seen: len(seen) >= 2, DEADLINE_S)
    ask(server.address, {"command": "delete-job", "jobId": "it"})
    cannot = "this file system cannot cut it while it is written to: it is rotated at the next run"
    assert sayings(server, "it") == [f"log {log} grows past 64 KiB because {cannot}"]
    one = stream(0, 0, 5000)
    assert {digest(path.read_bytes()) for path in backups(log)} == {digest(one)}
    last = log.read_bytes()
    assert digest(last) == digest(one[: len(last)])


def test_the_error_log_is_rotated(serve: Serve) -> None:
    """k1s's own account of a job that fails for ever is bounded, too."""
    server = serve("[logs]\nmax_bytes = 65536\nbackups = 2\n")
    name = "/no/such/program" + "/x" * 1500
    words = {"executable": name, "type": "continuous", "restartDelaySeconds": 0.001}
    create(server, "it", **words, maxRetry=-1, maxRestartDelaySeconds=0.001)
    log = server.folder / "error_it.log"
    until("two backups", lambda: backups(log), lambda seen: len(seen) == 2, DEADLINE_S)
    ask(server.address, {"command": "delete-job", "jobId": "it"})
    lines = whole(log).splitlines()
    assert all(line.endswith(f"could not start: no such file: {name}".encode()) for line in lines)
    assert all(path.stat().st_size < 70_000 for path in [log, *backups(log)])


def test_rotation_can_be_switched_off(serve: Serve) -> None:
    """With `max_bytes = 0` a log grows for as long as there is room."""
    server = serve("[logs]\nmax_bytes = 0\n")
    for run in range(2):
        create(server, f"it-{run}", 0, run, 5000, 5000, 0, stdoutLogPath="out.log")
        wait_done(server, f"it-{run}")
    log = server.folder / "out.log"
    assert backups(log) == []
    assert digest(log.read_bytes()) == digest(stream(0, 0, 5000) + stream(0, 1, 5000))
