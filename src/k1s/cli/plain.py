"""A way around cyclopts: importing it takes longer than the rest of `k1s list`, which is used in
loops and prompts, and a server would never get rid of it.

Only the plainest words are read here: ids and a few flags, each spelled out
with its value as a word of its own. For anything else `read` returns None, and
cyclopts reads it (and says what is wrong with it). A test compares the two
readers.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from k1s.destination import PORT_MAX

_WHERE: Final = {
    "--host": "host",
    "-h": "host",
    "--port": "port",
    "-p": "port",
    "--socket": "socket",
}
LISTING: Final = {**_WHERE, "--json": "json"}
SERVING: Final = {**_WHERE, "--config": "config", "-c": "config"}
_DIGITS_MAX: Final = 5


class Plain(NamedTuple):
    """What plain words say."""

    ids: tuple[str, ...]
    json: bool
    config: str | None
    host: str | None
    port: int | None
    socket: str | None


def read(words: Sequence[str], known: Mapping[str, str]) -> Plain | None:
    """The words behind the name of a command, which has these flags; None unless all are plain."""
    ids: list[str] = []
    flags: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name = known.get(word, "")
        value = next(rest, "") if name and name != "json" else word
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
        config=flags.get("config"),
        host=flags.get("host"),
        port=None if port is None else int(port),
        socket=flags.get("socket"),
    )


def _is_port(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return is_number and int(text) <= PORT_MAX
