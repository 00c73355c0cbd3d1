"""`k1s diagrams`: draws the state machines."""

from pathlib import Path
from typing import Annotated

from k1s.cli.failing import REFUSED, fail
from k1s.cli.line.words import Kind, Word


def diagrams(
    *,
    check: bool = False,
    folder: Annotated[Path, Word(kind=Kind.FOLDER, value="DIR")] = Path("diagrams"),
    readme: Annotated[Path, Word(kind=Kind.FILE, value="FILE")] = Path("README.md"),
    json: bool = False,
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
    json
        Print one array: the files that were drawn again, or with --check those that are stale.
    """
    from k1s.cli.display.output import print_json
    from k1s.diagrams import find_stale, write

    try:
        changed = find_stale(folder, readme) if check else write(folder, readme)
    except (OSError, UnicodeError) as error:
        fail(REFUSED, f"cannot draw into {folder}: {error}")
    if json:
        print_json([str(path) for path in changed])
    if check and changed:
        names = ", ".join(map(str, changed))
        fail(REFUSED, f"stale, draw them again with k1s diagrams: {names}")
