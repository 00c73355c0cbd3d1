"""What is said on stderr while it is measured: how far it is, what is left out, and what fails."""

import sys
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic


class Progress:
    """Says each thing with the time that has passed, and keeps what the report wants to know."""

    def __init__(self) -> None:
        self._begin = monotonic()
        self._measure = ""
        self._seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.cuts: list[str] = []
        self.failures: list[str] = []

    @property
    def seconds(self) -> Mapping[str, Mapping[str, float]]:
        """How long each side has taken in each measure."""
        return self._seconds

    def say(self, text: str) -> None:
        """One line, on stderr."""
        minutes, seconds = divmod(round(monotonic() - self._begin), 60)
        print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)

    @contextmanager
    def measuring(self, name: str) -> Iterator[None]:
        """While this lasts, all that is said belongs to one measure. If it fails, that is noted."""
        self._measure, begin = name, monotonic()
        self.say(name)
        try:
            yield
        except Exception as error:
            self.fail(name, error)
        finally:
            self._measure = ""
        sides = sorted(self._seconds[name].items(), key=lambda side: -side[1])
        parts = ", ".join(f"{side} {seconds:.0f}" for side, seconds in sides)
        took_s = monotonic() - begin
        self.say(f"{name} took {took_s:.0f} s" + (f" ({parts})" if parts else ""))

    def step(self, text: str) -> None:
        """What the measure does now."""
        self.say(f"  {text}")

    @contextmanager
    def turn(self, side: str) -> Iterator[None]:
        """The time of one side."""
        begin = monotonic()
        try:
            yield
        finally:
            self._seconds[self._measure][side] += monotonic() - begin

    def cut(self, side: str, limit_s: float) -> None:
        """A side takes no further part in a comparison, because it needs too long."""
        text = f"{side} in {self._measure} after {limit_s:g} s"
        self.cuts.append(text)
        self.say(f"cut: {text}")

    def fail(self, what: str, error: Exception) -> None:
        """Something has not been measured that should have been."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        within = f" in {self._measure}" if self._measure not in ("", what) else ""
        self.failures.append(f"{what}{within}")
        self.say(f"failed: {what}{within}: {type(error).__name__}: {error} ({where})")
