"""Running the installed command line as a user would."""

import contextlib
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .server import K1S, environment

DEADLINE_S = 60.0
# The width of a terminal is the terminal's own.
TERMINAL = {"TERM": "xterm", "COLUMNS": ""}
_PROGRAMS = {"k1s": K1S, "python": sys.executable}


@dataclass(frozen=True)
class Run:
    """What a command line came to."""

    code: int
    out: str
    err: str


def command(line: str) -> list[str]:
    """The words of a command line, with the installed programs in front."""
    first, *rest = shlex.split(line)
    return [_PROGRAMS[first], *rest]


def start(
    line: str,
    folder: Path,
    out: int = subprocess.PIPE,
    err: int = subprocess.PIPE,
    extra: dict[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """A command line that runs in the folder."""
    return subprocess.Popen(
        command(line),
        cwd=folder,
        env=environment(folder, extra),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
    )


def finish(process: "subprocess.Popen[bytes]") -> Run:
    """What the command has come to; it is ended by force when it takes too long."""
    try:
        out, err = process.communicate(timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"no end after {DEADLINE_S} s; it said {out!r} and {err!r}") from None
    return Run(process.returncode, (out or b"").decode(), (err or b"").decode())


def run(line: str, folder: Path, extra: dict[str, str] | None = None) -> Run:
    """What a command line in this folder comes to."""
    return finish(start(line, folder, extra=extra))


def run_on_terminal(
    line: str, folder: Path, columns: int = 80, extra: dict[str, str] | None = None
) -> Run:
    """What a command line comes to when its output is a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, columns))
    process = start(line, folder, out=theirs, extra={**TERMINAL, **(extra or {})})
    os.close(theirs)
    shown = read_terminal(ours)
    os.close(ours)
    ended = finish(process)
    return Run(ended.code, shown, ended.err)


def run_with_talk_on_terminal(line: str, folder: Path) -> Run:
    """What a command line comes to when its error output is a terminal."""
    ours, theirs = pty.openpty()
    process = start(line, folder, err=theirs, extra=TERMINAL)
    os.close(theirs)
    talk = read_terminal(ours)
    os.close(ours)
    ended = finish(process)
    return Run(ended.code, ended.out, talk)


def run_and_interrupt(line: str, folder: Path, *texts: str) -> Run:
    """What a command line comes to that gets a SIGINT for each text that it shows on a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, 200))
    process = start(line, folder, err=theirs, extra=TERMINAL)
    os.close(theirs)
    with killed_on_failure(process):
        talk = ""
        for text in texts:
            talk += read_terminal(ours, text)
            process.send_signal(signal.SIGINT)
        talk += read_terminal(ours)
    os.close(ours)
    ended = finish(process)
    return Run(ended.code, ended.out, talk)


@contextlib.contextmanager
def killed_on_failure(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """A command that does not do what is waited for is not left behind."""
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise


def read_terminal(descriptor: int, text: str | None = None) -> str:
    """All that is written to a terminal until it has the text, or else until all have closed it.

    Fails when that takes too long.
    """
    said = b""
    ends_at = time.monotonic() + DEADLINE_S
    while text is None or text.encode() not in said:
        left_s = max(ends_at - time.monotonic(), 0)
        if not select.select([descriptor], [], [], left_s)[0]:
            raise AssertionError(f"waited {DEADLINE_S} s for {text or 'the end'!r}; said: {said!r}")
        try:
            said += os.read(descriptor, 1 << 16)
        except OSError:  # Linux says EIO at the end of a terminal
            assert text is None, f"it has ended without {text!r}; said: {said!r}"
            break
    return said.decode(errors="replace")
