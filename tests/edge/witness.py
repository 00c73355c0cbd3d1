"""What must hold of the jobs of a history, by what programs note, logs hold and the kernel says."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from attrs import define, field
from histories import PROGRAMS
from steps import processes

FINAL: Final = {"killed", "exhausted", "done"}
STATES: Final = {
    "one-time": {"running", "restarting", "done", "exhausted", "killed"},
    "periodic": {"pending", "running", "exhausted", "killed"},
    "continuous": {"running", "restarting", "exhausted", "killed"},
}
PAD: Final = b"." * 84


@define(eq=False)
class Witness:
    """Follows one id: every view of its job that is shown, whatever its programs note."""

    job_id: str
    notes: Path
    view: dict[str, Any] | None = None
    marks: list[str] = field(factory=list)
    # Whether another run of it has been ordered just now, or by somebody who has left since then.
    is_to_begin: bool = False
    may_begin: bool = False
    # Signals that may have reached a run of it, by whomever.
    sent: set[str] = field(factory=lambda: {"SIGKILL"})

    def new_mark(self) -> str:
        """What the processes of the next job of this id bear in their environment."""
        self.marks.append(f"{self.notes}#{len(self.marks)}")  # no other suite has this folder
        return self.marks[-1]

    def begin(self, view: dict[str, Any]) -> None:
        """A new job has this id."""
        self.view, self.is_to_begin, self.may_begin = None, False, False
        self.see(view)

    def see(self, view: dict[str, Any]) -> None:
        """Compare a view with itself and with the one before it."""
        self._check_state(view)
        self._check_budget(view)
        self._check_exit(view)
        if self.view is not None and self.view["createdAt"] == view["createdAt"]:
            is_to_begin = self.is_to_begin or self.may_begin
            _check_progress(self.view, view, is_to_begin=is_to_begin)
        self.view = view

    def live_mains(self, server: int) -> list[int]:
        """The main processes of this id that live."""
        mains = [pid for pid in map(int, self._noted("main")) if _is_child(pid, server)]
        return [pid for pid in mains if bears(pid, self.marks)]

    def is_settled(self) -> bool:
        """Whether the latest run that has begun has written all that it will write."""
        mains, wrote = self._noted("main"), self._noted("wrote")
        return bool(mains) and any(word.split()[0] == mains[-1] for word in wrote)

    def check_logs(self, folder: Path) -> None:
        """Every line of every run is in the log, run after run; what a run has noted is all there.

        A run that was ended while it wrote may have stopped after any line.
        """
        mains, wrote = self._noted("main"), dict(word.split() for word in self._noted("wrote"))
        seen = _read(folder / f"stdout_{self.job_id}.log")
        wanted = b""
        for main in mains:
            count = sum(line.startswith(f"{main} ".encode()) for line in seen.splitlines())
            assert count >= int(wrote.get(main, 0)), f"{main} wrote {wrote[main]}, {count} are here"
            wanted += b"".join(b"%s %d %s\n" % (main.encode(), n, PAD) for n in range(1, count + 1))
        assert seen == wanted, f"the output of {self.job_id} is not in order"
        ended = _read(folder / f"stderr_{self.job_id}.log").decode().splitlines()
        assert ended == [f"{main} end" for main in mains if f"{main} end" in ended]
        assert {f"{main} end" for main in wrote} <= {*ended}

    def _check_state(self, view: dict[str, Any]) -> None:
        assert view["state"] in STATES[view["type"]], view
        assert view["pid"] is None or view["state"] == "running", view
        assert view["state"] != "killed" or view["killRequested"], view
        assert not (view["killRequested"] and view["state"] in {"pending", "restarting"}), view
        goes_on = view["state"] == "running" and view["type"] == "periodic"
        is_due = view["state"] in {"pending", "restarting"} or goes_on
        assert (view["nextRunAt"] is not None) is (is_due and not view["killRequested"]), view
        assert view["runCount"] >= 1, view

    def _check_budget(self, view: dict[str, Any]) -> None:
        """Failures are forgiven as often as was said; the one after that is the last."""
        failed, forgiven = view["failedCount"], view["maxRetry"]
        assert failed <= view["runCount"], view
        if view["state"] == "exhausted":
            assert failed == forgiven + 1, view
        elif forgiven >= 0 and not view["killRequested"]:
            assert failed <= forgiven, view

    def _check_exit(self, view: dict[str, Any]) -> None:
        """An exit is one that the program makes, or a signal that somebody has sent."""
        code, signal, program = view["exitCode"], view["signal"], view["arguments"][1]
        assert code is None or signal is None, view
        assert code is None or code == PROGRAMS[program], view
        assert signal is None or signal in self.sent, (view, self.sent)
        assert view["state"] != "done" or code == 0, view
        if program == "is-missing":
            assert view["pid"] is None, view
            assert view["lastError"] == "could not start: no such file: /nowhere/at/all", view

    def _noted(self, word: str) -> list[str]:
        lines = _read(self.notes).decode().splitlines()
        return [line.removeprefix(f"{word} ") for line in lines if line.startswith(f"{word} ")]


def _check_progress(old: dict[str, Any], new: dict[str, Any], *, is_to_begin: bool) -> None:
    """Counts do not go down, and what is over stays as it is unless somebody begins it again."""
    for count in ("runCount", "missedCount"):
        assert new[count] >= old[count], (old, new)
    if is_to_begin:
        return
    if old["killRequested"]:
        assert new["killRequested"], (old, new)
        assert new["runCount"] == old["runCount"], (old, new)
    if old["state"] in FINAL:
        assert new == old


def bears(pid: int, marks: Iterable[str]) -> bool:
    """Whether a process has one of the marks in its environment."""
    try:
        variables = processes.read(f"{pid}/environ").split(b"\0")
    except OSError:
        return False
    return any(f"K1S_HISTORY={mark}".encode() in variables for mark in marks)


def survivors(marks: list[str]) -> list[str]:
    """The live processes that bear one of the marks, described."""
    pids = [pid for pid in processes.all_pids() if bears(pid, marks)]
    return [processes.described(pid) for pid in pids if processes.is_alive(pid)]


def holdings(server: int) -> dict[str, Any]:
    """What a server holds: its descriptors by what they are, its threads, and its children."""
    files = processes.open_files(server).values()
    return {
        "descriptors": sorted(name.split(":")[0] for name in files),
        "threads": len(os.listdir(f"/proc/{server}/task")),
        "children": sorted(processes.children(server)),
    }


def is_within(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether a server holds nothing that it did not hold before."""
    return (
        Counter(now["descriptors"]) <= Counter(before["descriptors"])
        and now["threads"] <= before["threads"]
        and set(now["children"]) <= set(before["children"])
    )


def _is_child(pid: int, server: int) -> bool:
    fields = processes.stat(pid)
    return fields is not None and fields[0] not in "ZX" and int(fields[1]) == server


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
