"""Where the clients of the library go: what they are given, then the environment."""

from collections.abc import Mapping
from os import PathLike, environ, fspath

from k1s.destination import PORT_MAX, Destination, DestinationError

Path = str | PathLike[str]


def destination(
    host: str | None, port: int | None, socket: Path | None, files: Mapping[str, Path | None]
) -> Destination:
    """As the command line finds it. `files` stand for variables of the environment.

    Raises `DestinationError`.
    """
    if port is not None and not (type(port) is int and 0 <= port <= PORT_MAX):
        raise DestinationError(f"port wants a whole number from 0 to {PORT_MAX}, got {port!r}")
    given = {name: fspath(path) for name, path in files.items() if path is not None}
    path = None if socket is None else fspath(socket)
    return Destination.chosen(host, port, path, {**environ, **given})
