"""Attending to one run from its start to its end: its output, its end, and Ctrl-C.

Three things can happen at any moment, and one loop waits for all of them: a
piece of output comes, the job moves, a signal for us arrives.
"""

import base64
import glob
import os
import selectors
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, Final

from k1s.cli import asking
from k1s.cli.alarm import Alarm
from k1s.cli.failing import NO_SERVER, complain, fail
from k1s.cli.output import print_json_line
from k1s.cli.pieces import bytes_of
from k1s.cli.wording import FINAL, printable
from k1s.client.transport import ServerGoneError, Stream, request
from k1s.destination import Destination, DestinationError

NOT_FOUND: Final = 127
NOT_STARTED: Final = 126
SIGNALLED: Final = 128
_STREAMS: Final = ("stdout", "stderr")
_LOGS: Final = ("stdoutLogPath", "stderrLogPath", "errorLogPath")
_OURS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
        self._last: dict[str, Any] | None = None
        self._is_gone = False
        self._interrupts = 0
        self._skipped = dict.fromkeys(_STREAMS, 0)
        self._seen = dict.fromkeys(_STREAMS, 0)

    def run(self, submit: Callable[[], dict[str, Any]]) -> int:
        """Have the job made, attend to it, and return the exit code that tells of its end."""
        info = asking.answer(self._where, {"command": "get-server-info"})
        if self._is_kept and self._is_here:
            # The logs of an earlier job of that name are still there.
            folder = info["workingDirectory"]
            self._skipped = {stream: _size(folder, stream, self._id) for stream in _STREAMS}
        with Alarm(_OURS) as alarm:
            made = submit()
            try:
                self._attend(alarm, info["sequence"])
                return self._tell()
            finally:
                self._clean_up(made)

    def _attend(self, alarm: Alarm, sequence: int) -> None:
        watch = {"command": "watch-jobs", "jobIds": [self._id], "from": sequence}
        with ExitStack() as stack:
            moves = stack.enter_context(asking.stream(self._where, watch))
            output = stack.enter_context(self._output(follow=True))
            if not self._listen(alarm, moves, output, stack):
                self._skipped = self._seen
                self._seen = dict.fromkeys(_STREAMS, 0)
                with self._output(follow=False) as rest:
                    while self._show(rest):
                        pass
            while self._last is None and self._follow(moves):
                pass

    def _listen(self, alarm: Alarm, moves: Stream, output: Stream, stack: ExitStack) -> bool:
        """Until all is shown; False if the job is over and the rest has to be asked for."""
        with selectors.DefaultSelector() as selector:
            for source in (alarm, moves, output):
                selector.register(source, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is alarm:
                        self._interrupt(alarm, stack)
                    elif key.fileobj is output:
                        if not self._show(output):
                            return True
                    elif not self._follow(moves) or self._last is not None:
                        selector.unregister(moves)
                        if not output.finish():
                            return False

    def _output(self, *, follow: bool) -> Stream:
        read = {"command": "get-logs", "jobIds": [self._id], "streams": list(_STREAMS)}
        return asking.stream(self._where, {**read, "follow": follow})

    def _follow(self, moves: Stream) -> bool:
        """See how the job moves; False if the server says nothing any more."""
        arrived = moves.arrived()
        for move in arrived:
            if move.get("to") in FINAL and self._last is None:
                self._last = move
            self._is_gone |= move.get("trigger") == "delete"
        return bool(arrived)

    def _show(self, output: Stream) -> bool:
        """Show what has come of the output; False at its end."""
        arrived = output.arrived()
        for piece in arrived:
            if asking.is_refusal(piece):  # it has been deleted before we could read
                return False
            self._show_piece(piece)
        return bool(arrived)

    def _show_piece(self, piece: dict[str, Any]) -> None:
        stream = piece["stream"]
        missed = int(piece.get("missedBytes", 0))
        data = bytes_of(piece)
        skipped = min(max(self._skipped[stream] - self._seen[stream], 0), missed + len(data))
        self._seen[stream] += missed + len(data)
        if missed > skipped:
            complain(f"{missed - skipped} bytes of {stream} came too fast to be shown")
        data = data[skipped:]
        if data and self._json:
            print_json_line({"jobId": self._id, "stream": stream, **_spelled(data)})
        elif data:
            target = sys.stdout.buffer if stream == "stdout" else sys.stderr.buffer
            target.write(data)
            target.flush()

    def _interrupt(self, alarm: Alarm, stack: ExitStack) -> None:
        """The first Ctrl-C ends the job as it would end any; from the second on, it is killed."""
        for _ in alarm.arrived():
            self._interrupts += 1
            if self._interrupts == 1:
                end = {"command": "delete-job", "jobId": self._id}
                stack.enter_context(asking.stream(self._where, end))
            else:
                kill = {"command": "signal-job", "jobId": self._id, "signal": "SIGKILL"}
                asking.reply(self._where, kill)

    def _tell(self) -> int:
        if self._last is None:
            fail(NO_SERVER, "the server has gone, and with it the job")
        if self._json:
            ask = {"command": "get-job-by-id", "jobId": self._id}
            job = asking.reply(self._where, ask)
            print_json_line({"job": None if asking.is_refusal(job) else job})
        return _exit_code(self._last)

    def _clean_up(self, made: dict[str, Any]) -> None:
        """Leave no job that nobody has named, nor one that nobody attends to."""
        if not self._is_gone and (self._last is None or not self._is_kept):
            with suppress(ServerGoneError, DestinationError):
                request(self._where, {"command": "delete-job", "jobId": self._id})
        if not self._is_kept and self._is_here:
            for key in _LOGS:
                _remove_log(str(made[key]), self._id)


def _exit_code(move: dict[str, Any]) -> int:
    """The exit code that a shell would have for such an end."""
    if move["exitCode"] is not None:
        return int(move["exitCode"])
    if move["signal"] is not None:
        return SIGNALLED + _number(str(move["signal"]))
    reason = str(move["reason"] or "it could not be started")
    complain(printable(reason))
    return NOT_FOUND if "no such file" in reason or "not found" in reason else NOT_STARTED


def _number(name: str) -> int:
    """The number of a signal by its name, as the server spells it."""
    base, _, distance = name.partition("+")
    known = getattr(signal, base, None)
    return int(base.removeprefix("SIG")) if known is None else known + int(distance or 0)


def _spelled(data: bytes) -> dict[str, str]:
    """Bytes as the wire spells them."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _size(folder: str, stream: str, id: str) -> int:
    """How much the logs of this name hold already, with their backups."""
    path = f"{folder}/{stream}_{id}.log"
    total = 0
    for part in [path, *_backups(path)]:
        with suppress(OSError):
            total += os.path.getsize(part)
    return total


def _backups(path: str) -> list[str]:
    return [
        name for name in glob.glob(f"{glob.escape(path)}.*") if name.rpartition(".")[2].isdigit()
    ]


def _remove_log(path: str, id: str) -> None:
    """Remove a log that was made for this run only; its name says so."""
    if id not in os.path.basename(path):
        return
    for part in [path, *_backups(path)]:
        with suppress(OSError):
            os.unlink(part)
