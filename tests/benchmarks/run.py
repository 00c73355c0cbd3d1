"""Measure k1s beside its peers and the floor: the same work done by the smallest program.

    python tests/benchmarks/run.py [NAME...] [--size small|full] [--peers NAMES]
        [--json FILE] [--svg FILE] [--readme FILE] [--folder DIR]

Prints a Markdown table of all figures. All processes run on this machine, on
loopback only, and are ended with it. Machines differ: what counts are the
ratios. A peer that is not installed is skipped with its reason (`make
bench-peers` installs some; `--peers none` asks for none). One that needs more than
a minute for its part of a measure is cut, which is said on stderr and in the table.

Where something fails, the rest is measured and written all the same: that it
failed is said on stderr and under the table, and the exit code is 1.

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
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from apparatus import picture, readme
from apparatus.figures import Figure, Size, table
from apparatus.proc import end_all_below
from apparatus.programs import Programs, prepare
from apparatus.progress import Progress
from apparatus.setting import Setting
from attrs import evolve
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

MEASURES: dict[str, Callable[[Setting], Iterable[Figure]]] = {
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
    progress = Progress()
    peers = _peers(arguments.peers, progress)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory("", "k1s-programs-") as compiled:
        programs = prepare(Path(compiled))
        place = Path(arguments.folder or tempfile.gettempdir())
        setting = Setting(arguments.size, place, programs, peers, progress)
        note = _note(programs, peers)
        try:
            for name in arguments.names or MEASURES:
                _measure(name, setting, figures)
        finally:  # what was measured before an interruption is worth something too
            print(f"{table(figures)}\n\n{' '.join([note, *_left_out(progress)])}")
            if arguments.json is not None:
                raw = _raw(arguments.size, figures, progress)
                arguments.json.write_text(json.dumps(raw, indent=1) + "\n")
    if arguments.svg is not None:
        arguments.svg.write_text(picture.draw(figures))
    if arguments.readme is not None:
        told = [figure for figure in figures if figure.is_main]
        notes = " ".join([note, *_left_out(progress), *_not_told(figures)])
        readme.insert(arguments.readme, f"{table(told)}\n\n{notes}")
    if progress.failures:
        sys.exit(1)


def measure(name: str, setting: Setting) -> Iterator[Figure]:
    """The figures of one measure, as they come; nothing that it started is left at the end."""
    try:
        yield from MEASURES[name](setting)
    finally:
        end_all_below(setting.folder)


def _measure(name: str, setting: Setting, figures: list[Figure]) -> None:
    """Add the figures of one measure: those that are known when it ends or fails."""
    with (
        tempfile.TemporaryDirectory("", "k1s-benchmark-", setting.folder) as folder,
        setting.progress.measuring(name),
    ):
        for figure in measure(name, evolve(setting, folder=Path(folder).resolve())):
            figures.append(figure)  # noqa: PERF402 (those before a failure are kept)


def _peers(names: Sequence[str], progress: Progress) -> list[Peer]:
    """Those that are installed; what is skipped is said."""
    peers: list[Peer] = []
    for one in map(found.find, names):
        if isinstance(one, found.Missing):
            progress.say(f"skipping {one.name}: {one.reason}")
        else:
            peers.append(one)
    return peers


def _left_out(progress: Progress) -> list[str]:
    """Sentences on what is not in the table although it should be."""
    sentences = []
    if progress.cuts:
        sentences.append(f"Cut, because it took too long: {_all_of(progress.cuts)}.")
    if progress.failures:
        sentences.append(f"Not measured, because it failed: {_all_of(progress.failures)}.")
    return sentences


def _all_of(names: Sequence[str]) -> str:
    """Each once: one that is cut in a measure may be cut again in its next part."""
    return ", ".join(dict.fromkeys(names))


def _not_told(figures: Sequence[Figure]) -> list[str]:
    """A sentence on the figures that the short table does not have."""
    others = [figure for figure in figures if not figure.is_main]
    missed = [f"{one.measure}: {one.what}" for one in others if one.is_met is False]
    if not others:
        return []
    verdict = (
        f"; of these miss their aim: {'; '.join(missed)}" if missed else ", none misses its aim"
    )
    return [f"`--json` writes {len(others)} more figures{verdict}."]


def _note(programs: Programs, peers: Sequence[Peer]) -> str:
    """How to read the table, and on what it was made."""
    cores = len(os.sched_getaffinity(0))
    beside = (
        ", ".join(f"{peer.name} {found.version(peer.name)}".strip() for peer in peers) or "none"
    )
    return (
        "Every figure is a median; sides are measured in turn, and the ratio is the median of the "
        "ratios within each round. Peers take part in fewer rounds, in only one where they start "
        "a thousand programs. The floor is a loop of Python's `subprocess.Popen` unless the row "
        f"says otherwise; the smallest program here is {programs.smallest_is}. Made on a "
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
    _check_files(parser, arguments)
    return arguments


def _check_files(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Before anything is measured: that takes twenty minutes."""
    for file in (arguments.json, arguments.svg):
        if file is not None and not os.access(file.parent, os.W_OK):
            parser.error(f"there is no folder {file.parent} to write {file.name} into")
    if arguments.readme is not None and (reason := readme.why_not(arguments.readme)):
        parser.error(reason)


def _names(text: str) -> list[str]:
    return [] if text == NO_PEERS else text.split(",")


def _check(parser: argparse.ArgumentParser, names: Sequence[str], known: Sequence[str]) -> None:
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"unknown {', '.join(unknown)}: choose from {', '.join(known)}")


def _memory() -> str | None:
    """A folder that is no disk, where this machine has one; None is the usual place."""
    return MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None


def _raw(size: Size, figures: Sequence[Figure], progress: Progress) -> dict[str, object]:
    machine = {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
    }
    return {
        "machine": machine,
        "size": size,
        "figures": [figure.raw() for figure in figures],
        "seconds": progress.seconds,
        "cut": progress.cuts,
        "failed": progress.failures,
    }


if __name__ == "__main__":
    main()
