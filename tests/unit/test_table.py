"""A table that fits its place."""

from hypothesis import given
from hypothesis import strategies as st

from k1s.cli.display.table import GAP, Column, layout
from k1s.cli.display.wording import width

COLUMNS = (
    Column("ID", least=6),
    Column("TYPE", rank=1),
    Column("PID", rank=2, to_the_right=True),
    Column("WHAT NEXT", rank=3, least=9),
)
ROWS = [
    ["web", "continuous", "7", ""],
    ["backup-of-customers", "one-time", "12345", "could not start: no such file"],
]


def shown(place: int | None) -> list[str]:
    """The lines of the table for a place."""
    return [(" " * GAP).join(cells).rstrip() for cells in layout(COLUMNS, ROWS, place)]


def test_without_a_limit_nothing_is_cut() -> None:
    """Each column is as wide as its widest cell."""
    assert shown(None) == [
        "ID                   TYPE          PID  WHAT NEXT",
        "web                  continuous      7",
        "backup-of-customers  one-time    12345  could not start: no such file",
    ]
    assert shown(200) == shown(None)


def test_what_can_be_shortened_is_shortened_first() -> None:
    """The last column gives first, then the ones before it."""
    assert shown(60)[2] == "backup-of-customers  one-time    12345  could not start: no…"
    assert shown(45)[2] == "backup-of-cust…  one-time    12345  could no…"


def test_the_least_wanted_column_goes_first() -> None:
    """What does not fit is left out as a whole, from every line."""
    assert shown(30) == [
        f"{'ID':<12}  {'PID':>5}  WHAT NEXT",
        f"{'web':<12}  {'7':>5}",
        "backup-of-c…  12345  could no…",
    ]


@given(st.lists(st.lists(st.text("ab日", max_size=30), min_size=4, max_size=4)), st.integers(4, 90))
def test_no_line_is_too_long(rows: list[list[str]], place: int) -> None:
    """Whatever the cells are, each line fits."""
    for cells in layout(COLUMNS, rows, place):
        assert width((" " * GAP).join(cells)) <= place
