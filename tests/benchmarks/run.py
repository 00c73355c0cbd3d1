"""Measure k1s beside its peers and the floor: the same work done by the smallest program.

    python tests/benchmarks/run.py [NAME...] [--size small|full] [--peers NAMES]
        [--json FILE] [--svg FILE] [--readme FILE] [--folder DIR]

Prints a Markdown table of all figures. All processes run on this machine, on
loopback only, and are ended with it. Machines differ: what counts are the
ratios. A peer that is not installed is skipped with its reason (`make
bench-peers` installs some; `--peers none` asks for none).

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

from apparatus import picture, readme
from apparatus.figures import Figure, Size, table
from apparatus.proc import end_all_below
from apparatus.programs import Programs, prepare
from apparatus.setting import Setting
from measures import (
    command_line,
    crowd,
    launch,
    logs,
    punctuality,
    requests,
    restart,
    resting,
    runs,
    shutdown,
    simulation,
    wakeup,
)
from peers import found
from peers.peer import Peer

MEASURES: dict[str, Callable[[Setting], list[Figure]]] = {
    "launch": launch.measure,
    "runs": runs.measure,
    "restart": restart.measure,
    "resting": resting.measure,
    "logs": logs.measure,
    "list": command_line.measure,
    "requests": requests.measure,
    "crowd": crowd.measure,
    "punctuality": punctuality.measure,
    "wake-up": wakeup.measure,
    "shutdown": shutdown.measure,
    "simulate": simulation.measure,
}
MEMORY = "/dev/shm"
NO_PEERS = "none"


def main() -> None:
    arguments = _arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    peers = _peers(arguments.peers)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory("", "k1s-programs-") as compiled:
        programs = prepare(Path(compiled))
        note = _note(programs, peers)
        try:
            for name in arguments.names or MEASURES:
                figures += _measure(name, arguments, programs, peers)
        finally:  # what was measured before an interruption is worth something too
            print(f"{table(figures)}\n\n{note}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(_raw(arguments.size, figures), indent=1) + "\n")
    if arguments.svg is not None:
        arguments.svg.write_text(picture.draw(figures))
    if arguments.readme is not None:
        main_figures = [figure for figure in figures if figure.is_main]
        readme.insert(arguments.readme, f"{table(main_figures)}\n\n{note}")


def measure(name: str, setting: Setting) -> list[Figure]:
    """The figures of one measure; nothing that it started is left when it returns."""
    try:
        return MEASURES[name](setting)
    finally:
        end_all_below(setting.folder)


def _measure(
    name: str, arguments: argparse.Namespace, programs: Programs, peers: Sequence[Peer]
) -> list[Figure]:
    print(f"measuring {name}", file=sys.stderr)
    with tempfile.TemporaryDirectory("", "k1s-benchmark-", arguments.folder) as folder:
        return measure(name, Setting(arguments.size, Path(folder).resolve(), programs, peers))


def _peers(names: Sequence[str]) -> list[Peer]:
    """Those that are installed; what is skipped is said."""
    peers: list[Peer] = []
    for one in map(found.find, names):
        if isinstance(one, found.Missing):
            print(f"skipping {one.name}: {one.reason}", file=sys.stderr)
        else:
            peers.append(one)
    return peers


def _note(programs: Programs, peers: Sequence[Peer]) -> str:
    """How to read the table, and on what it was made."""
    cores = len(os.sched_getaffinity(0))
    beside = (
        ", ".join(f"{peer.name} {found.version(peer.name)}".strip() for peer in peers) or "none"
    )
    return (
        "Every figure is a median; sides are measured in turn, and the ratio is the median of the "
        "ratios within each round. The floor is a loop of Python's `subprocess.Popen` unless the "
        f"row says otherwise; the smallest program here is {programs.smallest_is}. Made on a "
        f"machine with {cores} cores, {platform.machine()}, Linux {platform.release()}, Python "
        f"{platform.python_version()}. Peers: {beside}."
    )


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure k1s beside its peers and the floor.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--size", choices=get_args(Size), default="full")
    parser.add_argument("--peers", type=_names, default=found.NAMES, metavar="NAMES")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write raw figures there")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the main ratios there")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put the main table there")
    parser.add_argument("--folder", default=_memory(), metavar="DIR", help="work there")
    arguments = parser.parse_args(words)
    _check(parser, arguments.names, MEASURES)
    _check(parser, arguments.peers, found.NAMES)
    return arguments


def _names(text: str) -> list[str]:
    return [] if text == NO_PEERS else text.split(",")


def _check(parser: argparse.ArgumentParser, names: Sequence[str], known: Sequence[str]) -> None:
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"unknown {', '.join(unknown)}: choose from {', '.join(known)}")


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
