"""How soon a killed program is back, beside a loop that waits for its program and starts it again.

The program is a shell that writes its process id into a FIFO. The time runs
from just before it is sent SIGKILL until its replacement's id can be read, so
on both sides it includes a start of the shell.
"""

import os
import select
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from apparatus import wire
from apparatus.figures import Figure, Size
from apparatus.processes import helper, k1s_server
from apparatus.rounds import interleaved

NAME = "restart"
ROUNDS: dict[Size, int] = {"small": 5, "full": 200}
PAUSE_S = 0.01
PATIENCE_S = 20
SHELL = "/bin/sh"
SCRIPT = 'echo $$ > "$0"; exec sleep 1000'


class Announcements:
    """A FIFO into which programs write their process ids."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        os.mkfifo(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def next(self) -> int:
        """The process id of the next program that starts."""
        ready, _, _ = select.select([self._descriptor], [], [], PATIENCE_S)
        assert ready, "no program has started"
        return int(os.read(self._descriptor, 64))

    def close(self) -> None:
        os.close(self._descriptor)


def measure(size: Size, folder: Path) -> list[Figure]:
    """Milliseconds from SIGKILL to the first command of the replacement."""
    rounds = ROUNDS[size]
    ours, floors = (Announcements(folder / name) for name in ("of-k1s", "of-the-loop"))
    try:
        with (
            k1s_server(folder / "k1s") as server,
            helper("keeper", folder / "loop", rounds + 1, SHELL, "-c", SCRIPT, floors.path),
        ):
            wire.seconds_for(server.address, [_job(ours.path)])
            k1s, floor = interleaved(rounds, _killing(ours), _killing(floors))
    finally:
        ours.close()
        floors.close()
    what = f"SIGKILL until the replacement runs, delay 0 (which is 1 ms), {rounds} times"
    return [Figure(NAME, what, "ms", k1s, floor)]


def _job(fifo: str) -> bytes:
    settings = {"maxRetry": -1, "restartDelaySeconds": 0, "maxRestartDelaySeconds": 0}
    return wire.create_job("job", SHELL, "-c", SCRIPT, fifo, **settings)


def _killing(announcements: Announcements) -> Callable[[], float]:
    """A side: kill the program that was announced last, and wait for the next one."""
    latest = [announcements.next()]
    return partial(_kill_and_wait, announcements, latest)


def _kill_and_wait(announcements: Announcements, latest: list[int]) -> float:
    time.sleep(PAUSE_S)
    begin = perf_counter()
    os.kill(latest[0], signal.SIGKILL)
    latest[0] = announcements.next()
    return (perf_counter() - begin) * 1000
