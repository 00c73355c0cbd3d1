"""The server: where it listens, the signals that end it, and the composition of all parts."""

import asyncio
import gc
import logging
import os
import pwd
import resource
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from attrs import evolve

from k1s import __version__
from k1s.events import Ticket
from k1s.job import Job, JobSpec, State
from k1s.jobsfile.parsing import JobsFile
from k1s.journal import Journal
from k1s.lifecycle import UNKILLABLE_S
from k1s.limits import Limits
from k1s.notifying import Notifier
from k1s.port.acceptor import Acceptor, Crowd
from k1s.port.connection import Connection
from k1s.port.doors import Door, open_doors
from k1s.port.terms import Terms
from k1s.protocol import CREATED_AT_ONCE_MAX, CreateJobs, JobsReply, Reply
from k1s.queries import Identity
from k1s.registry import Registry
from k1s.runner import Runner
from k1s.streams import Source
from k1s.views import JobView

# Kept free for starting programs and writing logs, however many clients there are.
RESERVED_DESCRIPTORS: Final = 64
# Of the jobs of the server's file that could not be started.
NOT_STARTED_TOLD_MAX: Final = 10
_log = logging.getLogger(__name__)
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve(
    file: JobsFile, announce: Callable[[str], None], tell_stop: Callable[[int], None]
) -> None:
    """Serve until a signal says stop and the last process is gone.

    `announce` is given the addresses, such as `127.0.0.1:4567`, once the server
    listens there and has tried to start each job of the file; if there are many,
    it serves meanwhile. `tell_stop` is given the number of jobs that have to end
    once it has been told to stop. A service manager that the environment names
    hears of both. Raises `ConfigError` or `ListenError` before any of that.
    """
    notifier = Notifier.taken_from(os.environ)
    with open_doors(file.config.server) as doors:
        asyncio.run(_serve(file, doors, announce, tell_stop, notifier))


async def _serve(
    file: JobsFile,
    doors: list[Door],
    announce: Callable[[str], None],
    tell_stop: Callable[[int], None],
    notifier: Notifier,
) -> None:
    config, limits = file.config, file.config.limits
    journal = Journal(limits.transitions)
    registry = Registry(os.getcwd(), limits.jobs, journal, _identity())
    runner = Runner(registry, _answer, _stream, config.logs)
    terms = Terms(runner.handle, limits, forget=runner.forget)
    crowd = Crowd(_connections_max(limits), terms.half_closed)
    acceptors = _acceptors(doors, crowd, terms)
    runner.open()
    own = _OwnJobs(file.jobs)

    def stop() -> None:
        is_first = not runner.is_stopping
        runner.stop()
        own.tried.set()
        if is_first:
            ending = [job for job in runner.registry if job.state is State.RUNNING]
            # First who is never waited for.
            notifier.stopping(len(ending), _patience_s(ending))
            tell_stop(len(ending))

    _take_signals(stop)
    notifier.keep_well()
    # What has been loaded stays: to look for garbage in it again and again takes 30 ms each time.
    gc.freeze()
    own.start(runner)
    # No program can make this take long: a start returns as soon as the kernel has executed it.
    await own.tried.wait()
    if not runner.is_stopping:
        address = " and ".join(door.shown for door in doors)
        announce(address)
        notifier.ready(address)
    await runner.wait_stopped()
    # The loop gives the signals back when it closes; one more must not end us otherwise than well.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    crowd.tell_last()
    runner.close()
    # Not before: as long as there are processes or logs are at work, no other server is to come.
    for acceptor in acceptors:
        acceptor.close()
    crowd.drop()


def _acceptors(doors: list[Door], crowd: Crowd, terms: Terms) -> list[Acceptor]:
    acceptors = [_acceptor(door, crowd, terms) for door in doors]
    for acceptor in acceptors:
        acceptor.open()
    return acceptors


def _acceptor(door: Door, crowd: Crowd, terms: Terms) -> Acceptor:
    welcome = partial(Connection, evolve(terms, token=door.token))
    return Acceptor(door, crowd, welcome, terms.limits.line_deadline_seconds)


class _OwnJobs:
    """Starts the server's own jobs, as a client would ask for it, and tells which do not start.

    Only the first start of each is told: of later runs, the error log of the job tells.
    """

    def __init__(self, jobs: Sequence[JobSpec]) -> None:
        self._batches = [
            tuple(jobs[first : first + CREATED_AT_ONCE_MAX])
            for first in range(0, len(jobs), CREATED_AT_ONCE_MAX)
        ]
        self.tried = asyncio.Event()
        """Set once the first start of each has been tried, or will not be."""
        self._answered = 0
        self._broken: list[JobView] = []

    def start(self, runner: Runner) -> None:
        """Ask for all of them."""
        for batch in self._batches:
            runner.handle(CreateJobs(batch), self)
        if not self._batches:
            self.tried.set()

    def take(self, reply: Reply) -> None:
        """The first starts of a batch have been tried."""
        assert isinstance(reply, JobsReply), reply
        self._broken += list(filter(_did_not_start, reply.jobs))
        self._answered += 1
        if self._answered == len(self._batches):
            self._tell()
            self.tried.set()

    def _tell(self) -> None:
        for job in self._broken[:NOT_STARTED_TOLD_MAX]:
            _log.warning("%s: %s: it is %s", job.id, job.last_error, job.state)
        more = len(self._broken) - NOT_STARTED_TOLD_MAX
        if more > 0:
            _log.warning("%d more jobs could not be started", more)


def _did_not_start(job: JobView) -> bool:
    """Whether the start has failed; a program that has ended meanwhile was started."""
    has_ended = job.exit_code is not None or job.signal is not None
    return job.state is not State.RUNNING and job.last_error is not None and not has_ended


def _answer(ticket: Ticket, reply: Reply) -> None:
    """Tickets are the connections that the requests came on, except for the server's own."""
    if isinstance(ticket, _OwnJobs):
        ticket.take(reply)
        return
    assert isinstance(ticket, Connection)
    ticket.answer(reply)


def _stream(ticket: Ticket, source: Source) -> None:
    assert isinstance(ticket, Connection)
    ticket.stream(source)


def _identity() -> Identity:
    user = os.geteuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:  # a container may have users without a name
        name = str(user)
    return Identity(__version__, os.getpid(), name, time.time())


def _patience_s(jobs: Sequence[Job]) -> float:
    """How long it takes to end them, unless the kernel cannot."""
    return max((job.spec.stop_timeout_seconds for job in jobs), default=0) + UNKILLABLE_S


def _take_signals(stop: Callable[[], None]) -> None:
    """Stop on the usual signals, and see to it that jobs find every signal as usual.

    A program inherits which signals are ignored, and a server that a script
    started with `&` has SIGINT ignored: its jobs could not be interrupted. A
    signal that has a handler, even an empty one, is back to its default in
    the child.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    loop = asyncio.get_running_loop()
    for number in signal.valid_signals():
        if number in (signal.SIGPIPE, signal.SIGXFSZ):
            continue  # Python ignores these itself, and restores them for its children
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            loop.add_signal_handler(number, _ignore)  # nohup: stay when the terminal goes
        elif number in _STOP_SIGNALS:
            loop.add_signal_handler(number, stop)
        elif signal.getsignal(number) is signal.SIG_IGN:
            loop.add_signal_handler(number, _ignore)

    # Should the loop's pipe be full of signals all the same, nobody needs a traceback.
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)


def _ignore() -> None:
    """Take a signal and do nothing."""


def _connections_max(limits: Limits) -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(min(limits.connections, descriptors - RESERVED_DESCRIPTORS), 1)
