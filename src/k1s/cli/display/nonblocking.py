"""Output that is never waited for.

A terminal takes no more output when it is held with Ctrl-S, or when nobody
reads what it shows, and a pipe or a socket when it is full. Whoever writes to it
then waits, and a server that waits looks after no job. What is not taken is dropped.
"""

import io
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def let_no_reader_hold_us() -> None:
    """From now on this process's output waits for no terminal, no pipe and no socket."""
    sys.stdout = _nonblocking(sys.stdout)
    sys.stderr = _nonblocking(sys.stderr)


class _Dropping(io.FileIO):
    """Drops what is not taken at once."""

    def write(self, data: "ReadableBuffer", /) -> int:
        # None stands for EAGAIN, which would be an error to the layers above.
        taken = super().write(data)
        return memoryview(data).nbytes if taken is None else taken


class _Sending(io.RawIOBase):
    """Sends through a socket, and drops what that does not take at once, or not any more."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)

    def fileno(self) -> int:
        return self._socket.fileno()

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return self._socket.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            return memoryview(data).nbytes

    def close(self) -> None:
        super().close()
        self._socket.close()


def _nonblocking(stream: TextIO) -> TextIO:
    """One that waits for nobody, or the same if it is a file, or cannot be opened, as after `su`.

    O_NONBLOCK on what we have been given would be there for our shell, too. So it is opened
    anew, or said with each piece where it cannot be, which is a socket.
    """
    raw: io.RawIOBase
    try:
        mode = os.fstat(stream.fileno()).st_mode
        if stat.S_ISSOCK(mode):
            raw = _Sending(os.dup(stream.fileno()))
        elif stat.S_ISFIFO(mode) or stream.isatty():
            raw = _Dropping(_opened_anew(stream.fileno()), "w")
        else:
            return stream
    except OSError:
        return stream
    buffered = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, stream.encoding, stream.errors, line_buffering=True)


def _opened_anew(descriptor: int) -> int:
    """Not by its name: that of a terminal may mean nothing here, as in a container."""
    return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
