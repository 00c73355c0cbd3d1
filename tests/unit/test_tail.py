"""Where the last lines of a text begin, and where a text may be cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.logs.tail import LineSearch, unfinished

LINES = st.lists(st.text("ab\n", max_size=5)).map(lambda parts: "".join(parts).encode())


@given(st.text(), st.integers(0, 3))
def test_a_character_is_never_cut(text: str, cut: int) -> None:
    """Without what is unfinished, a piece of UTF-8 is UTF-8, and no whole character is taken."""
    data = text.encode()
    piece = data[: max(len(data) - cut, 0)]
    whole = piece[: len(piece) - unfinished(piece)]
    assert text.startswith(whole.decode())
    assert len(piece) - len(whole) <= 3
    assert unfinished(data) == 0


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"", 0),
        (b"a", 0),
        (b"a\xc3", 1),
        (b"\xe2\x82", 2),
        (b"\xf0\x9f\x98", 3),
        (b"\xf0\x9f\x98\x80", 0),
        (b"\x80\x80\x80\x80", 0),
        (b"a\xc1", 0),
        (b"a\xff", 0),
        (b"a\xc3\x80\x80", 0),
    ],
)
def test_what_is_unfinished(data: bytes, count: int) -> None:
    """Only the beginning of a character that may become whole is unfinished."""
    assert unfinished(data) == count


@given(LINES, st.integers(1, 8), st.integers(1, 7))
def test_the_last_lines_are_found(data: bytes, lines: int, block: int) -> None:
    """However the text is cut into blocks; a last line without an end is a line."""
    wanted = b"".join(data.splitlines(keepends=True)[-lines:])
    search = LineSearch(lines, len(data))
    found = None
    while found is None and search.position > 0:
        found = search.feed(data[max(search.position - block, 0) : search.position])
    assert data[found or 0 :] == wanted
    assert found is None or found > 0
