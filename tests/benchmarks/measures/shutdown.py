"""(j) The end of a server with many jobs, and its restart with the same ones.

Shutdown runs from SIGTERM until nothing of it is left; the restart from there
until the last program's first instruction. k1s is given the jobs in one line,
a peer finds them in its configuration, and the floor is a loop that starts,
and ends, programs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic_ns

from apparatus import limits, proc, wire
from apparatus.announcements import Announcements
from apparatus.figures import Figure, Size
from apparatus.processes import helper, k1s_server
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Peer, PeerJob

NAME = "shutdown"


@frozen
class Plan:
    jobs: int
    rounds: int
    peer_rounds: int = 1


@frozen
class Sample:
    """Milliseconds in all."""

    shutdown: float
    restart: float


PLANS: dict[Size, Plan] = {"small": Plan(3, 1), "full": Plan(1000, 3)}


def measure(setting: Setting) -> list[Figure]:
    """Milliseconds, beside a loop of `Popen` and the peers."""
    plan, turns = PLANS[setting.size], count()

    def side(start: Start) -> Callable[[], Sample]:
        return partial(_turn, start, setting, plan, turns)

    samples = interleaved(
        setting.progress,
        plan.rounds,
        {"k1s": side(_k1s), "floor": side(_loop)},
        {peer.name: side(partial(_peer, peer)) for peer in setting.peers},
        plan.peer_rounds,
    )

    def figure(what: str, key: str) -> Figure:
        times = {name: [getattr(s, key) for s in side] for name, side in samples.items()}
        peers = {peer.name: times[peer.name] for peer in setting.peers}
        text = f"{what} with {plan.jobs:,} jobs"
        times_of_two = times["k1s"], times["floor"]
        return Figure(NAME, text, "ms", *times_of_two, peers=peers, picture=text, is_main=True)

    return [figure("shutdown", "shutdown"), figure("start again", "restart")]


Start = Callable[[Setting, Announcements, int], Iterator[None]]


def _turn(start: Start, setting: Setting, plan: Plan, turns: "count[int]") -> Sample:
    inner = setting.within(f"turn-{next(turns)}")
    begin_again = contextmanager(start)
    with _swept(inner.folder), Announcements(inner.folder / "fifo") as told:
        with begin_again(inner.within("first"), told, plan.jobs):
            told.take(plan.jobs)
            asked = monotonic_ns()
        over = monotonic_ns()
        with begin_again(inner.within("second"), told, plan.jobs):
            last = max(announcement.ns for announcement in told.take(plan.jobs))
            with limits.unhurried():  # this end is not measured, and may take a minute
                proc.end_all_below(inner.folder)
    return Sample((over - asked) / 1e6, (last - over) / 1e6)


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """Who is cut while it ends leaves its programs behind."""
    try:
        yield
    except BaseException:
        with limits.unhurried():
            proc.end_all_below(folder)
        raise


def _k1s(setting: Setting, told: Announcements, jobs: int) -> Iterator[None]:
    wanted = [wire.job(f"job-{n}", setting.programs.staying(told.path, n)) for n in range(jobs)]
    with k1s_server(setting.folder / "k1s") as server:
        for line in wire.create_jobs(wanted):
            wire.exchange(server.address, line)
        yield


def _loop(setting: Setting, told: Announcements, jobs: int) -> Iterator[None]:
    command = [*setting.programs.floor_in_python, "spawn", setting.programs.witness, told.path]
    with helper(command, setting.folder / "loop") as loop:
        loop.ask(jobs)
        yield


def _peer(peer: Peer, setting: Setting, told: Announcements, jobs: int) -> Iterator[None]:
    wanted = [PeerJob(f"job-{n}", setting.programs.staying(told.path, n)) for n in range(jobs)]
    with peer.running(setting.folder / peer.name, wanted):
        yield
