"""The world around a simulated server: its clients, its disk and its clocks, hour by hour."""

from collections.abc import Callable
from random import Random
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1
from typing import Final

from attrs import define, field

from k1s.job import State
from k1s.protocol import (
    CreateJob,
    CreateJobs,
    DeleteJob,
    GetAllJobs,
    GetJobById,
    KillJob,
    Request,
    RestartJob,
    SignalJob,
    StartJob,
    WaitJob,
)

from .accounts import MISSED, Fate, Tick, timetable
from .agenda import Agenda
from .programs import HOUR_S, MINUTE_S, invent_spec
from .server import Server

FIRST_S: Final = 1_000.0
WALL_AHEAD_S: Final = 1_800_000_000.0
YEAR_S: Final = 365 * 24 * HOUR_S
IDS: Final = tuple(f"job-{number:02}" for number in range(26))
STALLS_S: Final = (0.5, 20, 10 * MINUTE_S, 2 * HOUR_S)
ORDERS: Final = (
    *("create", "create", "create", "several", "kill", "delete", "start", "start"),
    *("restart", "restart", "signal", "wait", "look", "list"),
)
JUMPS_S: Final = (-YEAR_S, YEAR_S, -HOUR_S, HOUR_S, -0.5, 0.5)
ORDER_EVERY_S: Final = 20 * MINUTE_S
SECOND_THOUGHT: Final = 0.5
SECOND_THOUGHT_S: Final = 1.0
STALL_EVERY_S: Final = 3 * HOUR_S
JUMP_EVERY_S: Final = 2 * HOUR_S
DISK_FILLS_EVERY_S: Final = 4 * HOUR_S
DISK_IS_FULL_S: Final = 20 * MINUTE_S
# Longer than any stall, and than what programs leave behind.
LAST_ENDS_S: Final = 4 * HOUR_S


@define(eq=False)
class Days:
    """A server and its world from one seed. `sets_clock` is whether anybody sets the wall clock."""

    seed: int
    sets_clock: bool = True
    server: Server = field(init=False)
    timetables: list[tuple[str, list[Tick]]] = field(factory=list, init=False)
    ordered_runs: int = field(default=0, init=False)
    _clients: Random = field(init=False)
    _is_over: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._clients = self._random("clients")
        agenda = Agenda(FIRST_S, self._random("order"))
        self.server = Server(agenda, self._random("programs"), self._random("wakes"), WALL_AHEAD_S)

    def play(self, hours: float) -> None:
        """Let so many hours pass, then stop the server and see it to its end."""
        specs = [invent_spec(job_id, self._clients) for job_id in IDS]
        self.server.ask(CreateJobs(tuple(specs)))
        self._again_and_again(ORDER_EVERY_S, self._clients, self._order)
        self._again_and_again(STALL_EVERY_S, self._random("stalls"), self._stall)
        self._again_and_again(DISK_FILLS_EVERY_S, self._random("disk"), self._fill_disk)
        self._again_and_again(JUMP_EVERY_S, self._random("clock"), self._set_clock)
        self._play(hours * HOUR_S)
        self._is_over = True
        self.server.stop()
        self._play(LAST_ENDS_S)
        self._close()

    def _random(self, purpose: str) -> Random:
        """Each purpose has numbers of its own, so that one does not shift those of another."""
        return Random(f"{self.seed} {purpose}")

    def _play(self, seconds: float) -> None:
        self.server.agenda.play(self.server.agenda.time + seconds)

    def _again_and_again(self, every: float, random: Random, act: Callable[[Random], None]) -> None:
        def once() -> None:
            if not self._is_over:
                act(random)
                plan()

        def plan() -> None:
            agenda = self.server.agenda
            agenda.at(agenda.time + random.expovariate(1 / every), once)

        plan()

    def _order(self, random: Random) -> None:
        """Somebody orders something of a job, and often something else soon afterwards."""
        job_id, agenda = random.choice(IDS), self.server.agenda

        def ask() -> None:
            if self._is_over:
                return
            self.server.ask(self._request(job_id, random))
            if random.random() < SECOND_THOUGHT:
                agenda.at(agenda.time + random.expovariate(1 / SECOND_THOUGHT_S), ask)

        ask()

    @staticmethod
    def _request(job_id: str, random: Random) -> Request:  # noqa: PLR0911 -- a line for each order
        match random.choice(ORDERS):
            case "create":
                return CreateJob(invent_spec(job_id, random))
            case "several":
                ids = dict.fromkeys((job_id, random.choice(IDS)))
                return CreateJobs(tuple(invent_spec(each, random) for each in ids))
            case "start":
                return StartJob(job_id)
            case "restart":
                return RestartJob(job_id)
            case "signal":
                return SignalJob(job_id, random.choice((SIGHUP, SIGUSR1, SIGKILL)))
            case "wait":
                return WaitJob(job_id, random.choice((None, *State)))
            case "kill":
                return KillJob(job_id, random.choice((SIGINT, SIGTERM, SIGKILL)))
            case "delete":
                return DeleteJob(job_id)
            case "look":
                return GetJobById(job_id)
            case _:
                return GetAllJobs()

    def _stall(self, random: Random) -> None:
        span = random.choice(STALLS_S)
        self.server.note("stalled", span)
        self.server.agenda.stall(span)

    def _set_clock(self, random: Random) -> None:
        span = random.choice(JUMPS_S)
        self.server.note("set-clock", span)
        self.server.wall_ahead += span if self.sets_clock else 0

    def _fill_disk(self, random: Random) -> None:
        def empty() -> None:
            self.server.engine.disk_is_full = False

        self.server.engine.disk_is_full = True
        self.server.note("disk-full")
        agenda = self.server.agenda
        agenda.at(agenda.time + random.expovariate(1 / DISK_IS_FULL_S), empty)

    def _close(self) -> None:
        """In the end nothing is left, and every tick of every job is accounted for."""
        server = self.server
        assert not server.engine.processes
        assert not server.timers
        assert not server.waiting
        left = zip(server.jobs, server.accounts.values(), strict=True)
        for job, account in [*server.closed, *left]:
            ticks = timetable(account)
            ran = [tick for tick in ticks if tick.fate is Fate.RAN]
            missed = [tick for tick in ticks if tick.fate in MISSED]
            ordered = sum(len(life.extra) for life in account.lives)
            if ticks:
                firsts = len(account.lives)
                assert job.run_count == firsts + ordered + len(ran), job
                assert job.missed_count == len(missed), job
                self.ordered_runs += ordered
            self.timetables.append((f"{job.id} {job.creation}", ticks))


def play(seed: int, hours: float = 24, *, sets_clock: bool = True) -> Days:
    """The days of one seed; a failure says how to see them again, and what happened last."""
    days = Days(seed, sets_clock)
    try:
        days.play(hours)
    except AssertionError as failure:
        last = "\n".join(days.server.trace[-30:])
        failure.add_note(f"To see it again: python -m simulation {seed} {hours:g}\n{last}")
        raise
    return days
