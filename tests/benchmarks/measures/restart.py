"""(c) Restart: from SIGKILL by somebody else until the replacement's first instruction.

All sides stand ready at once, each with one program, and every round kills each
of them. The rounds are so far apart that nobody has a reason to hold a restart
back: runit and s6 do so within a second of the last start.
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
from apparatus.processes import helper, k1s_server
from apparatus.rounds import interleaved
from apparatus.setting import Setting
from attrs import frozen
from peers.peer import Peer, PeerJob

NAME = "restart"
AIM = Aim(1, of="runit")
AT_ONCE = {"maxRetry": -1, "restartDelaySeconds": 0, "maxRestartDelaySeconds": 0}


@frozen
class Plan:
    rounds: int
    pause_s: float


PLANS: dict[Size, Plan] = {"small": Plan(3, 0.01), "full": Plan(25, 1.1)}


def measure(setting: Setting) -> list[Figure]:
    """Milliseconds, at the smallest delay that each side allows."""
    plan = PLANS[setting.size]
    with ExitStack() as stack:
        sides = {
            name: stack.enter_context(_side(start, setting.within(name), plan))
            for name, start in _starts(setting).items()
        }
        samples = interleaved(plan.rounds, sides)
    peers = {peer.name: samples[peer.name] for peer in setting.peers}
    what = f"SIGKILL until the replacement runs, beside {setting.programs.smallest_is}"
    return [
        Figure(
            NAME, what, "ms", samples["k1s"], samples["floor"], AIM, peers=peers, picture="restart"
        )
    ]


Start = Callable[[Setting, Sequence[str], ExitStack], None]


def _starts(setting: Setting) -> dict[str, Start]:
    """How each side gets its program to run."""
    return {
        "k1s": _by_k1s,
        "floor": _by_floor,
        **{peer.name: partial(_by_peer, peer) for peer in setting.peers},
    }


@contextmanager
def _side(start: Start, setting: Setting, plan: Plan) -> Iterator[Callable[[], float]]:
    with Announcements(setting.folder / "fifo") as told, ExitStack() as stack:
        start(setting, setting.programs.staying(told.path, 0), stack)
        yield partial(_kill_and_wait, told, [told.take(1)[0].pid], plan.pause_s)


def _by_k1s(setting: Setting, command: Sequence[str], stack: ExitStack) -> None:
    server = stack.enter_context(k1s_server(setting.folder / "server"))
    wire.exchange(server.address, wire.create_job(wire.job("job", command, **AT_ONCE)))


def _by_floor(setting: Setting, command: Sequence[str], stack: ExitStack) -> None:
    times = PLANS[setting.size].rounds + 1
    keep = [*setting.programs.smallest_floor, "keep", times, *command]
    stack.enter_context(helper(keep, setting.folder / "loop"))


def _by_peer(peer: Peer, setting: Setting, command: Sequence[str], stack: ExitStack) -> None:
    stack.enter_context(peer.running(setting.folder / "daemon", [PeerJob("job", command)]))


def _kill_and_wait(told: Announcements, latest: list[int], pause_s: float) -> float:
    time.sleep(pause_s)
    begin = time.monotonic_ns()
    os.kill(latest[0], signal.SIGKILL)
    announcement = told.take(1)[0]
    latest[0] = announcement.pid
    return (announcement.ns - begin) / 1e6
