"""What all tests share."""

import gc
import signal
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: neither an example nor the making of one has a deadline. It is said
# before any test is read: each takes the settings that hold as it is made.
settings.register_profile("core", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("core")


def pytest_sessionstart() -> None:
    """What is loaded stays: to look for garbage in it is for nothing."""
    gc.disable()
    # What a shell starts in its background ignores Ctrl-C and Ctrl-\, and what nohup starts ignores
    # SIGHUP: so would all that is tested.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """From here on there is garbage; the tests themselves are none."""
    gc.freeze()
    gc.enable()


def pytest_bdd_apply_tag(tag: str, function: Callable[..., object]) -> bool | None:
    """A tag like @fault-P3 becomes the marker fault("P3"); other tags stay markers of their own."""
    kind, dash, row = tag.partition("-")
    if kind != "fault" or not dash:
        return None
    pytest.mark.fault(row)(function)
    return True
