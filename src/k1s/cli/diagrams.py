"""`k1s diagrams`: draws the state machines."""

from pathlib import Path
from typing import Annotated

from k1s.cli.failing import REFUSED, fail
from k1s.cli.words import Kind, Word


def diagrams(
    *,
    check: bool = False,
    folder: Annotated[Path, Word(kind=Kind.FOLDER)] = Path("diagrams"),
    readme: Annotated[Path, Word(kind=Kind.FILE)] = Path("README.md"),
) -> None:
    """Draw the state machines as Mermaid files, and in the README where it has markers for them.

    ```
    k1s diagrams
    k1s diagrams --check
    ```

    Parameters
    ----------
    check
        Write nothing; exit with 1 if a picture is stale or missing.
    folder
        Where the pictures are.
    readme
        A Markdown file that shows them; it is left alone if it does not exist.
    """
    from k1s.diagrams import find_stale, write

    try:
        stale = find_stale(folder, readme) if check else write(folder, readme)
    except (OSError, UnicodeError) as error:
        fail(REFUSED, f"cannot draw into {folder}: {error}")
    if check and stale:
        names = ", ".join(map(str, stale))
        fail(REFUSED, f"stale, draw them again with k1s diagrams: {names}")
