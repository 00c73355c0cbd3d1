"""What all tests share."""

from collections.abc import Callable

import pytest


def pytest_bdd_apply_tag(tag: str, function: Callable[..., object]) -> bool | None:
    """A tag like @fault-P3 becomes the marker fault("P3"); other tags stay markers of their own."""
    kind, dash, row = tag.partition("-")
    if kind != "fault" or not dash:
        return None
    pytest.mark.fault(row)(function)
    return True
