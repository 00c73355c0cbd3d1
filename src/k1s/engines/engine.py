"""Where programs run: what every engine offers, whatever it runs them on."""

from collections.abc import Callable
from signal import Signals
from typing import Protocol

from k1s.events import Fact, Run
from k1s.job import JobSpec

Report = Callable[[Run, Fact], None]


class Engine(Protocol):
    """Starts and signals runs, and reports `MainExited` and `Ended` to its owner's `Report`."""

    def start(self, run: Run, spec: JobSpec) -> int:
        """Start the program of a run; its process id. Raises `StartError` in words."""
        ...

    def signal(self, run: Run, signal: Signals) -> None:
        """Send a signal to every process of a run; a run that is over gets nothing."""
        ...

    def notify(self, run: Run, signal: Signals) -> None:
        """Send a signal to the main process of a run alone."""
        ...

    @property
    def is_idle(self) -> bool:
        """Whether no run is left."""
        ...
