"""Many programs at once: started by k1s, by peers, and by floors that do nothing else.

Either they stay, and the time is that of the last one's first instruction. Or
each of them is `true`, and the time is that at which the end of the last one is
on record. A floor that runs `true` waits for each before it starts the next.

k1s is asked with a connection for each job, or with all of them in one line.
Beside the first stands a server that does nothing but start what it is asked
for: the rest is what k1s does for its jobs. A peer finds its jobs in its
configuration when it starts; the time that it takes with one job is taken off.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from time import monotonic, monotonic_ns, sleep

from attrs import frozen
from peers.peer import Daemon, Peer, PeerJob, standing

from . import proc, wire
from .announcements import Announcements
from .processes import Server, helper, k1s_server, script
from .rounds import interleaved
from .setting import Setting

EACH, LINE, LOOP, SMALLEST = "k1s, a connection each", "k1s, one line", "loop", "smallest"
SERVER = "smallest server"
Requests = Callable[[Sequence[wire.Job]], list[bytes]]
_PATIENCE_S = 120
_POLL_S = 0.005


@frozen
class Plan:
    """How many programs, in how many rounds, and in how many of them the peers take part.

    The smallest floor stands beside the peers only: ten thousand programs take their time.
    """

    jobs: int
    rounds: int
    peer_rounds: int = 0


@frozen
class Sample:
    """Milliseconds for each program: by the clock, and of CPU of who started them."""

    each_ms: float
    cpu_ms: float


@frozen
class Batch:
    """One side's turn: so many programs, in a folder of their own."""

    setting: Setting
    jobs: int
    is_once: bool

    def by_k1s(self, requests: Requests) -> Sample:
        """Through the socket of a server."""
        with self._told() as told, k1s_server(self.setting.folder / "k1s") as server:
            return self._asked_of(server, told, requests)

    def by_server(self) -> Sample:
        """Through the socket of the smallest server that can start them, a connection for each."""
        command = script("starting")
        with self._told() as told, helper(command, self.setting.folder / "server") as floor:
            server = Server(floor.pid, ("127.0.0.1", int(floor.listen())))
            return self._asked_of(server, told, _each)

    def by_floor(self, floor: Sequence[str]) -> Sample:
        """By a program of ours."""
        with self._told() as told:
            words = (
                ["run", "true"]
                if self.is_once
                else ["spawn", self.setting.programs.witness, told.path]
            )
            with helper([*floor, *words], self.setting.folder / "floor") as program:
                program.ask(0)  # it is there
                before, begin = proc.cpu_exact_ms(program.pid), monotonic_ns()
                program.ask(self.jobs)
                elapsed = self._end_ns(told) - begin
                return self._sample(elapsed, proc.cpu_exact_ms(program.pid) - before)

    def by_peer(self, peer: Peer) -> float:
        """By another supervisor; how many milliseconds it takes in all."""
        with self._told() as told:
            numbers = range(self.jobs)
            jobs = [PeerJob(f"job-{n}", self._command(told, n), self.is_once) for n in numbers]
            begin = monotonic_ns()
            with standing(peer, self.setting.folder / peer.name, jobs) as daemon:
                if self.is_once:
                    _wait_ended(daemon, self.jobs)
                return (self._end_ns(told) - begin) / 1e6

    def _asked_of(self, server: Server, told: Announcements, requests: Requests) -> Sample:
        jobs = [self._job(told, number) for number in range(self.jobs)]
        lines = requests(jobs)
        before, begin = proc.cpu_exact_ms(server.pid), monotonic_ns()
        for line in lines:
            reply = wire.exchange(server.address, line)
            assert b'"error":' not in reply[:9], f"the server says {reply!r}"
        if self.is_once:
            wire.wait_all_done(server.address, jobs)
        elapsed = self._end_ns(told) - begin
        return self._sample(elapsed, proc.cpu_exact_ms(server.pid) - before)

    def _told(self) -> Announcements:
        return Announcements(self.setting.folder / "fifo")

    def _job(self, told: Announcements, number: int) -> wire.Job:
        kind = "one-time" if self.is_once else "continuous"
        return wire.job(f"job-{number}", self._command(told, number), type=kind)

    def _command(self, told: Announcements, number: int) -> list[str]:
        return ["true"] if self.is_once else self.setting.programs.staying(told.path, number)

    def _end_ns(self, told: Announcements) -> int:
        """When the last program ran its first instruction; or now, if all are on record."""
        if self.is_once:
            return monotonic_ns()
        return max(announcement.ns for announcement in told.take(self.jobs))

    def _sample(self, elapsed_ns: int, cpu_ms: float) -> Sample:
        return Sample(elapsed_ns / 1e6 / self.jobs, cpu_ms / self.jobs)


def compare(setting: Setting, plan: Plan, *, is_once: bool) -> Mapping[str, list[Sample]]:
    """The samples of all sides, by their names."""
    jobs, turns = proc.room_for_processes(plan.jobs), count()

    def batch(jobs: int) -> Batch:
        return Batch(setting.within(f"{plan.jobs}-{next(turns)}"), jobs, is_once)

    def beside_one(peer: Peer) -> Sample:
        most = min(jobs, peer.jobs_max)
        whole, one = batch(most).by_peer(peer), batch(1).by_peer(peer)
        return Sample(max(whole - one, 0) / (most - 1), 0)

    programs = setting.programs
    sides = {
        EACH: lambda: batch(jobs).by_k1s(_each),
        LINE: lambda: batch(jobs).by_k1s(wire.create_jobs),
        LOOP: lambda: batch(jobs).by_floor(programs.floor_in_python),
    }
    peers = {}
    if plan.peer_rounds:
        sides[SMALLEST] = lambda: batch(jobs).by_floor(programs.smallest_floor)
        peers = {peer.name: partial(beside_one, peer) for peer in setting.peers}
        if not is_once:
            sides[SERVER] = lambda: batch(jobs).by_server()
    return interleaved(setting.progress, plan.rounds, sides, peers, plan.peer_rounds)


def _each(wanted: Sequence[wire.Job]) -> list[bytes]:
    return [wire.create_job(job) for job in wanted]


def _wait_ended(daemon: Daemon, jobs: int) -> None:
    deadline = monotonic() + _PATIENCE_S
    while (ended := daemon.ended()) < jobs:
        assert monotonic() < deadline, f"{ended} of {jobs} jobs have ended"
        sleep(_POLL_S)
