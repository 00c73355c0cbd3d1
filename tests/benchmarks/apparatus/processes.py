"""The processes of the measures: k1s servers and floors, each ended and awaited by its starter."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

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
    with _running([K1S, "server", "-p", "0", *flags], folder, variables or {}) as process:
        said = _first_line(process)
        match = _LISTENING.fullmatch(said)
        assert match, f"the server says {said!r}: {(folder / 'complaints').read_text()}"
        yield Server(process.pid, (match[1].decode(), int(match[2])))


@contextmanager
def helper(script: str, folder: Path, *arguments: object) -> Iterator[Helper]:
    """A script of this folder as a process that works in `folder`; it ends on SIGTERM."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(_HERE / f"{script}.py"), *map(str, arguments)]
    with _running(command, folder, {}) as process:
        yield Helper(process)


def output_of(script: str, folder: Path, *arguments: object) -> str:
    """What a script of this folder prints, once it has ended by itself."""
    with helper(script, folder, *arguments) as running:
        return running.listen()


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Our environment without any setting of k1s, and `variables`."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("K1S_")}
    return {**ours, **variables}


@contextmanager
def _running(
    command: list[str], folder: Path, variables: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "complaints").open("wb") as complaints:
        process = subprocess.Popen(
            command,
            bufsize=0,
            cwd=folder,
            env=clean_environment(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
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
