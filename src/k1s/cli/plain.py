"""A way around cyclopts for what is used in loops and prompts: importing it takes longer than
the rest of `k1s list`.

Only the plainest words are read here: ids, `--json`, and where the server is,
each flag spelled out with its value as a word of its own. For anything else
`read` returns None, and cyclopts reads it (and says what is wrong with it). A
test compares the two readers.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from k1s.destination import PORT_MAX

_FLAGS: Final = {
    "--host": "host",
    "-h": "host",
    "--port": "port",
    "-p": "port",
    "--socket": "socket",
}
_DIGITS_MAX: Final = 5


class Plain(NamedTuple):
    """What plain words say."""

    ids: tuple[str, ...]
    json: bool
    host: str | None
    port: int | None
    socket: str | None


def read(words: Sequence[str]) -> Plain | None:
    """The words behind the name of a command; None unless they are all plain."""
    ids: list[str] = []
    flags: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word == "--json":
            name, value = "json", word
        elif word in _FLAGS:
            name, value = _FLAGS[word], next(rest, "")
        else:
            name, value = "", word
        if not value or name in flags or (name != "json" and value.startswith("-")):
            return None
        if name:
            flags[name] = value
        else:
            ids.append(value)
    port = flags.get("port")
    if port is not None and not _is_port(port):
        return None
    return Plain(
        ids=tuple(ids),
        json="json" in flags,
        host=flags.get("host"),
        port=None if port is None else int(port),
        socket=flags.get("socket"),
    )


def _is_port(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return is_number and int(text) <= PORT_MAX
