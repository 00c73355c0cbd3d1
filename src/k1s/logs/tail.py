"""Where the last lines of a text begin, and where a text may be cut. Arithmetic only.

A log is text, or nearly: whoever sends it in pieces must not cut a character in
two, and whoever wants its last lines has to walk backwards, because nobody
keeps an index of them.
"""

from typing import Final

from attrs import define, field

# A character of UTF-8 has four bytes at most: so many may lack their end.
UNFINISHED_BYTES_MAX: Final = 3


def unfinished(data: bytes) -> int:
    """How many bytes at the end are the beginning of a UTF-8 character that is not whole."""
    for back in range(1, min(UNFINISHED_BYTES_MAX, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:  # it begins a character
            return back if _length(byte) > back else 0
    return 0


def _length(first: int) -> int:
    """Of how many bytes a character is that begins so; 1 where none does."""
    if 0xC2 <= first < 0xE0:
        return 2
    if 0xE0 <= first < 0xF0:
        return 3
    return 4 if 0xF0 <= first < 0xF5 else 1


@define
class LineSearch:
    """Finds where the last `lines` lines begin, one block after the other, from the end.

    `position` is where the next block has to end. A last line without an end counts.
    """

    lines: int
    position: int
    _is_begun: bool = field(default=False, init=False)

    def feed(self, block: bytes) -> int | None:
        """Take the block before `position`, not an empty one; where the lines begin, if there."""
        if not self._is_begun:
            self._is_begun = True
            self.lines += block.endswith(b"\n")
        self.position -= len(block)
        found = block.count(b"\n")
        if found < self.lines:
            self.lines -= found
            return None
        return self.position + len(block.rsplit(b"\n", self.lines)[0]) + 1
