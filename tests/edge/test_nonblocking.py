"""Output that is never waited for, where the scenarios of the server do not come."""

import errno
import os
import pty
import sys
from collections.abc import Iterator
from typing import NoReturn, TextIO

import pytest

from k1s.cli.display.nonblocking import let_no_reader_hold_us

LINE = "k1s: all is well\n"
SHOWN = "k1s: all is well\r\n"
# More than a terminal keeps for who does not read.
MANY = 10_000


class Outputs:
    """Both outputs of this process, and what stands behind them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ours, theirs = pty.openpty()
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


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outputs]:
    """They go to a terminal that nobody reads."""
    outputs = Outputs(monkeypatch)
    yield outputs
    outputs.given.close()
    os.close(outputs.ours)


def test_a_terminal_without_a_path_holds_nobody_either(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container, /dev/pts is another than that of the terminal that it was given."""

    def no_path(_: int) -> NoReturn:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    monkeypatch.setattr(os, "ttyname", no_path)
    with outputs.let_go() as stream:
        assert stream is not outputs.given
        assert os.get_blocking(outputs.given.fileno())
        for _ in range(MANY):
            stream.write(LINE)
        assert outputs.shown().startswith(SHOWN)


def test_an_output_that_cannot_be_opened_stays(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal may be somebody else's, as after `su`."""

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        stream = outputs.let_go()
    assert stream is outputs.given
    stream.write(LINE)
    assert outputs.shown() == SHOWN
