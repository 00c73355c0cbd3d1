"""Starting a program: a child in a session of its own, with three descriptors and no more.

* *vfork.* The C library's posix_spawn starts a program in a third of a
  millisecond, however large the server is. `subprocess.Popen` computes twice as
  long for it, but can change the working directory, so that it starts what has
  one of its own; that is a vfork too, as long as it is given no `preexec_fn`.
* *Descriptors.* Nobody closes what a child inherits: everything that the server
  opens is closed by the kernel when another program is executed (O_CLOEXEC, as
  Python does), and `keep_descriptors` says the same of what the server itself
  was started with.
* *Signals.* Python ignores two, which are put back; `server` sees to the
  others. All are named to posix_spawn, because the C library asks the kernel
  about each that is not, while the server waits: sixty calls for every start.
  Its own two signals, which nobody can touch, are ignored
  in what its posix_spawn starts, as in all that make or a shell's `system`
  starts: the C library of a program that uses them sets them up itself.
"""

import fcntl
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from signal import SIGKILL, SIGSTOP, valid_signals
from typing import Final

from k1s.job import JobSpec

Environment = Mapping[bytes, bytes]
Streams = tuple[int, int, int]
"""What a child gets as stdin, stdout and stderr."""

# Numbers, which are taken faster than the members of an enumeration.
_SIGNALS: Final = tuple(map(int, valid_signals() - {SIGKILL, SIGSTOP}))
_STREAMS_MAX: Final = 2


def inherited_environment() -> Environment:
    """The server's own environment, ready to be given to a child: it never changes.

    A variable without a name, which nobody can read or set, is left out.
    """
    return {name: value for name, value in os.environb.items() if name}


def keep_descriptors() -> None:
    """Keep from every child what the server was started with, but for the three streams."""
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > _STREAMS_MAX:
            _keep(descriptor)


def spawn(path: str, spec: JobSpec, inherited: Environment, streams: Streams) -> int:
    """Start the program of a job; its process id. Raises `OSError` or `ValueError`."""
    # A server without streams may have opened one of the logs in the place of another stream.
    if spec.working_directory is not None or min(streams[1:]) <= _STREAMS_MAX:
        return _spawn_elsewhere(path, spec, streams)
    return os.posix_spawn(
        path,
        [spec.executable, *spec.arguments],
        spec.environment or inherited,
        file_actions=[(os.POSIX_SPAWN_DUP2, given, to) for to, given in enumerate(streams)],
        setsid=True,
        setsigmask=(),
        setsigdef=_SIGNALS,
    )


def _spawn_elsewhere(path: str, spec: JobSpec, streams: Streams) -> int:
    stdin, stdout, stderr = streams
    process = subprocess.Popen(
        [spec.executable, *spec.arguments],
        executable=path,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=spec.working_directory,
        env=dict(spec.environment) or None,
        start_new_session=True,
    )
    # A Popen that is thrown away without an exit code leaves its child on a
    # list that every later Popen polls with waitpid: it would steal the exit
    # from the engine. With a code it believes that all is done.
    process.returncode = 0
    return process.pid


def _keep(descriptor: int) -> None:
    with suppress(OSError):  # the one that listed them is closed by now
        fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
