"""Output to a terminal that is never waited for.

A terminal takes no more output when it is held with Ctrl-S, or when nobody
reads what it shows. Whoever writes to it then waits, and a server that waits
looks after no job. What the terminal does not take is dropped.
"""

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def let_no_terminal_hold_us() -> None:
    """From now on this process's output waits for no terminal."""
    sys.stdout = _unheld(sys.stdout)
    sys.stderr = _unheld(sys.stderr)


class _Dropping(io.FileIO):
    """Drops what is not taken at once."""

    def write(self, data: "ReadableBuffer", /) -> int:
        # None stands for EAGAIN, which would be an error to the layers above.
        taken = super().write(data)
        return memoryview(data).nbytes if taken is None else taken


def _unheld(stream: TextIO) -> TextIO:
    """The stream itself if it is no terminal, or one that cannot be opened, as after `su`.

    Opened anew, for O_NONBLOCK on what we have been given would be there for our shell, too.
    """
    if not stream.isatty():
        return stream
    try:
        terminal = os.open(os.ttyname(stream.fileno()), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return stream
    raw = io.BufferedWriter(_Dropping(terminal, "w"))
    return io.TextIOWrapper(raw, stream.encoding, stream.errors, line_buffering=True)
