"""What the measures want of another supervisor.

A peer runs in the foreground of a folder of its own, with its jobs in its
configuration from the start: that is the fastest way that each of them has.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from apparatus import limits, proc
from attrs import field, frozen

Address = tuple[str, int]


@frozen
class PeerJob:
    """A program that is started again whenever it ends, as promptly as the peer can; or once only.

    `is_logged` has the peer keep what it writes in files, by whatever it offers for that.
    """

    name: str
    command: Sequence[str]
    is_once: bool = False
    is_logged: bool = False


@frozen
class Questions:
    """Requests over TCP, a connection each: for the state of one job, and of all."""

    address: Address
    one: bytes
    all: bytes


@frozen
class Daemon:
    """A peer that runs.

    `pids` are the processes that it needs for itself, and none of its jobs.
    `ended` is how many of the jobs that run once it has seen to their end.
    """

    pids: Callable[[], list[int]]
    ended: Callable[[], int]
    list_command: Sequence[str] = ()
    environment: Mapping[str, str] = field(factory=dict)
    questions: Questions | None = None


class Peer(Protocol):
    """Another supervisor that is installed here."""

    @property
    def name(self) -> str:
        """What it is called in the table."""
        ...

    @property
    def jobs_max(self) -> int:
        """How many jobs it can have."""
        ...

    @property
    def answers(self) -> bool:
        """Whether it answers over TCP, a connection for each request: see `Questions`."""
        ...

    def running(self, folder: Path, jobs: Sequence[PeerJob]) -> AbstractContextManager[Daemon]:
        """Start it, which may return before its jobs run; at the end all of it is gone."""
        ...


Running = Iterator[Daemon]


@contextmanager
def standing(peer: Peer, folder: Path, jobs: Sequence[PeerJob]) -> Running:
    """A peer that runs, and is killed with its jobs: some take a minute to end by themselves."""
    with peer.running(folder, jobs) as daemon:
        try:
            yield daemon
        finally:
            with limits.unhurried():
                proc.end_all_below(folder)
