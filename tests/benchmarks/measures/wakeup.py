"""How soon who watches is told of a move, after the moment that the server gives it.

One job after the other is made and deleted; a watcher that has nothing else to
do notes when it hears of each move. Beside it stand other watchers, who are
told as well. The server's stamps have milliseconds, and so has what is measured.
"""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime

from apparatus import wire
from apparatus.figures import Aim, Figure, Size
from apparatus.processes import k1s_server
from apparatus.setting import Setting
from attrs import frozen

NAME = "wake-up"
AIM = Aim(20, of="value")
WATCH = wire.line({"command": "watch-jobs"})
TIMEOUT_S = 60


@frozen
class Plan:
    others: tuple[int, ...]
    jobs: int


PLANS: dict[Size, Plan] = {"small": Plan((1,), 3), "full": Plan((0, 500), 200)}


def measure(setting: Setting) -> Iterator[Figure]:
    """Milliseconds from a move to its news."""
    plan = PLANS[setting.size]
    for others in plan.others:
        yield _measure(setting, plan, others)


def _measure(setting: Setting, plan: Plan, others: int) -> Figure:
    folder = setting.within(f"{others}-others").folder
    with k1s_server(folder / "k1s") as server, ExitStack() as stack:
        for _ in range(others):
            stack.enter_context(_watch(server.address))
        watcher = stack.enter_context(_watch(server.address))
        lines = _lines(watcher)
        late_ms: list[float] = []
        for number in range(plan.jobs):
            job_id = f"job-{number}"
            job = {"id": job_id, "type": "one-time", "executable": "/bin/true"}
            wire.exchange(server.address, wire.create_job(job))
            late_ms += [next(lines) for _ in ("create", "start", "succeed")]
            wire.exchange(server.address, wire.line({"command": "delete-job", "jobId": job_id}))
            late_ms.append(next(lines))
    beside = f", beside {others:,} others" if others else ""
    what = f"a move until a watcher hears of it{beside}; median of {len(late_ms)}"
    is_main = others == max(plan.others)
    return Figure(NAME, what, "ms", late_ms, aims=[AIM], may_be_zero=True, is_main=is_main)


def _watch(address: wire.Address) -> socket.socket:
    watcher = socket.create_connection(address, TIMEOUT_S)
    watcher.sendall(WATCH)
    wire.exchange(address, wire.ALL_JOBS)  # the server takes lines in their order
    return watcher


def _lines(watcher: socket.socket) -> Iterator[float]:
    """How late each move is heard of, in milliseconds."""
    with watcher.makefile("rb") as file:
        for line in file:
            heard = time.time()
            at = datetime.fromisoformat(json.loads(line)["at"]).timestamp()
            yield max(heard - at, 0) * 1000
