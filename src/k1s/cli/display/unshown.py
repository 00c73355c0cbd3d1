"""What of the output of a job has not been shown yet.

The server sends a log from its beginning. Some of that may be older than the
run, or have been shown already; and some may be missing, because it was
rotated away before it could be read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from k1s.cli.display.logpieces import bytes_of


class Fresh:
    """Counts the bytes of each stream as they come."""

    def __init__(self, streams: Iterable[str]) -> None:
        self._old = dict.fromkeys(streams, 0)
        self._seen = dict(self._old)

    def skip(self, old: Mapping[str, int]) -> None:
        """So many bytes at the beginning of each stream are not wanted."""
        self._old = dict(old)

    def begin_again(self) -> None:
        """Everything comes once more, from its beginning."""
        self._old = self._seen
        self._seen = dict.fromkeys(self._old, 0)

    def take(self, piece: Mapping[str, Any]) -> tuple[bytes, int]:
        """What of a piece is new, and how many new bytes before it are missing."""
        stream = piece["stream"]
        missed = int(piece.get("missedBytes", 0))
        data = bytes_of(piece)
        old = min(max(self._old[stream] - self._seen[stream], 0), missed + len(data))
        self._seen[stream] += missed + len(data)
        if missed > old:
            return data, missed - old
        return data[old - missed :], 0
