"""What the kernel says about processes."""

import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_SWEEP_DEADLINE_S = 20
_POLL_S = 0.01


def private_dirty_kb(pid: int) -> int:
    """The memory that a process has written and shares with nobody (kB)."""
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    raise LookupError("this kernel does not tell Private_Dirty")


def threads(pid: int) -> int:
    """How many threads a process has."""
    return len(os.listdir(_PROC / str(pid) / "task"))


def descriptors(pid: int) -> int:
    """How many descriptors a process holds."""
    return len(os.listdir(_PROC / str(pid) / "fd"))


def descriptors_at_rest(pid: int, expected: int, patience_s: float = 1) -> int:
    """How many descriptors remain once the last connections have had time to close."""
    deadline = time.monotonic() + patience_s
    while (held := descriptors(pid)) > expected and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    return held


def cpu_exact_ms(pid: int) -> float:
    """The CPU time of the live threads of a process, as the scheduler counts it in ns (ms)."""
    tasks = (_PROC / str(pid) / "task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def room_for_processes(wanted: int) -> int:
    """`wanted`, or half of what the limits of this machine allow if that is less."""
    limits = [resource.getrlimit(resource.RLIMIT_NPROC)[0], *_group_limits()]
    limits.append(int((_PROC / "sys/kernel/pid_max").read_text()))
    return min([wanted, *(limit // 2 for limit in limits if limit > 0)])


def name(pid: int) -> str:
    """What the kernel calls a process; nothing if it is gone."""
    with suppress(OSError):
        return (_PROC / str(pid) / "comm").read_text().strip()
    return ""


def descendants(pid: int) -> list[int]:
    """All processes below one that are there now."""
    found, waiting = [], [pid]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def write_to_fifo(path: Path, text: bytes) -> bool:
    """Write into a FIFO if somebody reads from it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.write(descriptor, text) == len(text)
    finally:
        os.close(descriptor)


def pids_below(folder: Path) -> list[int]:
    """The processes that work below a folder, but for this one."""
    return [int(name) for name in os.listdir(_PROC) if _works_below(name, folder)]


def end_all_below(folder: Path) -> None:
    """SIGKILL every process that works below a folder, and wait until none is left."""
    _wait_none_below(folder, lambda pid: _kill_if_below(pid, folder))


def wait_none_below(folder: Path) -> None:
    """Wait until no process works below a folder; what stays too long is ended."""
    try:
        _wait_none_below(folder, lambda _: None)
    finally:
        end_all_below(folder)


def _wait_none_below(folder: Path, treat: Callable[[int], None]) -> None:
    deadline = time.monotonic() + _SWEEP_DEADLINE_S
    while left := pids_below(folder):
        assert time.monotonic() < deadline, f"these processes do not end: {left}"
        for pid in left:
            treat(pid)
        time.sleep(_POLL_S)


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        tasks = (_PROC / str(pid) / "task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def _group_limits() -> list[int]:
    """The limit of the control group on processes, where there is one."""
    with suppress(OSError, ValueError):
        group = (_PROC / "self/cgroup").read_text().rpartition("::")[2].strip()
        return [int(Path(f"/sys/fs/cgroup{group}/pids.max").read_text())]
    return []


def _works_below(name: str, folder: Path) -> bool:
    if not name.isdigit():
        return False
    try:
        where = Path(os.readlink(_PROC / name / "cwd"))
    except OSError:
        return False
    return int(name) != os.getpid() and (where == folder or folder in where.parents)


def _kill_if_below(pid: int, folder: Path) -> None:
    """Look again with the process held fast, so that no stranger with a reused number is hit."""
    with suppress(ProcessLookupError):
        held = os.pidfd_open(pid)
        try:
            if _works_below(str(pid), folder):
                signal.pidfd_send_signal(held, signal.SIGKILL)
        finally:
            os.close(held)
