"""Which file a job's executable is, and why one could not be started, in words.

The kernel answers a failed start with a number that means several things: a
missing interpreter looks like a missing script, and a missing working
directory looks like either. The words are found by looking again afterwards,
so that a start that works pays for nothing.
"""

import errno
import os
import time
from collections.abc import Mapping
from typing import Final

from attrs import define, field

from k1s.errors import StartError
from k1s.job import JobSpec

# How long a place on the PATH is remembered: who installs another version soon gets it.
REMEMBERED_S: Final = 1.0
REMEMBERED_MAX: Final = 1000
_FIRST_LINE_BYTES_MAX: Final = 256


@define(eq=False, repr=False)
class Finder:
    """Finds programs, and remembers for a moment where: often many jobs start the same one."""

    _places: dict[tuple[str, str], tuple[str, float]] = field(factory=dict, init=False)

    def find(self, spec: JobSpec) -> str:
        """The path to execute, as `find` says, but for what has changed on the PATH just now."""
        if "/" in spec.executable:
            return spec.executable
        sought = _search_path(spec.environment), spec.executable
        path, fresh_until = self._places.get(sought, ("", 0.0))
        if time.monotonic() < fresh_until and os.access(path, os.X_OK):
            return path
        path = find(spec)
        if path.startswith("/"):  # another one is seen from each working directory
            self._remember(sought, path)
        return path

    def _remember(self, sought: tuple[str, str], path: str) -> None:
        if len(self._places) >= REMEMBERED_MAX:
            self._places.clear()
        self._places[sought] = path, time.monotonic() + REMEMBERED_S


def find(spec: JobSpec) -> str:
    """The path to execute, as seen from the job's working directory.

    A name with a slash is a path already. A bare name is looked up on the PATH
    of the job's environment, or on the server's if the job has none. Raises
    `StartError` when nothing there can be executed.
    """
    name = spec.executable
    if "/" in name:
        return name
    search_path = _search_path(spec.environment)
    for folder in search_path.split(os.pathsep):
        path = os.path.join(folder or ".", name)
        seen = _from_working_directory(spec, path)
        if os.access(seen, os.X_OK) and os.path.isfile(seen):  # most folders miss: ask cheaply
            return path
    raise StartError(f"not found on the PATH: {name}")


def explain(spec: JobSpec, path: str, error: OSError) -> str:
    """Why starting the program at `path` failed, in words; `error` is what the kernel said."""
    folder = spec.working_directory
    if folder is not None and not os.path.isdir(folder):
        return _explain_folder(folder)
    seen = _from_working_directory(spec, path)
    match error.errno:
        case errno.ENOENT if os.path.exists(seen):
            words = _explain_interpreter(path, seen)
        case errno.ENOENT:
            words = f"no such file: {path}"
        case errno.EACCES if os.path.isdir(seen):
            words = f"{path} is a directory"
        case errno.EACCES if os.path.exists(seen) and not os.access(seen, os.X_OK):
            words = f"{path} is not executable"
        case errno.ENOEXEC:
            words = f"{path} is not a program that this machine can run (no #! line?)"
        case errno.E2BIG:
            words = "the arguments and environment are too big"
        case errno.EAGAIN | errno.ENOMEM:
            words = f"the machine has no room for another process ({_kernel(error)})"
        case _:
            words = f"{_kernel(error)}: {path}"
    return words


def _search_path(environment: Mapping[str, str]) -> str:
    return environment.get("PATH") or os.environ.get("PATH") or os.defpath


def _from_working_directory(spec: JobSpec, path: str) -> str:
    return path if path.startswith("/") else os.path.join(spec.working_directory or ".", path)


def _explain_folder(folder: str) -> str:
    if os.path.exists(folder):
        return f"the working directory is not a directory: {folder}"
    return f"no such working directory: {folder}"


def _explain_interpreter(path: str, seen: str) -> str:
    """The file is there, so what is missing is what its first line names."""
    interpreter, has_windows_ending = _interpreter(seen)
    if not interpreter:
        return f"{path} needs a program loader, which does not exist"
    ending = " (the file has Windows line endings)" if has_windows_ending else ""
    return f"{path} needs the interpreter {interpreter}, which does not exist{ending}"


def _interpreter(seen: str) -> tuple[str, bool]:
    try:
        with open(seen, "rb") as file:
            line = file.readline(_FIRST_LINE_BYTES_MAX)
    except OSError:
        return "", False
    words = line[2:].split() if line.startswith(b"#!") else []
    name = words[0].decode(errors="backslashreplace") if words else ""
    return name, line.endswith(b"\r\n")


def _kernel(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
