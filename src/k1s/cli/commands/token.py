"""`k1s token`: makes a secret that lets clients in."""

from pathlib import Path
from typing import Annotated

from k1s.cli.failing import REFUSED, fail
from k1s.cli.line.words import Kind, Word


def token(file: Annotated[Path, Word(kind=Kind.FILE)] = Path("k1s.token"), /) -> None:
    """Make a token: a secret that lets clients in where their user cannot be asked for.

    Name the file as token_file in [server], and to clients as K1S_TOKEN_FILE.

    ```
    k1s token /etc/k1s.token
    ```

    Parameters
    ----------
    file
        Where to write it; a file that exists is left alone.
    """
    from k1s.port import tokens

    try:
        tokens.make(str(file))
    except tokens.TokenError as error:
        fail(REFUSED, str(error))
    print(file)
