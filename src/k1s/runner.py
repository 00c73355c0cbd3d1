"""Carries out what the registry decides: one loop between the pure core and the world.

Effects go to the engine, the timers, the error logs and the waiting clients;
what comes of them goes back as facts. Everything happens in the one thread of
the event loop, one order at a time, so that an order and all that it sets off
is done before the next one begins. Only starts may have to queue, when one
order asks for many at once: the core knows that a start takes time.
"""

import asyncio
import logging
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from signal import SIGCHLD
from typing import Final, assert_never

from attrs import define, field

from k1s.config import LogsConfig
from k1s.engines.keeper import Keeper
from k1s.engines.local import LocalEngine, become_subreaper
from k1s.engines.spawn import keep_descriptors
from k1s.errors import RequestError, StartError
from k1s.events import (
    Answer,
    Effect,
    Ended,
    Fact,
    Moved,
    Notify,
    NotStarted,
    Publish,
    ReadLogs,
    Record,
    RemoveLogs,
    Run,
    SendSignal,
    Start,
    Started,
    Ticket,
    Wake,
    Watch,
)
from k1s.job import Moment
from k1s.logkeeper import LogKeeper
from k1s.protocol import Refusal, Reply, Request
from k1s.registry import Registry
from k1s.streams import Feed, Source
from k1s.transition import Trigger

REVIVAL_PAUSE_S: Final = 1
# So long programs are started before others have their turn.
STARTS_S_MAX: Final = 0.02
# Two clocks that are read further apart would not tell one time.
CLOCKS_APART_S_MAX: Final = 0.001
CLOCK_TRIES_MAX: Final = 5

_log = logging.getLogger(__name__)


def now() -> Moment:
    """The present on the clocks of this machine, which are read together.

    If somebody else had the processor between the two, what is due would be told wrongly.
    """
    for _ in range(CLOCK_TRIES_MAX):
        monotonic, wall = time.monotonic(), time.time()
        if time.monotonic() - monotonic < CLOCKS_APART_S_MAX:
            break
    return Moment(monotonic, wall)


@contextmanager
def _exits_merged() -> Iterator[None]:
    """Let all exits meanwhile be told by one signal.

    When a server with thousands of jobs stops, they end faster than the event
    loop comes to hear of it. Each signal is a byte in a pipe of the loop, which
    has room for some hundred; one that finds it full is lost, be it the SIGTERM
    of somebody impatient. Not to be used where a program may be started, for it
    would inherit that the signal is blocked.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (SIGCHLD,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (SIGCHLD,))


@define(eq=False, repr=False)
class Runner:
    """Drives one registry with real processes and real time, from inside an event loop.

    What clients are told goes to `answer`, once, or to `stream`, as it comes.
    """

    registry: Registry
    answer: Callable[[Ticket, Reply], None]
    stream: Callable[[Ticket, Source], None]
    logs: LogsConfig = field(factory=LogsConfig)
    _engine: LocalEngine = field(init=False)
    _keeper: Keeper = field(init=False)
    _log_keeper: LogKeeper = field(init=False)
    _feed: Feed = field(init=False)
    _starts: deque[Start] = field(factory=deque, init=False)
    _is_starting: bool = field(default=False, init=False)
    _timers: dict[str, asyncio.TimerHandle] = field(factory=dict, init=False)
    _idle: asyncio.Event = field(factory=asyncio.Event, init=False)
    _reaping: asyncio.TimerHandle | None = field(default=None, init=False)
    _revival: asyncio.TimerHandle | None = field(default=None, init=False)
    _stopping: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._engine = LocalEngine(self._tell)
        self._keeper = Keeper(self._engine.server_mark)
        self._log_keeper = LogKeeper(self.logs)
        self._feed = Feed(self.registry.journal, asyncio.get_running_loop().call_soon)

    def open(self) -> None:
        """Begin to hear of the ends of processes, and see to it that none outlives the server."""
        become_subreaper()
        keep_descriptors()
        self._guard()
        asyncio.get_running_loop().add_signal_handler(SIGCHLD, self._reap)
        self._log_keeper.open()

    def handle(self, request: Request, ticket: Ticket) -> None:
        """Take a client's request; `answer` is called with its ticket now or later."""
        self._perform(self.registry.handle(request, ticket, now()))

    def forget(self, ticket: Ticket) -> None:
        """A client who waits for an answer is gone, or waits no more."""
        self.registry.forget(ticket)

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stopping

    def stop(self) -> None:
        """Begin to end every job; called again, end them at once."""
        self._stopping = True
        with _exits_merged():
            self._perform(self.registry.stop(now()))
        self._note_idleness()

    async def wait_stopped(self) -> None:
        """Return when, after `stop`, the last process is gone."""
        await self._idle.wait()

    def close(self) -> None:
        """Let go of the logs, of which nothing more is told."""
        self._keeper.stop()
        self._log_keeper.close()

    def _perform(self, effects: Iterable[Effect]) -> None:
        """Carry out effects in order; those that follow from one come before the next one."""
        pending = deque(effects)
        ends = time.monotonic() + STARTS_S_MAX
        while pending:
            effect = pending.popleft()
            if isinstance(effect, Start) and (self._starts or time.monotonic() > ends):
                self._put_off(effect)
            else:
                pending.extendleft(reversed(self._carry_out(effect)))

    def _carry_out(self, effect: Effect) -> list[Effect]:
        match effect:
            case Start():
                return self._start(effect)
            case SendSignal():
                self._engine.signal(effect.run, effect.signal)
            case Notify():
                self._engine.notify(effect.run, effect.signal)
            case Record():
                self._log_keeper.append(effect.path, effect.line)
            case Wake():
                self._set_timer(effect)
            case Answer():
                self.answer(effect.ticket, effect.reply)
            case Publish():
                self._publish(effect)
            case Watch():
                self.stream(effect.ticket, self._feed.watch(effect.known, effect.job_ids))
            case ReadLogs():
                self._read_logs(effect)
            case RemoveLogs():
                self._log_keeper.remove(effect)
            case Moved():
                raise AssertionError("the registry publishes every move")
            case _:
                assert_never(effect)
        return []

    def _publish(self, effect: Publish) -> None:
        self._feed.publish()
        if effect.transition.trigger is Trigger.DELETE:
            self._log_keeper.job_gone(effect.transition.job_id)

    def _read_logs(self, effect: ReadLogs) -> None:
        try:
            source = self._log_keeper.source(effect.logs, effect.lines, follow=effect.follow)
        except RequestError as error:
            self.answer(effect.ticket, Refusal(error.message, error.code))
        else:
            self.stream(effect.ticket, source)

    def _put_off(self, effect: Start) -> None:
        self._starts.append(effect)
        self._start_soon()

    def _start_soon(self) -> None:
        if not self._is_starting:
            self._is_starting = True
            asyncio.get_running_loop().call_soon(self._start_some)

    def _start_some(self) -> None:
        self._is_starting = False
        ends = time.monotonic() + STARTS_S_MAX
        while self._starts and time.monotonic() < ends:
            self._perform(self._start(self._starts.popleft()))
        if self._starts:
            self._start_soon()

    def _start(self, effect: Start) -> list[Effect]:
        fact: Fact
        try:
            self._log_keeper.begin(effect.run, effect.spec)
            fact = Started(self._engine.start(effect.run, effect.spec))
        except Exception as error:  # a job whose run is never told of could not even be deleted
            self._log_keeper.end(effect.run)
            fact = NotStarted(_reason(error))
        return self.registry.tell(effect.run, fact, now())

    def _set_timer(self, effect: Wake) -> None:
        timer = self._timers.pop(effect.job_id, None)
        if timer is not None:
            timer.cancel()
        if effect.at is not None:
            # The loop's own clock is the monotonic one.
            self._timers[effect.job_id] = asyncio.get_running_loop().call_at(
                effect.at, self._wake, effect.job_id
            )

    def _wake(self, job_id: str) -> None:
        del self._timers[job_id]
        self._perform(self.registry.wake(job_id, now()))

    def _tell(self, run: Run, fact: Fact) -> None:
        if isinstance(fact, Ended):
            self._log_keeper.end(run)
        self._perform(self.registry.tell(run, fact, now()))

    def _guard(self) -> None:
        self._revival = None
        self._engine.others.add(self._keeper.start())

    def _reap(self) -> None:
        wait_s: float | None = 0  # if a report fails, there are others to be told
        try:
            with _exits_merged() if self._stopping else nullcontext():
                wait_s = self._engine.reap()
        finally:
            self._set_reap_timer(wait_s)
        if not self._engine.others and self._revival is None:
            later = asyncio.get_running_loop().call_later
            self._revival = later(REVIVAL_PAUSE_S, self._guard)
        self._note_idleness()

    def _set_reap_timer(self, wait_s: float | None) -> None:
        if self._reaping is not None:
            self._reaping.cancel()
            self._reaping = None
        if wait_s is not None:
            self._reaping = asyncio.get_running_loop().call_later(wait_s, self._reap)

    def _note_idleness(self) -> None:
        """Strays come last: each that ends may leave more, and its end brings us back here."""
        if self._stopping and self._engine.is_idle and not self._engine.end_strays():
            self._idle.set()


def _reason(error: Exception) -> str:
    """Why a run could not be started; a mistake of ours ends one run and no more."""
    if isinstance(error, StartError):
        return str(error)
    _log.error("a start failed", exc_info=error)
    return "k1s made a mistake (the server's output says which)"
