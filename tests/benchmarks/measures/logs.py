"""(e) Logs: what it costs a program that its output is kept, and what it costs its supervisor.

A program writes to its stdout as fast as it can, in pieces that are not
buffered, and says how long that took. The floor is the same program with a file
as its stdout. The CPU time is that of all processes that a side needs for
itself, until they rest again.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from apparatus import proc, wire
from apparatus.announcements import Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import k1s_server, running
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Peer, PeerJob, standing

NAME = "logs"
AIM = Aim(1.02)
AIM_CPU = Aim(0.01, of="value")
# They rest when they use less than this many milliseconds in so many seconds.
REST_MS = 1
REST_S = 0.2
PATIENCE_S = 120


@frozen
class Load:
    """So many pieces of so many bytes."""

    what: str
    pieces: int
    piece_bytes: int


@frozen
class Plan:
    loads: tuple[Load, ...]
    rounds: int
    peer_rounds: int = 1


@frozen
class Sample:
    """Seconds of writing, and seconds of CPU of who looks after it."""

    wall_s: float
    cpu_s: float


PLANS: dict[Size, Plan] = {
    "small": Plan((Load("400 kB in pieces of 4 KiB", 100, 4096),), 1),
    "full": Plan(
        (
            Load("1 GB in pieces of 4 KiB", 244_141, 4096),
            Load("200,000 lines of 80 bytes, each flushed", 200_000, 80),
        ),
        7,
    ),
}


def measure(setting: Setting) -> Iterator[Figure]:
    """Seconds until all is written, and CPU seconds of the supervisor."""
    plan = PLANS[setting.size]
    for load in plan.loads:
        setting.progress.step(load.what)
        yield from _figures(setting, load, plan)


def _figures(setting: Setting, load: Load, plan: Plan) -> list[Figure]:
    def side(start: Start) -> Callable[[], Sample]:
        return partial(_write, setting, load, start)

    samples = interleaved(
        setting.progress,
        plan.rounds,
        {"k1s": side(_k1s), "floor": side(_direct)},
        {peer.name: side(partial(_peer, peer)) for peer in setting.peers},
        plan.peer_rounds,
    )
    wall = {name: [sample.wall_s for sample in side] for name, side in samples.items()}
    cpu = {name: [sample.cpu_s for sample in side] for name, side in samples.items()}
    names = [peer.name for peer in setting.peers]
    return [
        Figure(
            NAME,
            f"{load.what}, beside a file written directly",
            "s",
            wall["k1s"],
            wall["floor"],
            [AIM],
            peers={name: wall[name] for name in names},
            picture=load.what,
            is_main=True,
        ),
        Figure(
            NAME,
            f"{load.what}: CPU of the server",
            "s",
            cpu["k1s"],
            aims=[AIM_CPU],
            may_be_zero=True,
            peers={name: cpu[name] for name in names},
            is_main=True,
        ),
    ]


Start = Callable[[Path, Sequence[str]], AbstractContextManager[Callable[[], list[int]]]]


def _write(setting: Setting, load: Load, start: Start) -> Sample:
    """One side's turn, in a folder that is gone afterwards: it may be a gigabyte."""
    with ExitStack() as stack:
        inner = setting.within("turn")
        stack.callback(shutil.rmtree, inner.folder)
        told = stack.enter_context(Announcements(inner.folder / "fifo"))
        command = [*setting.programs.writer, told.path, str(load.pieces), str(load.piece_bytes)]
        own = stack.enter_context(start(inner.folder / "side", command))
        (ready,) = told.take(1)
        before = _at_rest(own)  # what belongs to its start is done
        os.kill(ready.pid, signal.SIGUSR1)
        (written,) = told.take(1)
        cpu_ms = _at_rest(own) - before
    return Sample(written.ns / 1e9, max(cpu_ms, 0) / 1000)


@contextmanager
def _k1s(folder: Path, command: Sequence[str]) -> Iterator[Callable[[], list[int]]]:
    with k1s_server(folder) as server:
        own = [server.pid, *proc.descendants(server.pid)]
        wire.exchange(server.address, wire.create_job(wire.job("job", command)))
        yield lambda: own


@contextmanager
def _direct(folder: Path, command: Sequence[str]) -> Iterator[Callable[[], list[int]]]:
    with running(command, folder):
        yield list


@contextmanager
def _peer(peer: Peer, folder: Path, command: Sequence[str]) -> Iterator[Callable[[], list[int]]]:
    with standing(peer, folder, [PeerJob("job", command, is_logged=True)]) as daemon:
        yield daemon.pids


def _at_rest(own: Callable[[], list[int]]) -> float:
    """The CPU time that they have used (ms), once they use no more."""
    deadline = time.monotonic() + PATIENCE_S
    before, now = -1.0, _cpu_ms(own())
    while now - before > REST_MS:
        assert time.monotonic() < deadline, "they do not come to rest"
        time.sleep(REST_S)
        before, now = now, _cpu_ms(own())
    return now


def _cpu_ms(own: Sequence[int]) -> float:
    return sum(map(proc.cpu_exact_ms, own))
