"""Flags that commands share, in the words of cyclopts."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from attrs import frozen
from cyclopts import Parameter
from cyclopts.validators import Number

from k1s import durations
from k1s.cli import asking, signals
from k1s.destination import Destination


def whole(_: Any, tokens: Sequence[Any]) -> int:
    """A whole number as it was typed: cyclopts itself would round 1.5."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"wants a whole number, got {text!r}.") from None


def _seconds(_: Any, tokens: Sequence[Any]) -> float:
    try:
        return durations.parse(tokens[0].value)
    except durations.DurationError as error:
        raise ValueError(f"{error}.") from None


def _signal(_: Any, tokens: Sequence[Any]) -> str:
    name = signals.name_of(tokens[0].value)
    if name is None:
        raise ValueError(f"wants {signals.WANTED}, got {tokens[0].value!r}.")
    return name


Host = Annotated[str, Parameter(name=["--host", "-h"])]
Port = Annotated[
    int,
    Parameter(name=["--port", "-p"], converter=whole, validator=Number(gte=0, lte=65535)),
]
Socket = Annotated[str, Parameter(name=["--socket"])]
Json = Annotated[bool, Parameter(name=["--json"], negative=(), show_default=False)]


Ids = Annotated[str, Parameter(required=True)]
Program = Annotated[list[str], Parameter(parse=False)]
Variables = Annotated[list[str], Parameter(negative=(), show_default=False)]
Seconds = Annotated[float, Parameter(converter=_seconds)]
Signal = Annotated[str, Parameter(converter=_signal)]


@Parameter(name="*", group="Server")
@frozen
class Server:
    """Where the server is that a command talks to.

    Parameters
    ----------
    host
        Its host, unless K1S_HOST says it. [default: 127.0.0.1]
    port
        The port that it listens on, unless K1S_PORT says it. [default: 4567]
    socket
        Its Unix socket, unless K1S_SOCKET says it.
    """

    host: Host | None = None
    port: Port | None = None
    socket: Socket | None = None

    @property
    def destination(self) -> Destination:
        """Where that is, when the environment has been asked for what no flag says."""
        return asking.destination(self.host, self.port, self.socket)


SERVER: Final = Server()
