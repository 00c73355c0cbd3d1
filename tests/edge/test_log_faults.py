"""What can be wrong with a log, or with the disk that it is on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from steps.server import Server
from steps.waiting import until
from steps.wire import ask

MIB = 1024 * 1024
WRITER = """
import errno, os, sys
try:
    while True:
        os.write(1, b"x" * 4096)
except OSError as error:
    sys.exit(7 if error.errno == errno.ENOSPC else 8)
"""

# Opens what has become a terminal since it was looked at, in each way that there is, and
# says after each whether it is the terminal of this session now; carelessly at last.
TERMINAL_OPENER = """
import contextlib, os, sys
from k1s.logs import backups, chain, files, rotation

def rotate(path):
    with rotation._opened(path):
        pass

ways = (
    files.open_log,
    lambda path: chain._open(path, (0, 0)),
    backups._open,
    backups._beginning,
    rotate,
    lambda path: os.open(path, os.O_RDWR),
)
for way in ways:
    with contextlib.suppress(files.LogFileError, backups.UnfitError, OSError):
        way(sys.argv[1])
    with open("/proc/self/stat") as file:
        print(file.read().rpartition(")")[2].split()[4])
"""

StartServer = Callable[[], Server]


def create(server: Server, job_id: str, **more: Any) -> dict[str, Any]:
    """The reply to the creation of a job that succeeds unless something is said of it."""
    payload = {"id": job_id, "type": "one-time", "executable": "true", **more}
    reply = ask(server.address, {"command": "create-job", "job": payload})
    assert "error" not in reply, reply
    return dict(reply)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that one test after the other uses."""
    home = tmp_path_factory.mktemp("shared")
    (home / "server").mkdir()
    server = Server(home / "server", home / "talk")
    yield server
    server.end()


@pytest.fixture
def server(shared: Server) -> Iterator[Server]:
    """A server without jobs, in an empty folder."""
    yield shared
    for job in ask(shared.address, {"command": "get-all-jobs"}):
        ask(shared.address, {"command": "delete-job", "jobId": job["id"]})
    for path in shared.folder.iterdir():
        (shutil.rmtree if path.is_dir() and not path.is_symlink() else os.unlink)(path)


def ended(server: Server, job_id: str) -> dict[str, Any]:
    """A job, once it is over."""
    return until(
        f"the end of {job_id}",
        lambda: ask(server.address, {"command": "get-job-by-id", "jobId": job_id}),
        lambda job: job["state"] in ("done", "exhausted"),
    )


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("a file system of our own needs root")
    yield folder
    gone = ["umount", str(folder)]
    until("the disk to be free", lambda: subprocess.run(gone, check=False).returncode == 0)


@pytest.mark.fault("R5")
def test_a_full_disk(server: Server, tiny_disk: Path) -> None:
    """The program sees the error itself; k1s says that the run failed, and goes on."""
    create(
        server,
        "it",
        executable=sys.executable,
        arguments=["-ISc", WRITER],
        stdoutLogPath=str(tiny_disk / "out.log"),
    )
    assert ended(server, "it")["exitCode"] == 7
    assert (server.folder / "error_it.log").read_text().count("exited with code 7") == 1
    written = (tiny_disk / "out.log").read_bytes()
    assert written == b"x" * len(written)
    assert len(written) > MIB // 2
    create(server, "next")
    assert ended(server, "next")["state"] == "done"


@pytest.mark.fault("R5")
def test_a_full_disk_with_all_logs(server: Server, tiny_disk: Path) -> None:
    """Where even k1s's own words find no room, the server's output has them."""
    paths = {
        f"{name}LogPath": str(tiny_disk / f"{name}.log") for name in ("stdout", "stderr", "error")
    }
    (tiny_disk / "error.log").write_text("")
    create(server, "it", executable=sys.executable, arguments=["-ISc", WRITER], **paths)
    assert ended(server, "it")["exitCode"] == 7
    wanted = f"cannot write an error log: log file {tiny_disk}/error.log: no space left on device"
    assert f"{wanted}; it wanted to say: " in server.complained
    assert "exited with code 7" in server.complained
    assert "Traceback" not in server.complained
    create(server, "next")
    assert ended(server, "next")["state"] == "done"


@pytest.mark.fault("R5")
def test_a_disk_with_room_for_half_a_line(server: Server, tiny_disk: Path) -> None:
    """A line of k1s that only begins to fit is told to the server's output whole."""
    error_log = tiny_disk / "error.log"
    error_log.write_bytes(b"x" * 4080 + b"\n")
    with (tiny_disk / "ballast").open("wb", buffering=0) as file:
        room = os.fstatvfs(file.fileno())
        os.posix_fallocate(file.fileno(), 0, room.f_bfree * room.f_bsize)
    create(server, "it", executable="/no/such/program", errorLogPath=str(error_log))
    assert ended(server, "it")["state"] == "exhausted"
    assert "could not start: no such file: /no/such/program" in server.complained


@pytest.mark.fault("R6")
def test_a_read_only_log_folder(server: Server, tiny_disk: Path) -> None:
    """A log on a disk that is read-only makes the run fail with the reason."""
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    job = create(server, "it", stdoutLogPath=str(tiny_disk / "out.log"))
    assert job["state"] == "exhausted"
    why = f"could not start: log file {tiny_disk}/out.log: read-only file system"
    assert job["lastError"] == why
    assert why in (server.folder / "error_it.log").read_text()
    create(server, "next")
    assert ended(server, "next")["state"] == "done"


@pytest.mark.fault("R6")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_folder_without_permission(server: Server) -> None:
    """A folder that may not be written to makes the run fail with the reason."""
    folder = server.folder / "locked"
    folder.mkdir(mode=0o500)
    job = create(server, "it", stdoutLogPath="locked/out.log")
    assert job["lastError"] == f"could not start: log file {folder}/out.log: permission denied"


@pytest.mark.fault("R6")
def test_the_log_folder_is_gone(server: Server) -> None:
    """A log folder that was removed is made again; where that cannot be, the run says so."""
    (server.folder / "file").write_text("")
    create(server, "it", stdoutLogPath="new/folder/out.log")
    assert ended(server, "it")["state"] == "done"
    assert (server.folder / "new/folder/out.log").exists()
    job = create(server, "under", stdoutLogPath="file/out.log")
    assert job["lastError"].startswith(f"could not start: log file {server.folder}/file/out.log: ")


@pytest.mark.fault("R8")
@pytest.mark.parametrize("key", ["stdoutLogPath", "stderrLogPath", "errorLogPath"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "/dev/null", "/dev/tty", "socket"])
def test_what_is_no_file(server: Server, key: str, kind: str) -> None:
    """A pipe, folder, device or socket is refused at once, and the server goes on."""
    path = Path(kind) if kind.startswith("/") else server.folder / kind
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "socket":
            os.mknod(path, 0o600 | 0o140000)
    job = create(server, "it", **{key: str(path)})
    assert job["state"] == "exhausted"
    assert job["lastError"].startswith(f"could not start: log file {path}: ")
    create(server, "next")
    assert ended(server, "next")["state"] == "done"


@pytest.mark.fault("R8")
def test_no_terminal_becomes_the_servers_own() -> None:
    """Nobody who closes a terminal ends a server that took it for a log, however it opened it."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", TERMINAL_OPENER, os.ttyname(theirs)]
    try:
        said = subprocess.run(command, start_new_session=True, stdout=subprocess.PIPE, check=True)
    finally:
        os.close(ours)
        os.close(theirs)
    *opened, carelessly = said.stdout.split()
    assert opened == [b"0"] * 5
    assert carelessly != b"0", "this machine would not show it"


@pytest.mark.fault("R9")
@pytest.mark.parametrize("key", ["stdoutLogPath", "stderrLogPath", "errorLogPath"])
@pytest.mark.parametrize("is_dangling", [False, True], ids=["to a file", "to nothing"])
def test_a_symbolic_link(server: Server, key: str, is_dangling: bool) -> None:
    """A link is refused, and what it leads to is neither written nor made."""
    victim, link = server.folder / "victim", server.folder / "link.log"
    if not is_dangling:
        victim.write_text("precious")
    link.symlink_to(victim)
    job = create(server, "it", executable="/bin/echo", arguments=["gotcha"], **{key: str(link)})
    wanted = "it is a symbolic link, which logs do not follow"
    assert job["lastError"] == f"could not start: log file {link}: {wanted}"
    assert victim.exists() != is_dangling
    assert is_dangling or victim.read_text() == "precious"


@pytest.mark.fault("R9")
def test_logs_are_private(server: Server) -> None:
    """A log can be read by its owner only."""
    create(server, "it", executable="/no/such/program")
    for name in ("stdout", "stderr", "error"):
        assert (server.folder / f"{name}_it.log").stat().st_mode & 0o777 == 0o600
