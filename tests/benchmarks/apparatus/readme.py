"""The place of the table in a document: between two markers."""

from pathlib import Path
from typing import Final

BEGIN: Final = "<!-- benchmarks -->"
END: Final = "<!-- end of benchmarks -->"


def insert(document: Path, text: str) -> None:
    """Put a text between the markers of a document, in place of what is there."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{document} has no place for the table: add {BEGIN} and {END}")
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
