"""What of an output has not been shown yet."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from k1s.cli.display.logpieces import spelled
from k1s.cli.display.unshown import Fresh

PIECES = st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=5)))


def _piece(missed: int, data: bytes) -> dict[str, Any]:
    return {"stream": "stdout", "missedBytes": missed, **spelled(data)}


@given(PIECES, st.integers(0, 30))
def test_what_is_new_is_shown_or_counted(pieces: list[tuple[int, bytes]], old: int) -> None:
    """Of a log that had some bytes before, all others are shown or said to be missing, in order."""
    fresh = Fresh(["stdout", "stderr"])
    fresh.skip({"stdout": old, "stderr": 7})
    taken = [fresh.take(_piece(missed, data)) for missed, data in pieces]
    log = [sign for missed, data in pieces for sign in [*[None] * missed, *data]]
    assert b"".join(data for data, _ in taken) == bytes(b for b in log[old:] if b is not None)
    assert sum(missed for _, missed in taken) == log[old:].count(None)


@given(PIECES, PIECES)
def test_what_comes_again_is_not_shown_again(
    before: list[tuple[int, bytes]], after: list[tuple[int, bytes]]
) -> None:
    """Who begins again is shown what comes behind all that he has had."""
    fresh = Fresh(["stdout"])
    for missed, data in before:
        fresh.take(_piece(missed, data))
    fresh.begin_again()
    taken = [fresh.take(_piece(missed, data)) for missed, data in [*before, *after]]
    assert b"".join(data for data, _ in taken) == b"".join(data for _, data in after)
    assert sum(missed for _, missed in taken) == sum(missed for missed, _ in after)
