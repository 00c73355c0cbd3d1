"""Until when a job that is told to end has time to do so, for people who wait for that."""

from contextlib import suppress
from time import monotonic
from typing import Any

from k1s.cli.display.wording import duration
from k1s.client.transport import ServerGoneError, request
from k1s.destination import Destination


class Countdown:
    """Asks the server once for each job that is looked at, and counts by its own clock then."""

    def __init__(self, where: Destination) -> None:
        self._where = where
        self._id: str | None = None
        self._at: float | None = None

    def of(self, id: str) -> str:
        """` (web gets SIGKILL in 8 s)`; nothing where it does not, or where nobody knows."""
        if id != self._id:
            self._id, self._at = id, self._asked(id)
        left_s = 0.0 if self._at is None else self._at - monotonic()
        return f" ({id} gets SIGKILL in {duration(left_s)})" if left_s > 0 else ""

    def _asked(self, id: str) -> float | None:
        explanation: Any = None
        with suppress(ServerGoneError):  # who waits for the server will hear that himself
            explanation = request(self._where, {"command": "explain-job", "jobId": id})
        if not isinstance(explanation, dict):
            return None
        return next(
            (
                monotonic() + prospect["inSeconds"]
                for prospect in explanation.get("forecast", ())
                if prospect["signal"] == "SIGKILL"
            ),
            None,
        )
