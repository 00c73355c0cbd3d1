"""Output that is never waited for, where the scenarios of the server do not come."""

import errno
import os
import pty
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import NoReturn, TextIO

import pytest

from k1s.cli.display.nonblocking import let_no_reader_hold_us

LINE = "k1s: all is well\n"
SHOWN = "k1s: all is well\r\n"
# More than a terminal or a socket keeps for who does not read.
MANY = 10_000


class Outputs:
    """Both outputs of this process, and what stands behind them."""

    def __init__(self, ours: int, theirs: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ours = ours
        os.set_blocking(self.ours, False)
        self.given = os.fdopen(theirs, "w", encoding="utf-8", buffering=1)
        self._monkeypatch = monkeypatch

    def let_go(self) -> TextIO:
        """What errors are written to from now on."""
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", self.given)
            patch.setattr(sys, "stderr", self.given)
            let_no_reader_hold_us()
            if sys.stdout is not self.given:
                sys.stdout.close()
            return sys.stderr

    def shown(self) -> str:
        """What has come, which must be something."""
        return os.read(self.ours, 1 << 16).decode()

    def close(self) -> None:
        """Close both ends."""
        self.given.close()
        os.close(self.ours)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outputs]:
    """They go to a terminal that nobody reads."""
    with closing(Outputs(*pty.openpty(), monkeypatch)) as outputs:
        yield outputs


@pytest.fixture
def stream_socket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outputs]:
    """They go to a socket that nobody reads."""
    ours, theirs = socket.socketpair()
    with closing(Outputs(ours.detach(), theirs.detach(), monkeypatch)) as outputs:
        yield outputs


def test_a_terminal_without_a_path_holds_nobody_either(
    terminal: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container, /dev/pts is another than that of the terminal that it was given."""

    def no_path(_: int) -> NoReturn:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    monkeypatch.setattr(os, "ttyname", no_path)
    with terminal.let_go() as stream:
        assert stream is not terminal.given
        assert os.get_blocking(terminal.given.fileno())
        for _ in range(MANY):
            stream.write(LINE)
        assert terminal.shown().startswith(SHOWN)


def test_an_output_that_cannot_be_opened_stays(
    terminal: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal may be somebody else's, as after `su`."""

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        stream = terminal.let_go()
    assert stream is terminal.given
    stream.write(LINE)
    assert terminal.shown() == SHOWN


def test_a_socket_that_nobody_will_read_any_more_takes_all(stream_socket: Outputs) -> None:
    """What is said there is said to nobody, and that is no error."""
    os.close(stream_socket.ours)
    stream_socket.ours = os.open(os.devnull, os.O_RDONLY)
    with stream_socket.let_go() as stream:
        for _ in range(2):
            stream.write(LINE)


def test_a_socket_gets_on_with_it_once_somebody_reads_again(stream_socket: Outputs) -> None:
    """It is left as it was given, for it is its owner's, too."""
    with stream_socket.let_go() as stream:
        for _ in range(MANY):
            stream.write(LINE)
        assert os.get_blocking(stream_socket.given.fileno())
        assert set(stream_socket.shown().splitlines(keepends=True)) == {LINE}
        stream.write("k1s: still here\n")
        assert stream_socket.shown() == "k1s: still here\n"
