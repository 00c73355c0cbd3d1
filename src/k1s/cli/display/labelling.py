"""Lines of several logs on one screen, each with the name of its log in front.

Nothing here asks or prints anything. Lines are bytes, as programs write them:
what is in a line is shown as it is, whatever the encoding.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from k1s.cli.display.wording import cut_middle

# A line is held back until it is whole, so that two logs do not mix in one; but not for ever.
HELD_BYTES_MAX: Final = 1 << 16
NAME_COLUMNS_MAX: Final = 30
# Names that are easy to tell apart; red is for what is wrong.
_COLOURS: Final = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")


class Log(NamedTuple):
    """One log of one job."""

    job_id: str
    stream: str


def labels(logs: Sequence[Log], *, has_colour: bool = False) -> dict[Log, bytes]:
    """What stands in front of the lines of each log: as little as tells them apart."""
    names = {log: _name(log, logs) for log in logs}
    columns = max(map(len, names.values()), default=0)
    colours = {
        id: _COLOURS[number % len(_COLOURS)]
        for number, id in enumerate(dict.fromkeys(log.job_id for log in logs))
    }
    shown = {log: f"{name:<{columns}} | " for log, name in names.items()}
    if has_colour:
        shown = {
            log: f"\x1b[{colours[log.job_id]}m{text.rstrip()}\x1b[0m "
            for log, text in shown.items()
        }
    return {log: text.encode() for log, text in shown.items()}


def _name(log: Log, logs: Sequence[Log]) -> str:
    if len({other.job_id for other in logs}) == 1:
        return log.stream
    name = cut_middle(log.job_id, NAME_COLUMNS_MAX)
    has_streams = len({other.stream for other in logs}) > 1
    return f"{name} {log.stream}" if has_streams else name


class Labelled:
    """Makes whole lines with their labels out of pieces that end anywhere."""

    def __init__(self, labels: dict[Log, bytes]) -> None:
        self._labels = labels
        self._held: dict[Log, bytes] = {}

    def take(self, log: Log, piece: bytes) -> bytes:
        """What can be shown once this piece has come: whole lines, or one that is very long."""
        whole, newline, rest = (self._held.pop(log, b"") + piece).rpartition(b"\n")
        lines = whole.split(b"\n") if newline else []
        while len(rest) >= HELD_BYTES_MAX:
            lines.append(rest[:HELD_BYTES_MAX])
            rest = rest[HELD_BYTES_MAX:]
        if rest:
            self._held[log] = rest
        return self._labelled(log, lines)

    def release(self, log: Log) -> bytes:
        """What has been held back of a log: its line will not be finished."""
        held = self._held.pop(log, b"")
        return self._labelled(log, [held] if held else [])

    def release_all(self) -> bytes:
        """What has been held back of all logs."""
        return b"".join(map(self.release, list(self._held)))

    def _labelled(self, log: Log, lines: Sequence[bytes]) -> bytes:
        label = self._labels[log]
        return b"".join(b"%b%b\n" % (label, line) for line in lines)
