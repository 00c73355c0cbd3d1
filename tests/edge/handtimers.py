"""A timer in the hand of a test, instead of one of an event loop."""

from collections.abc import Callable

from attrs import define


@define(eq=False)
class Timer:
    """A call that the test makes when it likes."""

    seconds: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Nobody wants it to be made any more."""
        self.is_cancelled = True
