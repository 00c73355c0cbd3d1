"""The processes of the measures: servers, daemons and floors, each ended by its starter."""

import os
import re
import select
import signal as signals
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from . import proc
from .wire import Address

K1S = str(Path(sys.executable).with_name("k1s"))
_HERE = Path(__file__).parent
_LISTENING = re.compile(rb"k1s is listening on ([\d.]+):(\d+)\n")
_PATIENCE_S = 60


@frozen
class Server:
    """A k1s server that listens."""

    pid: int
    address: Address


class Helper:
    """A script of this folder that runs; it speaks in lines."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid

    def ask(self, text: object) -> str:
        """Write one line and return the line that comes back."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n".encode())
        return self.listen()

    def listen(self) -> str:
        """The next line that the script writes."""
        return _first_line(self._process).decode().strip()


@contextmanager
def k1s_server(
    folder: Path, variables: Mapping[str, str] | None = None, flags: Sequence[str] = ()
) -> Iterator[Server]:
    """A server that works in `folder` (made if it is missing); its jobs end with it."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [K1S, "server", "-p", "0", *flags]
    with _running(command, folder, variables or {}) as process:
        said = _first_line(process)
        match = _LISTENING.fullmatch(said)
        assert match, f"the server says {said!r}: {(folder / 'complaints').read_text()}"
        yield Server(process.pid, (match[1].decode(), int(match[2])))


@contextmanager
def helper(command: Sequence[object], folder: Path) -> Iterator[Helper]:
    """A program that speaks in lines and works in `folder`; it ends on SIGTERM."""
    folder.mkdir(parents=True, exist_ok=True)
    with _running([*map(str, command)], folder, {}) as process:
        yield Helper(process)


def script(name: str, *arguments: object) -> list[str]:
    """The command for a script of this folder."""
    return [sys.executable, str(_HERE / f"{name}.py"), *map(str, arguments)]


def output_of(command: Sequence[object], folder: Path) -> str:
    """What a program prints on its only line, once it has ended by itself."""
    with helper(command, folder) as running:
        return running.listen()


@contextmanager
def running(
    command: Sequence[str], folder: Path, signal: signals.Signals = signals.SIGTERM
) -> Iterator["subprocess.Popen[bytes]"]:
    """A daemon that works in `folder`; at the end it and all that works there are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _running(command, folder, {}, signal, speaks=False) as process:
            yield process
    finally:
        proc.wait_none_below(folder)


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Our environment without any setting of k1s, and `variables`."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("K1S_")}
    return {**ours, **variables}


def compiled_code(folder: Path) -> dict[str, str]:
    """The settings that have Python keep compiled code in a place of our own."""
    return {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


@contextmanager
def _running(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    signal: signals.Signals = signals.SIGTERM,
    *,
    speaks: bool = True,
) -> Iterator["subprocess.Popen[bytes]"]:
    """What it says goes to a pipe if we listen to it, or else into the file `said`."""
    with (folder / "complaints").open("wb") as complaints, (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            bufsize=0,
            cwd=folder,
            env=clean_environment(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if speaks else said,
            stderr=complaints,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            _end(process, signal)


def _end(process: "subprocess.Popen[bytes]", signal: signals.Signals) -> None:
    process.send_signal(signal)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _first_line(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], _PATIENCE_S)
    assert ready, f"{process.args!r} says nothing"
    said: bytes = process.stdout.readline()
    return said
