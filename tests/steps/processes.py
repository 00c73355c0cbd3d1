"""What the kernel says about processes."""

import os
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the state on; None when there is no such process."""
    try:
        text = read(f"{pid}/stat").decode()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def name(pid: int) -> str | None:
    """The name of the program that a process runs; None when there is no such process."""
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    fields = stat(pid)
    return fields is not None and fields[0] not in "ZX"


def group_and_session(pid: int) -> tuple[int, int]:
    """The process group and the session of a process."""
    fields = stat(pid)
    assert fields is not None, f"there is no process {pid}"
    return int(fields[2]), int(fields[3])


def children(parent: int) -> list[int]:
    """All children of a process, zombies among them."""
    found: list[int] = []
    with suppress(OSError):  # it or a thread of it has just ended
        for thread in os.listdir(f"/proc/{parent}/task"):
            found += map(int, read(f"{parent}/task/{thread}/children").split())
    return sorted(found)


def described(pid: int) -> str:
    """A process in a few words: its number, program, state and group."""
    fields = stat(pid) or ["gone", "", ""]
    return f"{pid} ({name(pid)}, state {fields[0]}, group {fields[2]})"


def all_pids() -> list[int]:
    """All processes of this machine."""
    return [int(name) for name in os.listdir(_PROC) if name.isdigit()]


def open_files(pid: int) -> dict[int, str]:
    """The open descriptors of a process, by number."""
    files: dict[int, str] = {}
    for entry in (_PROC / str(pid) / "fd").iterdir():
        try:
            files[int(entry.name)] = os.readlink(entry)
        except FileNotFoundError:
            continue
    return files


def status(pid: int, key: str) -> str:
    """One line of /proc/<pid>/status."""
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return line.partition(":")[2].strip()
    raise KeyError(key)


def forget_peak(pid: int) -> int:
    """Let the peak of a process's memory be what it has now, in kB."""
    (_PROC / str(pid) / "clear_refs").write_text("5")
    return kilobytes(pid, "VmHWM")


def kilobytes(pid: int, key: str) -> int:
    """A size in /proc/<pid>/status."""
    return int(status(pid, key).removesuffix(" kB"))


def belonging_to(folder: Path, mark: str) -> list[int]:
    """All live processes that work below a folder or carry the mark in their environment."""
    return [
        pid for pid in all_pids() if pid != os.getpid() and _belongs(pid, folder, mark.encode())
    ]


def _belongs(pid: int, folder: Path, mark: bytes) -> bool:
    """Whether one process works below the folder or carries the mark."""
    try:
        where = os.readlink(f"/proc/{pid}/cwd")
        environment = read(f"{pid}/environ")
    except OSError:
        return False
    inside = where == str(folder) or where.startswith(f"{folder}/")
    return (inside or mark in environment.split(b"\0")) and is_alive(pid)


def read(name: str) -> bytes:
    """A file below /proc. Thousands are read in a run of the suite, so it is done directly."""
    descriptor = os.open(f"/proc/{name}", os.O_RDONLY)
    try:
        parts = []
        while part := os.read(descriptor, 1 << 16):
            parts.append(part)
    finally:
        os.close(descriptor)
    return b"".join(parts)
