"""`k1s help`: for those who ask for it in words."""

from typing import Annotated

from k1s.cli.commands import BY_NAME
from k1s.cli.line.words import Word


def help(command: Annotated[str | None, Word(choices=tuple(BY_NAME))] = None, /) -> None:
    """Explain a command as its --help does, or, as k1s alone does, how to begin.

    ```
    k1s help
    k1s help create
    ```

    Parameters
    ----------
    command
        The command to explain.
    """
    if command is None:
        from k1s.cli.guide import GUIDE

        print(GUIDE)
        return
    from k1s.cli.line import app

    app.read([command, "--help"] if command in BY_NAME else [command])()
