"""The list of jobs on the screen, kept as it is in the server.

The server tells of each move of a job; then the list is fetched again, though
not more than `FETCHES_A_SECOND` times, whatever happens there. Between two
fetches only the clock goes on: relative times are drawn again from what is
known already.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from k1s.cli.alarm import Alarm, BrokenOffError
from k1s.cli.display import frame
from k1s.cli.display.output import has_colour
from k1s.cli.display.screen import Screen
from k1s.cli.display.wording import wall
from k1s.cli.exitcode import SIGNALLED
from k1s.cli.line.matching import match
from k1s.client.transport import ServerGoneError, Stream, request, stream
from k1s.destination import Destination

FETCHES_A_SECOND: Final = 10
REDRAW_S: Final = 1.0
# What has been told during a storm is read before a fetch, which makes it old; 4 MiB of it.
DRAINED_PIECES_MAX: Final = 64
# That a program has been started at last is no move of its job.
STARTING_S: Final = 0.5
# Nor is it that a tick was missed; a clock that is not the server's must not make us hurry.
MISSED_S: Final = 1.0
_ENDING: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
_OTHERS: Final = frozenset({signal.SIGWINCH, signal.SIGTSTP})


class Question(NamedTuple):
    """Which jobs of which server are shown: those that the patterns mean, or all."""

    where: Destination
    patterns: Sequence[str]

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs as they are now."""
        jobs: list[dict[str, Any]] = self.ask({"command": "get-all-jobs"})
        meant = self._meant([job["id"] for job in jobs])
        return [job for job in jobs if job["id"] in meant]

    def concerns(self, moves: Sequence[dict[str, Any]]) -> bool:
        """Whether one of the moves may be of such a job."""
        is_unsure = any("missed" in move for move in moves)
        return is_unsure or bool(self._meant([move["jobId"] for move in moves]))

    def _meant(self, ids: Sequence[str]) -> set[str]:
        return set(match(self.patterns, ids).ids if self.patterns else ids)

    def ask(self, message: dict[str, Any]) -> Any:
        """The answer; raises `ServerGoneError` when there is none."""
        value = request(self.where, message)
        if isinstance(value, dict) and "error" in value:
            text = f"the k1s server at {self.where} tells no more: {value['error']}"
            raise ServerGoneError(text)
        return value


def show(question: Question) -> int:
    """Show the jobs until somebody ends it; returns the exit code.

    Raises `ServerGoneError` and `DestinationError`, once the terminal is as before.
    """
    # Known before the list is: what moves in between is told, and nothing is lost.
    sequence = question.ask({"command": "get-server-info"})["sequence"]
    watch = {"command": "watch-jobs", "from": sequence}
    with stream(question.where, watch) as moves:
        jobs = question.jobs()
        try:
            with Alarm(_ENDING | _OTHERS) as alarm, Screen() as screen:
                return _Live(question, alarm, moves, screen, jobs).run()
        except OSError:  # the terminal has gone
            return SIGNALLED + signal.SIGHUP


class _Live:
    """The state of one `show`."""

    def __init__(
        self,
        question: Question,
        alarm: Alarm,
        moves: Stream,
        screen: Screen,
        jobs: list[dict[str, Any]],
    ) -> None:
        self._question = question
        self._alarm = alarm
        self._moves = moves
        self._screen = screen
        self._jobs = jobs
        self._first = 0
        self._has_colour = has_colour(sys.stdout)
        self._fetched_at = self._drawn_at = float("-inf")
        self._stale_at: float | None = None
        self._code: int | None = None
        self._poll = select.poll()
        self._poll.register(alarm, select.POLLIN)
        self._poll.register(moves, select.POLLIN)
        if screen.has_keys:
            self._poll.register(sys.stdin, select.POLLIN)
        self._note_changes()

    def run(self) -> int:
        """Until a key or a signal ends it."""
        while self._code is None:
            now = time.monotonic()
            if self._stale_at is not None and now >= self._stale_at:
                self._fetch()
            if now >= self._drawn_at + REDRAW_S:
                self._draw()
            for descriptor, _ in self._poll.poll(self._patience_ms()):
                self._serve(descriptor)
        return self._code

    def _patience_ms(self) -> int:
        """Until there is something to do even if nothing happens; never too early."""
        at = self._drawn_at + REDRAW_S
        if self._stale_at is not None:
            at = min(at, self._stale_at)
        return max(0, int((at - time.monotonic()) * 1000) + 1)

    def _serve(self, descriptor: int) -> None:
        if descriptor == self._alarm.fileno():
            for number in self._alarm.arrived():
                self._heed(number)
        elif descriptor == self._moves.fileno():
            self._hear()
        else:
            self._press(self._screen.keys())

    def _heed(self, number: signal.Signals) -> None:
        if number in _ENDING:
            self._code = SIGNALLED + number
        elif number == signal.SIGTSTP:
            self._screen.leave()
            os.kill(os.getpid(), signal.SIGSTOP)
            self._screen.enter()
            self._draw()
        else:
            self._screen.clear()
            self._draw()

    def _press(self, pressed: bytes) -> None:
        if not pressed:
            self._poll.unregister(sys.stdin)
        for key in frame.keys(pressed):
            if key in frame.QUIT:
                self._code = 0
                return
            self._first = self._view().moved(key)
        self._draw()

    def _hear(self) -> None:
        """Something has moved. What comes until the list is fetched again is no news."""
        if self._question.concerns(self._arrived()):
            self._stale_at = self._fetched_at + 1 / FETCHES_A_SECOND
            self._poll.unregister(self._moves)

    def _arrived(self) -> list[dict[str, Any]]:
        moves = self._moves.arrived()
        if moves is None:
            raise ServerGoneError(f"the k1s server at {self._question.where} has gone")
        return moves

    def _fetch(self) -> None:
        """Get the list; a signal that comes meanwhile is more urgent than a server that is slow."""
        self._fetched_at = time.monotonic()
        try:
            with self._alarm.breaking_off():
                self._drain()
                jobs = self._question.jobs()
        except BrokenOffError:
            self._stale_at = self._fetched_at + 1 / FETCHES_A_SECOND
            return
        self._jobs = jobs
        self._stale_at = None
        self._poll.register(self._moves, select.POLLIN)
        self._note_changes()
        self._draw()

    def _drain(self) -> None:
        waiting = select.poll()
        waiting.register(self._moves, select.POLLIN)
        for _ in range(DRAINED_PIECES_MAX):
            if not waiting.poll(0):
                break
            self._arrived()

    def _note_changes(self) -> None:
        """When something of the jobs changes that is no move of theirs."""
        waits = [wait for job in self._jobs if (wait := _unmoved_for(job)) is not None]
        if waits:
            self._stale_at = time.monotonic() + min(waits)

    def _view(self) -> frame.View:
        return frame.View.of(len(self._jobs), self._screen.size.rows, self._first)

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        view = self._view()
        self._first = view.first
        lines = frame.lines(
            self._jobs,
            time.time(),
            view,
            self._screen.size.columns,
            where=str(self._question.where),
            has_colour=self._has_colour,
        )
        self._screen.draw(lines[: self._screen.size.rows])


def _unmoved_for(job: dict[str, Any]) -> float | None:
    """How many seconds a job stays as it is, where it changes without a move."""
    if job["state"] != "running":
        return None
    if job["pid"] is None:
        return STARTING_S
    if job["nextRunAt"] is None:
        return None
    return max(wall(job["nextRunAt"]) - time.time(), MISSED_S)
