"""Attending to one run from its start to its end: its output, its end, and Ctrl-C.

Three things can happen at any moment, and one loop waits for all of them: a
piece of output comes, the job moves, a signal for us arrives.

What the program writes lies in its logs until we have shown it, and we read on
only when whoever reads from us has taken what came before. So nothing is lost
to a reader who is slow, unless it is rotated away meanwhile, and then we say so.
"""

import os
import select
import signal
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from time import monotonic
from typing import Any, Final, TextIO

from k1s.cli import asking, exitcode, locallogs
from k1s.cli.alarm import LAST_WORD_S, Alarm, BrokenOffError
from k1s.cli.display.logpieces import spelled
from k1s.cli.display.output import json_line
from k1s.cli.display.unshown import Fresh
from k1s.cli.display.wording import duration
from k1s.cli.failing import NO_SERVER, REFUSED, complain, fail
from k1s.client.transport import ServerGoneError, Stream
from k1s.client.transport import stream as open_stream
from k1s.destination import Destination, DestinationError
from k1s.explaining.wording import FINAL

# Most programs have ended by then, and nobody needs to be told anything.
SILENT_S: Final = 1.0
_STREAMS: Final = ("stdout", "stderr")
_LOGS: Final = ("stdoutLogPath", "stderrLogPath", "errorLogPath")
_OVER: Final = frozenset({"job-not-found", "already-finished"})
_OURS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Attended:
    """One job that is attended to until it is over."""

    def __init__(
        self, where: Destination, id: str, *, is_kept: bool, is_here: bool, json: bool
    ) -> None:
        self._where = where
        self._id = id
        self._is_kept = is_kept
        self._is_here = is_here
        self._json = json
        self._alarm = Alarm(_OURS)
        self._made: dict[str, Any] | None = None
        self._last: dict[str, Any] | None = None
        self._shown: dict[str, Any] | None = None
        self._is_gone = False
        self._is_broken_off = False
        self._is_incomplete = False
        self._is_rid_of_logs = False
        self._interrupts = 0
        self._silent_until: float | None = None
        self._moves: Stream | None = None
        self._end: Stream | None = None
        self._fresh = Fresh(_STREAMS)

    def run(self, submit: Callable[[], dict[str, Any]], if_gone: Callable[[], None]) -> int:
        """Have the job made, attend to it, and return the exit code that tells of its end.

        If there is no server, `if_gone` has the first word.
        """
        info = asking.answer(self._where, {"command": "get-server-info"}, if_gone)
        if self._is_kept and self._is_here:
            # The logs of an earlier job of that name are still there.
            folder = info["workingDirectory"]
            sizes = {stream: locallogs.size(folder, stream, self._id) for stream in _STREAMS}
            self._fresh.skip(sizes)
        with self._alarm:
            try:
                # A program may be told to end before we are told that it has begun.
                with self._alarm.breaking_off(LAST_WORD_S):
                    self._made = submit()
                self._attend(info["sequence"])
                return self._tell()
            except BrokenOffError as error:
                self._is_broken_off = True
                return exitcode.SIGNALLED + error.number
            finally:
                self._clean_up()

    def _attend(self, sequence: int) -> None:
        watch = {"command": "watch-jobs", "jobIds": [self._id], "from": sequence}
        with ExitStack() as stack:
            self._moves = moves = stack.enter_context(asking.stream(self._where, watch))
            stack.callback(self._part, moves)
            output = stack.enter_context(self._output(follow=True))
            stack.callback(self._forget_end)
            if not self._listen(output):
                self._fresh.begin_again()
                with self._output(follow=False) as rest:
                    while rest not in self._ready(rest) or self._show(rest):
                        pass
            while self._moves is not None:
                self._ready()

    @property
    def _is_deleted(self) -> bool:
        """Whether the server ends the output by itself, once all has been read."""
        return self._is_gone or (self._interrupts > 0 and not self._is_kept)

    @property
    def _is_over(self) -> bool:
        return self._last is not None or self._is_gone

    def _listen(self, output: Stream) -> bool:
        """Until all is shown; False if the job is over and the rest has to be asked for."""
        is_told = False
        while True:
            if output in self._ready(output) and not self._show(output):
                return True
            if self._moves is None and not is_told:
                is_told = True
                if not self._is_deleted and not output.finish():
                    if self._is_kept:
                        return False
                    self._let_go()

    def _let_go(self) -> None:
        """Have the job deleted: its output ends then, once all of it has been read."""
        if self._json:
            self._shown = self._look_at_job()
        self._end = asking.stream(self._where, self._ending)

    def _ready(self, *streams: Stream) -> list[Stream]:
        """Wait until one of the streams may have something to say."""
        ready = self._await(streams, None)
        return [stream for stream in streams if stream in ready]

    def _await(self, streams: Sequence[Stream], target: TextIO | None) -> list[object]:
        """What is ready, once something is; heeds signals and how the job moves."""
        heard = [one for one in (self._end, self._moves) if one is not None]
        ready = _ready_ones([self._alarm, *heard, *streams], target, self._silence_s())
        if self._end in ready:
            self._hear_end()
        moves = self._moves
        if moves is not None and moves in ready and (not self._follow(moves) or self._is_over):
            self._moves = None
        if self._alarm in ready:
            self._interrupt()
        return ready

    def _silence_s(self) -> float | None:
        """For how long nothing is said yet; says what is waited for when that is over."""
        if self._silent_until is None:
            return None
        left_s = self._silent_until - monotonic()
        if left_s > 0:
            return left_s
        self._silent_until = None
        if not sys.stderr.isatty():
            return None
        if self._is_over:
            complain("the program has ended, but not all is shown yet: another Ctrl-C skips that")
        elif self._made is not None and self._made["stopTimeoutSeconds"] > SILENT_S:
            when = duration(self._made["stopTimeoutSeconds"] - SILENT_S)
            complain(f"the program has not ended yet: SIGKILL in {when}, or with another Ctrl-C")
        return None

    def _output(self, *, follow: bool) -> Stream:
        read = {"command": "get-logs", "jobIds": [self._id], "streams": list(_STREAMS)}
        return asking.stream(self._where, {**read, "follow": follow})

    def _follow(self, moves: Stream) -> bool:
        """See how the job moves; False if the server says nothing any more."""
        arrived = asking.arrived(moves)
        for move in arrived or ():
            if _is_missing(move):
                return False
            if move.get("to") in FINAL and self._last is None:
                self._last = move
            self._is_gone |= move.get("trigger") == "delete"
        return arrived is not None

    def _show(self, output: Stream) -> bool:
        """Show what has come of the output; False at its end."""
        arrived = asking.arrived(output)
        for piece in arrived or ():
            if _is_missing(piece):  # it has been deleted before we could read
                return False
            self._show_piece(piece)
        return arrived is not None

    def _show_piece(self, piece: dict[str, Any]) -> None:
        stream = piece["stream"]
        data, missed = self._fresh.take(piece)
        if missed:
            self._is_incomplete = True
            complain(f"{missed} bytes of {stream} were gone before they could be shown")
        if data and self._json:
            line = json_line({"jobId": self._id, "stream": stream, **spelled(data)})
            self._write(sys.stdout, line.encode())
        elif data:
            self._write(sys.stdout if stream == "stdout" else sys.stderr, data)

    def _write(self, target: TextIO, data: bytes) -> None:
        """Write as fast as it is read from us, and heed signals meanwhile."""
        at_once = len(data) if _is_file(target) else select.PIPE_BUF
        while data:
            if target in self._await((), target):
                data = data[os.write(target.fileno(), data[:at_once]) :]

    def _interrupt(self) -> None:
        """The first Ctrl-C ends the job as it would end any, the second kills all that is left.

        Whoever presses a third one, or one more when the program has ended, wants no
        more than to be gone.
        """
        for number in self._alarm.arrived():
            self._interrupts += 1
            if self._interrupts == 1:
                self._silent_until = monotonic() + SILENT_S
                self._end = asking.stream(self._where, self._ending)
            elif self._interrupts == 2 and not self._is_over:
                self._silent_until = None
                self._forget_end()
                kill = {**self._ending, "signal": "SIGKILL"}
                self._end = asking.stream(self._where, kill)
            else:
                raise BrokenOffError(number)

    @property
    def _ending(self) -> dict[str, Any]:
        """What ends the job: it is deleted, unless somebody may want to know why it has ended."""
        if self._is_kept:
            return {"command": "kill-job", "jobId": self._id, "oneTime": True}
        return {"command": "delete-job", "jobId": self._id, "withLogs": True}

    def _hear_end(self) -> None:
        """How it went with what Ctrl-C has asked for."""
        assert self._end is not None
        replies = asking.arrived(self._end)
        if replies == []:
            return
        for reply in replies or ():
            if not asking.is_refusal(reply):
                self._is_rid_of_logs = not self._is_kept
            elif reply.get("code") not in _OVER:
                fail(REFUSED, str(reply["error"]))
            elif self._interrupts > 1:  # nothing was left to be killed: only the rest to be shown
                raise BrokenOffError(signal.SIGINT)
        self._forget_end()

    def _forget_end(self) -> None:
        if self._end is not None:
            self._end.close()
            self._end = None

    def _part(self, moves: Stream) -> None:
        """Wait until the server is rid of the stream: its place may be the only one to clean up."""
        with suppress(ServerGoneError):
            if not self._is_broken_off and moves.finish():
                while _readable([moves], LAST_WORD_S) and moves.arrived() is not None:
                    pass

    def _tell(self) -> int:
        if self._last is None and self._is_gone:
            fail(REFUSED, "the job was deleted before it had run")
        if self._last is None:
            fail(NO_SERVER, f"the k1s server at {self._where} has gone, and with it the job")
        if self._last["to"] == "killed" and not self._interrupts:
            who = "by somebody else, or because the server stops"
            complain(f"the job {self._id} was killed, and not from here: {who}")
        if self._json:
            line = json_line({"job": self._shown or self._look_at_job()})
            self._write(sys.stdout, line.encode())
        return exitcode.of(self._last) or (REFUSED if self._is_incomplete else 0)

    def _look_at_job(self) -> dict[str, Any] | None:
        with self._alarm.breaking_off(LAST_WORD_S):
            job = asking.reply(self._where, {"command": "get-job-by-id", "jobId": self._id})
        return None if asking.is_refusal(job) else job

    def _clean_up(self) -> None:
        """Leave no job that nobody has named, and none running that nobody attends to."""
        if self._made is None and (self._is_kept or not self._is_broken_off):
            return  # there is none, or it may be somebody else's
        if not self._is_gone and (self._last is None or not self._is_kept):
            try:
                with self._alarm.breaking_off(LAST_WORD_S):
                    self._remove()
            except BrokenOffError as error:
                sys.exit(exitcode.SIGNALLED + error.number)
        if self._made is None or self._is_kept or self._is_rid_of_logs:
            return
        if self._is_here:  # the server has gone, or somebody else has deleted the job
            for key in _LOGS:
                locallogs.remove(str(self._made[key]), self._id)

    def _remove(self) -> None:
        """Have the job ended; a server that we could not wait for has `LAST_WORD_S` for it."""
        wait_s = LAST_WORD_S if self._is_broken_off else None
        with (
            suppress(ServerGoneError, DestinationError),
            open_stream(self._where, self._ending) as replies,
        ):
            for reply in _answers(replies, wait_s):
                if not asking.is_refusal(reply):
                    self._is_rid_of_logs = not self._is_kept
                elif reply.get("code") not in _OVER:
                    complain(f"the job {self._id} is left behind: {reply['error']}")


def _answers(replies: Stream, wait_s: float | None) -> list[Any]:
    """What comes first on a stream; nothing if the time is over before."""
    while _readable([replies], wait_s):
        arrived = replies.arrived()
        if arrived != []:
            return arrived or []
    return []


def _readable(sources: Sequence[Alarm | Stream], wait_s: float | None = None) -> list[object]:
    """Those that can be read, as soon as there is one; none when the time is over."""
    return _ready_ones(sources, None, wait_s)


def _ready_ones(
    sources: Sequence[Alarm | Stream], target: TextIO | None, wait_s: float | None
) -> list[object]:
    """The same, with a target that takes `PIPE_BUF` bytes without making us wait."""
    poll = select.poll()
    for source in sources:
        poll.register(source, select.POLLIN)
    if target is not None:
        poll.register(target, select.POLLOUT)
    ready = dict(poll.poll(None if wait_s is None else wait_s * 1000))
    every: list[Alarm | Stream | TextIO] = [*sources, *([target] if target else ())]
    return [one for one in every if one.fileno() in ready]


def _is_file(target: TextIO) -> bool:
    return stat.S_ISREG(os.fstat(target.fileno()).st_mode)


def _is_missing(value: dict[str, Any]) -> bool:
    """Whether the server says that there is no such job any more; fails if it says no otherwise."""
    if not asking.is_refusal(value):
        return False
    if value.get("code") != "job-not-found":
        fail(REFUSED, str(value["error"]))
    return True
