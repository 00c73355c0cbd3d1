"""`k1s run`: a stand-in for running a program oneself."""

import os
import select
import stat
import sys
from contextlib import suppress
from typing import Any, Final

from k1s.cli.failing import WRONG_USAGE, complain, fail
from k1s.cli.line.options import SERVER, Folder, Program, Seconds, Server, Variables
from k1s.destination import Destination

_KEPT: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_NAME_MAX: Final = 40


def run(
    id: str | None = None,
    /,
    *,
    program: Program,
    working_directory: Folder | None = None,
    environment: Variables | None = None,
    stop_timeout: Seconds | None = None,
    json: bool = False,
    server: Server = SERVER,
) -> None:
    """Run a program once, show its output live, and exit with its exit code.

    What stands behind -- is run exactly as typed, in this folder and with this
    environment; its stdin is empty. Its output and its errors stay apart. Ctrl-C
    ends it as it would end any job; a second one kills it with all that it has
    started. The job is deleted afterwards, and its logs with it, unless it was given
    an ID: then it is kept, also after Ctrl-C, and k1s why can be asked.

    A program that died of a signal is told by 128 and the signal's number, one
    that could not be started by 127 or 126, as shells do.

    ```
    k1s run -- make -j4 test
    k1s run nightly -- ./backup.sh --fast
    k1s run -e LANG=C -- make report
    ```

    Parameters
    ----------
    id
        A name for the job, which is kept then.
    working_directory
        The folder to run it in. [default: this one]
    environment
        A variable; may be repeated. Those that are named are added to those of this
        shell; with a server on another machine, they are the whole environment.
    stop_timeout
        From Ctrl-C to SIGKILL, as in 30, 1.5 or 5min. [default: 10]
    json
        Print one object a line: each piece of output as {"jobId", "stream", "text"} (or
        "base64"), and at the end {"job"}, the job as the server shows it.
    """
    from signal import SIGPIPE

    from k1s.cli.creating import check, submit
    from k1s.cli.currentfolder import absolute, here
    from k1s.cli.exitcode import SIGNALLED
    from k1s.cli.line.environment import variables
    from k1s.cli.running import Attended

    if not program:
        fail(WRONG_USAGE, "there is no program behind the --")
    where = server.destination
    is_here = _is_here(where)
    folder = here() if working_directory is None and is_here else working_directory
    job: dict[str, Any] = {
        "id": _name(program[0]) if id is None else id,
        "type": "one-time",
        "executable": program[0],
        "arguments": program[1:],
        "environment": {**(_own_environment() if is_here else {}), **variables(environment or [])},
    }
    if folder is not None:
        job["workingDirectory"] = absolute(folder)
    if stop_timeout is not None:
        job["stopTimeoutSeconds"] = stop_timeout
    attended = Attended(where, job["id"], is_kept=id is not None, is_here=is_here, json=json)
    try:
        code = attended.run(lambda: submit(where, job), lambda: check(job))
    except BrokenPipeError:  # which would have ended the program, had it written there itself
        sys.exit(SIGNALLED + SIGPIPE)
    if _has_unread_input():
        complain("the program has not read what was piped in: its stdin is empty")
    sys.exit(code)


def _is_here(where: Destination) -> bool:
    """Whether the server is on this machine, and knows this folder."""
    from k1s.port.listening import is_loopback

    if where.socket is not None or where.host == "localhost":
        return True
    try:
        return is_loopback(where.host)
    except ValueError:  # a name, which says nothing
        return False


def _has_unread_input() -> bool:
    """Whether somebody has piped something in, and for us: a loop around may read its own pipe."""
    if sys.stdin is None:
        return False
    ours = os.fstat(sys.stdin.fileno())
    if not stat.S_ISFIFO(ours.st_mode):
        return False
    with suppress(OSError):  # our parent may be somebody else's process, or gone
        if os.path.samestat(ours, os.stat(f"/proc/{os.getppid()}/fd/0")):
            return False
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    return any(event & select.POLLIN for _, event in poll.poll(0))


def _own_environment() -> dict[str, str]:
    """The environment of this shell, but for what is no text."""
    return {name: value for name, value in os.environ.items() if _is_text(name + value)}


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(program: str) -> str:
    """An id that nobody else has."""
    kept = "".join(letter for letter in os.path.basename(program) if letter in _KEPT)
    return f"run-{kept[:_NAME_MAX]}-{os.urandom(4).hex()}"
