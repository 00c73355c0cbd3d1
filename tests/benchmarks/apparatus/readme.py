"""The place of the table in a document: between two markers."""

from pathlib import Path
from typing import Final

BEGIN: Final = "<!-- benchmarks -->"
END: Final = "<!-- end of benchmarks -->"


def why_not(document: Path) -> str | None:
    """Why there can be no table in a document, if so."""
    try:
        _, begin, rest = document.read_text().partition(BEGIN)
    except OSError as error:
        return f"{document} cannot be read: {error.strerror}"
    if not begin or END not in rest:
        return f"{document} has no place for the table: add {BEGIN} and {END}"
    return None


def insert(document: Path, text: str) -> None:
    """Put a text between the markers of a document, in place of what is there."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
