"""The Unix socket: there exactly as long as somebody answers on it."""

import fcntl
import os
import signal
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from served import (
    LIST,
    STRANGER,
    Lend,
    as_root,
    ask,
    by_stranger,
    client_lists,
    connect,
    create,
    output_of,
    refusal,
    served,
)
from steps.waiting import until

from k1s.errors import ConfigError
from k1s.port import unixsocket
from k1s.port.listening import ListenError

BESIDE = '[server]\nsocket = "k1s.sock"\n'


def _config(path: Path) -> str:
    return f'[server]\nsocket = "{path}"\n'


def test_a_live_socket_with_a_full_queue_is_an_error(tmp_path: Path) -> None:
    """A server that does not keep up is no dead one."""
    path = tmp_path / "k1s.sock"
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen(0)
        waiting = []
        while True:
            client = socket.socket(socket.AF_UNIX)
            waiting.append(client)
            client.settimeout(0)
            try:
                client.connect(str(path))
            except BlockingIOError:
                break
        with pytest.raises(ListenError, match="is in use"):
            unixsocket.listen(str(path))
        for client in waiting:
            client.close()
    assert path.exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "fifo"])
def test_what_is_no_socket_is_never_removed(tmp_path: Path, kind: str) -> None:
    """The path may be a slip of the pen: one line, exit code 1, and everything as it was."""
    path = tmp_path / "precious"
    target = tmp_path / "target"
    target.write_text("precious")
    match kind:
        case "file":
            path.write_text("precious")
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(target)
        case _:
            os.mkfifo(path)
    before = os.lstat(path)
    code, complaint = refusal(_config(path))
    assert (code, f"{path} is there and no socket" in complaint) == (1, True), complaint
    assert os.lstat(path) == before
    assert target.read_text() == "precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["precious", "target"]


@pytest.mark.parametrize(
    ("path", "code", "text"),
    [
        ("", 2, "server.socket wants a path"),
        ("/no/such/folder/k1s.sock", 1, "no such file or directory"),
        ("x" * 108, 2, "choose a shorter path"),
    ],
)
def test_a_path_that_cannot_be(path: str, code: int, text: str) -> None:
    """One line that says why."""
    got, complaint = refusal(f'[server]\nsocket = "{path}"\n')
    assert (got, text in complaint) == (code, True), complaint


@pytest.mark.fault("P9")
def test_a_path_that_the_locale_cannot_write() -> None:
    """One line that says why."""
    wanted = r"^cannot listen on .*: the server's locale .* cannot write"
    with pytest.raises(ConfigError, match=wanted):
        unixsocket.listen("50\ud800")


def test_a_locked_folder_is_said_and_not_waited_for(tmp_path: Path) -> None:
    """Somebody who holds the lock cannot hang the server."""
    path = tmp_path / "k1s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(ListenError, match="try again"):
            unixsocket.listen(str(path))
    finally:
        os.close(folder)


def test_of_many_servers_at_once_exactly_one_gets_the_socket(tmp_path: Path) -> None:
    """However they race for a stale socket, the one that has it is the one that answers."""
    path = tmp_path / "k1s.sock"
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))

        def start(_: int) -> unixsocket.UnixSocket | None:
            try:
                return unixsocket.listen(str(path))
            except ListenError:
                return None

        with ThreadPoolExecutor(8) as threads:
            winners = [won for won in threads.map(start, range(8)) if won is not None]
        assert len(winners) == 1
        connect(str(path)).close()
        winners[0].remove()
        winners[0].listening.close()
        assert [entry.name for entry in tmp_path.iterdir()] == []


def test_only_our_own_socket_is_removed(tmp_path: Path) -> None:
    """Whoever has taken the name meanwhile keeps it."""
    ours = unixsocket.listen(str(tmp_path / "k1s.sock"))
    os.unlink(ours.path)
    with socket.socket(socket.AF_UNIX) as keep, ours.listening:
        (tmp_path / "filler").touch()  # so that the same inode is not used again
        keep.bind(ours.path)
        ours.remove()
        assert os.path.exists(ours.path)


def test_a_client_that_closes_at_once_is_served(lend: Lend) -> None:
    """On a Unix socket the kernel remembers who connected, even when he has gone."""
    with lend(BESIDE) as server:
        path = server.socket_path
        with server.stopped():
            client = connect(path)
            client.sendall(create("gone"))
            client.close()
        until("the job to be there", server.jobs, lambda jobs: jobs == ["gone"])


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can get to; those of pytest are closed, again and again."""
    with TemporaryDirectory(prefix="k1s-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        if any(parent.stat().st_mode & 0o001 == 0 for parent in folder.parents):
            pytest.skip(f"other users cannot get to {folder.parent}")
        yield folder


@as_root
def test_a_stranger_is_kept_out_by_the_mode_and_by_the_server(
    tmp_path: Path, open_folder: Path
) -> None:
    """Even if somebody opens the file's mode, the user is looked at."""
    path = open_folder / "k1s.sock"
    with served(tmp_path, _config(path)) as server:
        assert output_of(by_stranger(str(path), "5", "all")) == {"no permission": 5}
        path.chmod(0o666)
        seen = output_of(by_stranger(str(path), "70", "all"))
        assert set(seen) <= {"not-allowed", "hung up", "reset"}, seen
        assert seen["not-allowed"] >= 10
        assert server.jobs() == []
        assert f"refused a client of user {STRANGER}" in server.complained


# The client


def test_the_client_finds_the_server_through_the_environment(tmp_path: Path, lend: Lend) -> None:
    """K1S_SOCKET, K1S_PORT and K1S_HOST serve where no flag is given; a flag beats them."""
    with lend(BESIDE) as server:
        path = server.socket_path
        host, port = server.address[0], str(server.address[1])
        assert client_lists(tmp_path, K1S_SOCKET=path).stdout == "[]\n"
        assert client_lists(tmp_path, K1S_PORT=port, K1S_HOST=host).stdout == "[]\n"
        assert client_lists(tmp_path, "-p", port, K1S_SOCKET="/nowhere").stdout == "[]\n"
        assert client_lists(tmp_path, "-p", port, K1S_PORT="1").stdout == "[]\n"
        assert client_lists(tmp_path, "-h", host, K1S_HOST="::2", K1S_PORT=port).stdout == "[]\n"


@pytest.mark.parametrize(
    ("variables", "code", "text"),
    [
        ({"K1S_SOCKET": "/nowhere/k1s.sock"}, 3, "no k1s server at /nowhere/k1s.sock"),
        ({"K1S_PORT": "70000"}, 2, "K1S_PORT wants a whole number from 0 to 65535, got '70000'"),
        ({"K1S_PORT": "\N{ARABIC-INDIC DIGIT ONE}"}, 2, "K1S_PORT wants a whole number"),
        ({"K1S_HOST": "a b"}, 3, "no k1s server at a b:4567"),
    ],
)
def test_a_variable_that_makes_no_sense(
    tmp_path: Path, variables: dict[str, str], code: int, text: str
) -> None:
    """One line, and the exit code that fits."""
    done = client_lists(tmp_path, **variables)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_killed_server_leaves_a_socket_that_the_next_one_replaces(tmp_path: Path) -> None:
    """After SIGKILL nothing has to be tidied up by hand, nor after the next one.

    The first one's flag beats its file, and is seen from where the server works.
    """
    path = tmp_path / "k1s.sock"
    file = _config(tmp_path / "file.sock")
    with served(tmp_path, file, "--socket", "../k1s.sock") as killed:
        assert killed.socket_path == str(path)
        assert ask(killed.socket_path, LIST) == []
        assert not (tmp_path / "file.sock").exists()
        killed.tell("SIGKILL")
        assert killed.exit_code() == -signal.SIGKILL
    assert path.exists()
    with served(tmp_path, _config(path)) as server:
        assert ask(str(path), create("after"))["id"] == "after"
        assert server.jobs() == ["after"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".k1s")] == []
    assert not path.exists()
