"""(c) Restart: from SIGKILL by somebody else until the replacement's first instruction.

All sides stand ready at once, each with one program, and every round kills each
of them. Nobody has a reason to hold a restart back: runit and s6 do so within a
second of the last start, and each program runs for longer than that.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from apparatus import wire
from apparatus.announcements import Announcements
from apparatus.figures import Aim, Figure, Size
from apparatus.guests import Guests
from apparatus.processes import helper, k1s_server
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import define, frozen
from peers.peer import Peer, PeerJob, standing

NAME = "restart"
AIM = Aim(1, of="runit")
AT_ONCE = {"maxRetry": -1, "restartDelaySeconds": 0, "maxRestartDelaySeconds": 0}


@frozen
class Plan:
    """How long each program runs at least, and how long nothing happens before it is killed."""

    rounds: int
    peer_rounds: int
    runs_s: float
    pause_s: float


PLANS: dict[Size, Plan] = {"small": Plan(3, 3, 0.01, 0.01), "full": Plan(25, 10, 1.1, 0.1)}


def measure(setting: Setting) -> list[Figure]:
    """Milliseconds, at the smallest delay that each side allows."""
    plan, guests = PLANS[setting.size], Guests(setting.progress)
    with ExitStack() as stack:

        def side(name: str, start: Start) -> Callable[[], float]:
            return stack.enter_context(_side(start, setting.within(name), plan))

        sides = {"k1s": side("k1s", _by_k1s), "floor": side("floor", _by_floor)}
        peers: dict[str, Callable[[], float]] = {}
        for peer in setting.peers:
            if kill := guests.host(peer.name, partial(side, peer.name, partial(_by_peer, peer))):
                peers[peer.name] = kill
        samples = interleaved(setting.progress, plan.rounds, sides, peers, plan.peer_rounds)
    return [
        Figure(
            NAME,
            f"SIGKILL until the replacement runs, beside {setting.programs.smallest_is}",
            "ms",
            samples["k1s"],
            samples["floor"],
            [AIM],
            peers={peer.name: samples.get(peer.name, []) for peer in setting.peers},
            picture="restart",
            is_main=True,
        )
    ]


Start = Callable[[Setting, Sequence[str], ExitStack], None]


@contextmanager
def _side(start: Start, setting: Setting, plan: Plan) -> Iterator[Callable[[], float]]:
    with Announcements(setting.folder / "fifo") as told, ExitStack() as stack:
        start(setting, setting.programs.staying(told.path, 0), stack)
        latest = _Latest(told.take(1)[0].pid, time.monotonic())
        yield partial(_kill_and_wait, told, latest, plan)


def _by_k1s(setting: Setting, command: Sequence[str], stack: ExitStack) -> None:
    server = stack.enter_context(k1s_server(setting.folder / "server"))
    wire.exchange(server.address, wire.create_job(wire.job("job", command, **AT_ONCE)))


def _by_floor(setting: Setting, command: Sequence[str], stack: ExitStack) -> None:
    times = PLANS[setting.size].rounds + 1
    keep = [*setting.programs.smallest_floor, "keep", times, *command]
    stack.enter_context(helper(keep, setting.folder / "loop"))


def _by_peer(peer: Peer, setting: Setting, command: Sequence[str], stack: ExitStack) -> None:
    stack.enter_context(standing(peer, setting.folder / "daemon", [PeerJob("job", command)]))


@define
class _Latest:
    """The program that runs, and since when."""

    pid: int
    since_s: float


def _kill_and_wait(told: Announcements, latest: _Latest, plan: Plan) -> float:
    time.sleep(max(latest.since_s + plan.runs_s - time.monotonic(), plan.pause_s))
    begin = time.monotonic_ns()
    os.kill(latest.pid, signal.SIGKILL)
    announcement = told.take(1)[0]
    latest.pid, latest.since_s = announcement.pid, time.monotonic()
    return (announcement.ns - begin) / 1e6
