"""Words that commands share."""

import re
from typing import Annotated, Final, NamedTuple

from k1s.cli.line.words import Kind, Word
from k1s.destination import PORT_MAX, Destination


def whole(text: str) -> int:
    """A whole number as it was typed: cyclopts itself would round 1.5, and Python takes 1_0."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise ValueError(f"wants a whole number, got {text!r}.")
    return int(text)


def _folder(text: str) -> str:
    if not text:
        raise ValueError("wants a path, got ''.")
    return text


def _seconds(text: str) -> float:
    from k1s import durations

    try:
        return durations.parse(text)
    except durations.DurationError as error:
        raise ValueError(f"{error}.") from None


def _signal(text: str) -> str:
    from k1s.cli.line import signals

    name = signals.name_of(text)
    if name is None:
        raise ValueError(f"wants {signals.WANTED}, got {text!r}.")
    return name


Host = Annotated[str, Word(("--host", "-h"), value="HOST")]
Port = Annotated[int, Word(("--port", "-p"), value="PORT", read=whole, bounds=(0, PORT_MAX))]
Socket = Annotated[str, Word(kind=Kind.FILE, value="PATH")]

Ids = Annotated[str, Word(kind=Kind.JOB, is_required=True)]
AnyJobs = Annotated[str, Word(kind=Kind.JOB)]
Program = Annotated[list[str], Word(kind=Kind.PROGRAM, is_program=True)]
Variables = Annotated[list[str], Word(("--environment", "-e"), value="KEY=VALUE")]
Folder = Annotated[str, Word(("--working-directory", "-w"), Kind.FOLDER, "DIR", read=_folder)]
Retries = Annotated[int, Word(("--max-retry", "-m"), value="N", read=whole)]
Seconds = Annotated[float, Word(value="DURATION", read=_seconds)]
SignalPlace = Annotated[str, Word(kind=Kind.SIGNAL, read=_signal)]
SignalOption = Annotated[str, Word(("--signal", "-s"), Kind.SIGNAL, "SIGNAL", read=_signal)]


class Server(NamedTuple):
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
        from k1s.cli import asking

        return asking.destination(self.host, self.port, self.socket)


SERVER: Final = Server()
