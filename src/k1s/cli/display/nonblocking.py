"""Output that is never waited for.

A terminal takes no more output when it is held with Ctrl-S, or when nobody
reads what it shows, and a pipe when it is full. Whoever writes to it then waits,
and a server that waits looks after no job. What is not taken is dropped.
"""

import io
import os
import stat
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def let_no_reader_hold_us() -> None:
    """From now on this process's output waits for no terminal and no pipe."""
    sys.stdout = _unheld(sys.stdout)
    sys.stderr = _unheld(sys.stderr)


class _Dropping(io.FileIO):
    """Drops what is not taken at once."""

    def write(self, data: "ReadableBuffer", /) -> int:
        # None stands for EAGAIN, which would be an error to the layers above.
        taken = super().write(data)
        return memoryview(data).nbytes if taken is None else taken


def _unheld(stream: TextIO) -> TextIO:
    """The stream itself if it holds nobody, or cannot be opened, as after `su`.

    Opened anew, for O_NONBLOCK on what we have been given would be there for our shell, too.
    """
    if not _may_hold(stream):
        return stream
    try:
        # Not by its name: that of a terminal may mean nothing here, as in a container.
        path = f"/proc/self/fd/{stream.fileno()}"
        opened = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return stream
    raw = io.BufferedWriter(_Dropping(opened, "w"))
    return io.TextIOWrapper(raw, stream.encoding, stream.errors, line_buffering=True)


def _may_hold(stream: TextIO) -> bool:
    """A file, for one, does not."""
    return stream.isatty() or stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
