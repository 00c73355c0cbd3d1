"""Variables as people type them."""

from collections.abc import Iterable

from k1s.cli.failing import WRONG_USAGE, fail


def variables(pairs: Iterable[str]) -> dict[str, str]:
    """KEY=VALUE texts as a mapping; only the first `=` splits."""
    listed = list(pairs)
    for pair in listed:
        if "=" not in pair:
            fail(WRONG_USAGE, f"-e wants KEY=VALUE, got {pair!r}")
    return dict(pair.split("=", 1) for pair in listed)
