"""Reading logs through the server, and showing what comes at the moment that it comes."""

import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, NamedTuple

from k1s.cli import asking, resting
from k1s.cli.display.labelling import Labelled, Log, labels
from k1s.cli.display.logpieces import bytes_of
from k1s.cli.display.output import has_colour, print_json_line, say
from k1s.cli.failing import REFUSED, complain, fail
from k1s.cli.jobs import Asked
from k1s.cli.line.matching import explain_unknown, match
from k1s.client.transport import Stream
from k1s.destination import Destination

STREAMS: Final = ("stdout", "stderr", "error")
DEFAULT: Final = "stdout"
# A job that was there a moment ago may be deleted before its logs are opened, and then another.
TRIES_MAX: Final = 10
# Another job may write without end.
PIECES_FIRST_MAX: Final = 64

Piece = dict[str, Any]


class Wanted(NamedTuple):
    """What is to be read of each job; the last `lines` to begin with, or all.

    Who has not `chosen` the streams is told where something is when they have nothing.
    """

    streams: Sequence[str]
    lines: int | None
    follow: bool
    is_chosen: bool = True


def read(where: Destination, patterns: Sequence[str], wanted: Wanted, *, json: bool) -> bool:
    """Show the logs of the jobs that are meant, to their ends; whether each pattern means any."""
    known = resting.sequence(where) if wanted.follow and not json else None
    ids, all_known = Asked(where).meant(patterns)
    tries = 0
    told: set[resting.End] = set()
    while ids:
        logs = [Log(id, name) for id in ids for name in wanted.streams]
        shower = _Shower(logs, json=json)
        with _ends(where, ids, known, told) as ends, _opened(where, ids, wanted) as stream:
            refusal = _show(stream, shower, ends)
        if refusal is None:
            _check_end(where, wanted)
            if not (wanted.is_chosen or wanted.follow or wanted.lines == 0 or shower.has_shown):
                _tell_others(where, ids)
            return all_known
        tries += 1
        left = None if tries == TRIES_MAX else _left(where, ids, wanted, refusal)
        if left is None:
            fail(REFUSED, str(refusal["error"]))
        (ids, wanted), all_known = left, False
    return False


def _left(
    where: Destination, ids: list[str], wanted: Wanted, refusal: Piece
) -> tuple[list[str], Wanted] | None:
    """What to read instead of what was refused, with complaints of the rest; None: nothing."""
    if refusal.get("code") == "job-not-found":
        return _still_there(where, ids), wanted
    if refusal.get("code") != "unreadable-log" or len(ids) * len(wanted.streams) == 1:
        return None
    bad = [log for id in ids for log in _unreadable(where, id, wanted.streams)]
    if len(ids) == 1:
        streams = [name for name in wanted.streams if Log(ids[0], name) not in bad]
        left = ids if streams else [], wanted._replace(streams=streams)
    else:
        bad_ids = {log.job_id for log in bad}
        left = [id for id in ids if id not in bad_ids], wanted
    return left if bad else None


def _unreadable(where: Destination, id: str, streams: Sequence[str]) -> Iterator[Log]:
    """The logs of a job that cannot be read; complains about each."""
    for name in streams:
        request = {"command": "get-logs", "jobIds": [id], "streams": [name], "lines": 0}
        with asking.stream(where, request) as stream:
            for piece in asking.to_the_end(stream):
                if piece.get("code") == "unreadable-log":
                    sentence = str(piece["error"])
                    complain(f"{id}: {sentence[:1].lower()}{sentence[1:]}")
                    yield Log(id, name)


def _ends(
    where: Destination, ids: Sequence[str], known: int | None, told: set[resting.End]
) -> AbstractContextManager[resting.Ends | None]:
    """What tells a person who follows which jobs are over."""
    return nullcontext() if known is None else resting.Ends(where, ids, known, told)


def _check_end(where: Destination, wanted: Wanted) -> None:
    """What is followed ends with its jobs, which is well, or with the server."""
    if wanted.follow:
        asking.answer(where, {"command": "get-server-info"})


def _tell_others(where: Destination, ids: Sequence[str]) -> None:
    """A program that has failed has often said why in its error output only."""
    other = Wanted([stream for stream in STREAMS if stream != DEFAULT], 1, follow=False)
    with _opened(where, ids, other) as stream:
        found = {str(piece.get("stream")) for piece in asking.to_the_end(stream)}
    flags = [f"--{name}" for name in other.streams if name in found]
    if flags:
        have = "has" if len(flags) == 1 else "have"
        say(f"nothing in {DEFAULT}, but {' and '.join(flags)} {have} something")


def _opened(where: Destination, ids: Sequence[str], wanted: Wanted) -> Stream:
    request = {
        "command": "get-logs",
        "jobIds": list(ids),
        "streams": list(wanted.streams),
        "follow": wanted.follow,
    }
    if wanted.lines is not None:
        request["lines"] = wanted.lines
    return asking.stream(where, request)


def _still_there(where: Destination, ids: Sequence[str]) -> list[str]:
    """Those of the ids that the server knows; complains about the others."""
    known = [job["id"] for job in Asked(where).all]
    matched = match(ids, known)
    for id in matched.unknown:
        complain(explain_unknown(id, known))
    return matched.ids


def _show(stream: Stream, shower: "_Shower", ends: resting.Ends | None) -> Piece | None:
    """Show all that comes until the end of the stream; a refusal is returned instead."""
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    # With no event asked for, the kernel tells only that the reader of our output has gone.
    poll.register(sys.stdout, 0)
    if ends is not None:
        poll.register(ends, select.POLLIN)
    passed_over = 0
    while True:
        ready = dict(poll.poll())
        if sys.stdout.fileno() in ready:
            raise BrokenPipeError
        if ends is not None and ends.fileno() in ready:
            # What a job has written comes before the news of its end.
            if stream.fileno() not in ready or passed_over == PIECES_FIRST_MAX:
                passed_over = 0
                if not ends.hear():
                    poll.unregister(ends)
                continue
            passed_over += 1
        pieces = asking.arrived(stream)
        if pieces is None:
            shower.end()
            return None
        for piece in pieces:
            if asking.is_refusal(piece):
                refusal: Piece = piece
                return refusal
            shower.show(piece)
        sys.stdout.flush()


class _Shower:
    """How pieces are shown: as JSON, as the bytes that they are, or as lines with labels."""

    def __init__(self, logs: Sequence[Log], *, json: bool) -> None:
        self._json = json
        self.has_shown = False
        self._labelled: Labelled | None = None
        if not json and len(logs) > 1:
            self._labelled = Labelled(labels(logs, has_colour=has_colour(sys.stdout)))

    def show(self, piece: Piece) -> None:
        """Show one piece, or say on stderr how much is missing."""
        self.has_shown = True
        if self._json:
            print_json_line(piece)
            return
        log = Log(piece["jobId"], piece["stream"])
        missed = piece.get("missedBytes")
        if self._labelled is None:
            data = bytes_of(piece)
        elif missed is None:
            data = self._labelled.take(log, bytes_of(piece))
        else:
            data = self._labelled.release(log)
        sys.stdout.buffer.write(data)
        if missed is not None:
            sys.stdout.flush()
            complain(
                f"{log.job_id}: {missed} bytes of {log.stream} were gone before they could be shown"
            )

    def end(self) -> None:
        """Show what was held back."""
        if self._labelled is not None:
            sys.stdout.buffer.write(self._labelled.release_all())
        sys.stdout.flush()
