"""Every fault that k1s promises to bear is shown by a test."""

import re
from pathlib import Path

from faults import FAULTS

ROOT = Path(__file__).parents[1]
_MARKER = re.compile(r"""\bfault\(["'](\w+)["']\)""")
_TAG = re.compile(r"@fault-(\w+)")


def shown() -> set[str]:
    """The names that any test or scenario bears."""
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    marked = {name for path in tests for name in _MARKER.findall(path.read_text("utf-8"))}
    features = (ROOT / "features").glob("*.feature")
    return marked | {name for path in features for name in _TAG.findall(path.read_text("utf-8"))}


def test_every_fault_is_shown_by_a_test() -> None:
    """No row of the list is without a test."""
    assert not set(FAULTS) - shown()


def test_no_test_names_a_fault_that_is_not_listed() -> None:
    """A name that is mistyped would show nothing."""
    assert not shown() - set(FAULTS)
