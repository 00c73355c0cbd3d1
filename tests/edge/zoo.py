"""A zoo of programs that try to outlive their run. Run as a program, by path: `zoo.py KIND FILE`.

Each writes the ids of all its processes to FILE, one a line, and then either
its main process exits (`exit`) or stays (`stay`). Only the standard library is
used, and as little of it as possible, for it is started often.
"""

from __future__ import annotations

import _signal as signal  # without the enums, which take as long as all the rest
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FOREVER_S = 1_000


def main() -> None:
    kind, path, then = sys.argv[1:4]
    reports = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    ANIMALS[kind](reports)
    report(reports, b"main")
    if then == "stay":
        time.sleep(FOREVER_S)


def report(reports: int, word: bytes = b"here") -> None:
    os.write(reports, b"%s %d\n" % (word, os.getpid()))


def stay(reports: int) -> None:
    report(reports)
    while True:
        time.sleep(FOREVER_S)


def forked(body: Callable[[], None]) -> None:
    if os.fork() == 0:
        try:
            body()
        finally:
            os._exit(0)


def deaf() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)


def child(reports: int) -> None:
    forked(lambda: stay(reports))


def grandchildren(reports: int) -> None:
    def body() -> None:
        forked(lambda: (forked(lambda: stay(reports)), stay(reports)))
        stay(reports)

    forked(body)


def own_group(reports: int) -> None:
    forked(lambda: (os.setpgid(0, 0), stay(reports)))


def own_session(reports: int) -> None:
    forked(lambda: (os.setsid(), stay(reports)))


def daemon(reports: int) -> None:
    forked(lambda: (os.setsid(), forked(lambda: stay(reports))))


def orphan_in_group(reports: int) -> None:
    forked(lambda: forked(lambda: stay(reports)))


def deaf_child(reports: int) -> None:
    forked(lambda: (deaf(), stay(reports)))


def deaf_daemon(reports: int) -> None:
    forked(lambda: (os.setsid(), deaf(), forked(lambda: (os.setsid(), stay(reports)))))


def closed_daemon(reports: int) -> None:
    def body() -> None:
        report(reports)
        os.closerange(0, 1 << 10)
        while True:
            time.sleep(FOREVER_S)

    forked(lambda: (os.setsid(), forked(body)))


def bare_daemon(reports: int) -> None:
    def body() -> None:
        report(reports)
        os.chdir("/")
        os.execve("/bin/sleep", ["sleep", str(FOREVER_S)], {})

    forked(lambda: (os.setsid(), forked(body)))


def stopped_daemon(reports: int) -> None:
    def body() -> None:
        report(reports)
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(FOREVER_S)

    forked(lambda: (os.setsid(), forked(body)))


def hopper(reports: int) -> None:
    """Nothing but forking and exiting, each time into a session of its own.

    No look at a list of processes can be trusted to see it, so it has a pulse:
    a file that changes with every generation.
    """
    pulse = os.open(f"{sys.argv[2]}.pulse", os.O_WRONLY | os.O_CREAT, 0o600)

    def body() -> None:
        report(reports)
        generation = 0
        while True:
            if os.fork():
                os._exit(0)
            os.setsid()
            generation += 1
            os.pwrite(pulse, b"%d" % generation, 0)

    forked(lambda: (os.setsid(), forked(body)))


def brood(reports: int) -> None:
    """A hundred and twenty-eight processes, each in a group of its own, in a tree seven deep."""

    def body() -> None:
        for _ in range(7):
            os.fork()
            os.setpgid(0, 0)
        stay(reports)

    forked(lambda: (os.setsid(), forked(body)))


def breeder(reports: int) -> None:
    """Goes on bearing short-lived children in sessions of their own while it is swept."""

    def born() -> None:
        os.setsid()
        time.sleep(0.05)

    def body() -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        report(reports)
        while True:
            forked(born)
            time.sleep(0.002)

    forked(lambda: (os.setsid(), forked(body)))


def late_riser(reports: int) -> None:
    """Reacts to the stop signal by starting a daemon."""

    def woken(*_: object) -> None:
        daemon(reports)
        os._exit(0)

    signal.signal(signal.SIGINT, woken)


ANIMALS: dict[str, Callable[[int], None]] = {
    animal.__name__: animal
    for animal in (
        child,
        grandchildren,
        own_group,
        own_session,
        daemon,
        orphan_in_group,
        deaf_child,
        deaf_daemon,
        closed_daemon,
        bare_daemon,
        stopped_daemon,
        hopper,
        brood,
        breeder,
        late_riser,
    )
}

if __name__ == "__main__":
    main()
