"""Measure k1s beside the floor: the same work done by the smallest program that can do it.

    python tests/benchmarks/run.py [NAME...] [--size small|full] [--json FILE] [--folder DIR]

Prints a Markdown table. All processes run on this machine, on loopback only,
and are ended with it. Machines differ: what counts are the ratios.

Servers and floors work in memory (/dev/shm) unless `--folder` names another
place: making a log on a disk can cost more than starting a program, the more
so where other files have just been deleted, as a benchmark does all the time.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from apparatus.figures import Figure, Size, table
from apparatus.proc import end_all_below
from measures import command_line, crowd, idle, launch, memory, requests, restart

MEASURES: dict[str, Callable[[Size, Path], list[Figure]]] = {
    "launch": launch.measure,
    "memory": memory.measure,
    "idle": idle.measure,
    "requests": requests.measure,
    "crowd": crowd.measure,
    "command-line": command_line.measure,
    "restart": restart.measure,
}
MEMORY = "/dev/shm"
NOTE = """
k1s and floor are medians, taken in turn; the ratio is the median of the ratios within each round.
"""


def main() -> None:
    arguments = _arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    figures: list[Figure] = []
    try:
        for name in arguments.names or MEASURES:
            print(f"measuring {name}", file=sys.stderr)
            with tempfile.TemporaryDirectory("", "k1s-benchmark-", arguments.folder) as folder:
                figures += measure(name, arguments.size, Path(folder))
    finally:  # what was measured before an interruption is worth something too
        print(table(figures) + "\n" + NOTE.rstrip())
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(_raw(arguments.size, figures), indent=1) + "\n")


def measure(name: str, size: Size, folder: Path) -> list[Figure]:
    """The figures of one measure; nothing that it started is left when it returns."""
    folder = folder.resolve()
    try:
        return MEASURES[name](size, folder)
    finally:
        end_all_below(folder)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure k1s beside the floor.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--size", choices=get_args(Size), default="full")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write raw figures there")
    parser.add_argument("--folder", default=_memory(), metavar="DIR", help="work there")
    arguments = parser.parse_args(words)
    if unknown := sorted(set(arguments.names) - set(MEASURES)):
        parser.error(f"unknown {', '.join(unknown)}: choose from {', '.join(MEASURES)}")
    return arguments


def _memory() -> str | None:
    """A folder that is no disk, where this machine has one; None is the usual place."""
    return MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None


def _raw(size: Size, figures: Sequence[Figure]) -> dict[str, object]:
    machine = {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
    }
    return {"machine": machine, "size": size, "figures": [figure.raw() for figure in figures]}


if __name__ == "__main__":
    main()
