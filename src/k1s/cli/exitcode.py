"""The exit code that a shell would have for a program."""

import signal
from collections.abc import Mapping
from typing import Any, Final

from k1s.cli.display.wording import printable
from k1s.cli.failing import complain

NOT_FOUND: Final = 127
NOT_STARTED: Final = 126
SIGNALLED: Final = 128


def of(move: Mapping[str, Any]) -> int:
    """The code for the last move of a job; complains if the program could not be started."""
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
