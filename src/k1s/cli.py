"""The command line: `k1s server`, `k1s client`, `k1s token` and `k1s diagrams`.

Only what a command needs is imported, and only when it is called: the client
is used in loops and prompts. Results go to stdout, talk goes to stderr, and
the exit codes are 0 for done, 1 for a refusal, 2 for wrong usage and 3 for no
server.
"""

import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from k1s import __version__

REFUSED = 1
WRONG_USAGE = 2
NO_SERVER = 3
INTERRUPTED = 130


def _whole(_: Any, tokens: Sequence[Any]) -> int:
    """A whole number as it was typed: cyclopts itself would round 1.5."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"wants a whole number, got {text!r}.") from None


Host = Annotated[str, Parameter(name=["--host", "-h"])]
Port = Annotated[
    int,
    Parameter(name=["--port", "-p"], converter=_whole, validator=Number(gte=0, lte=65535)),
]

app = App(
    name="k1s",
    help="Run programs, look after them, and keep their logs.",
    version=__version__,
    help_flags=["--help"],
    version_flags=["--version"],
)


def main() -> None:
    """Run one command line; no mistake of a user ends in a traceback."""
    try:
        app(_bound_arguments(sys.argv[1:]), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _fail(WRONG_USAGE, f"{_one_line(error)} See {_program()} --help")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would flush once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(REFUSED)


@app.command
def server(
    *,
    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None,
    host: Host | None = None,
    port: Port | None = None,
    socket: Annotated[str | None, Parameter(name=["--socket"])] = None,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C, then stop them all.

    Parameters
    ----------
    config
        A TOML file with the tables [server] and [limits].
    host
        The address to listen on; it must be a loopback address. [default: 127.0.0.1]
    port
        The port to listen on; 0 picks a free one. [default: 4567]
    socket
        The path of a Unix socket to listen on besides.
    """
    from k1s.config import Config, parse
    from k1s.errors import ConfigError
    from k1s.port.listening import ListenError
    from k1s.server import serve

    logging.basicConfig(format="k1s: %(message)s", level=logging.WARNING)
    try:
        read = Config() if config is None else parse(_read(config), str(config))
        serve(read.overridden(host, port, socket), _announce)
    except ConfigError as error:
        _fail(WRONG_USAGE, f"{_file_of(error, config)}{error}")
    except ListenError as error:
        _fail(REFUSED, str(error))


@app.command
def client(
    *,
    command: Annotated[
        Literal["get-all-jobs", "get-job-by-id", "create-job", "kill-job", "delete-job"],
        Parameter(name=["--command", "-c"]),
    ],
    host: Host | None = None,
    port: Port | None = None,
    id: Annotated[str | None, Parameter(name=["--id", "-i"])] = None,
    type: Annotated[
        Literal["one-time", "periodic", "continuous"] | None, Parameter(name=["--type", "-t"])
    ] = None,
    executable: Annotated[str | None, Parameter(name=["--executable", "-x"])] = None,
    arguments: Annotated[
        str | None, Parameter(name=["--arguments", "-a"], allow_leading_hyphen=True)
    ] = None,
    working_directory: Annotated[
        str | None, Parameter(name=["--working-directory", "--workingDirectory", "-w"])
    ] = None,
    environment: Annotated[
        list[str] | None,
        Parameter(name=["--environment", "-e"], negative=(), show_default=False),
    ] = None,
    period: Annotated[float | None, Parameter(name=["--period", "-r"])] = None,
    max_retry: Annotated[
        int | None, Parameter(name=["--max-retry", "--maxRetry", "-m"], converter=_whole)
    ] = None,
) -> None:
    """Send one command to a server and print its reply as JSON.

    Without --host and --port, K1S_SOCKET can name the Unix socket of the server.

    Parameters
    ----------
    command
        What the server is asked to do.
    host
        Where the server is, unless K1S_HOST says it. [default: 127.0.0.1]
    port
        The port that it listens on, unless K1S_PORT says it. [default: 4567]
    id
        The job's id.
    type
        When the job runs.
    executable
        The program: a path, or a name on the PATH.
    arguments
        Its arguments in one text, split on spaces.
    working_directory
        The folder to run it in.
    environment
        A variable as KEY=VALUE; may be repeated. Naming one replaces the server's environment.
    period
        Seconds from one start to the next, for a periodic job.
    max_retry
        How many failures in a row are forgiven; -1 forgives all.
    """
    job = {
        "id": id,
        "type": type,
        "executable": executable,
        "arguments": None if arguments is None else [word for word in arguments.split(" ") if word],
        "workingDirectory": working_directory,
        "environment": _variables(environment or []),
        "periodInSeconds": int(period) if period is not None and period.is_integer() else period,
        "maxRetry": max_retry,
    }
    message: dict[str, Any] = {"command": command}
    if command == "create-job":
        message["job"] = {key: value for key, value in job.items() if value is not None}
    elif command != "get-all-jobs":
        message["jobId"] = id
    _print_reply(_send(host, port, message))


@app.command
def token(file: Path = Path("k1s.token"), /) -> None:
    """Make a token: a secret that lets clients in where their user cannot be asked for.

    Name the file as token_file in [server], and to clients as K1S_TOKEN_FILE.

    Parameters
    ----------
    file
        Where to write it; a file that exists is left alone.
    """
    from k1s.port import tokens

    try:
        tokens.make(str(file))
    except tokens.TokenError as error:
        _fail(REFUSED, str(error))
    print(file)


@app.command
def diagrams(
    *,
    check: Annotated[bool, Parameter(negative=())] = False,
    folder: Path = Path("diagrams"),
    readme: Path = Path("README.md"),
) -> None:
    """Draw the state machines as Mermaid files, and in the README where it has markers for them.

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
        _fail(REFUSED, f"cannot draw into {folder}: {error}")
    if check and stale:
        names = ", ".join(map(str, stale))
        _fail(REFUSED, f"stale, draw them again with k1s diagrams: {names}")


def _bound_arguments(words: list[str]) -> list[str]:
    """Bind `-a` to the word behind it, which may look like any option, `--help` among them."""
    bound: list[str] = []
    for word in words:
        if bound and bound[-1] in ("-a", "--arguments"):
            bound[-1] = f"--arguments={word}"
        else:
            bound.append(word)
    return bound


def _announce(address: str) -> None:
    print(f"k1s is listening on {address}", flush=True)


def _read(path: Path) -> bytes:
    from k1s.errors import ConfigError

    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot read {path}: {reason}: name a TOML file with -c") from None


def _file_of(error: Exception, config: Path | None) -> str:
    """What is wrong with a key and comes out only while starting does not name its file."""
    return f"{config}: " if config and str(error).startswith("server.") else ""


def _variables(pairs: list[str]) -> dict[str, str] | None:
    """KEY=VALUE texts as a mapping; only the first `=` splits."""
    for pair in pairs:
        if "=" not in pair:
            _fail(WRONG_USAGE, f"-e wants KEY=VALUE, got {pair!r}")
    return dict(pair.split("=", 1) for pair in pairs) or None


def _send(host: str | None, port: int | None, message: dict[str, Any]) -> Any:
    from k1s.client import ServerGoneError, request
    from k1s.destination import Destination, DestinationError

    try:
        return request(Destination.chosen(host, port, os.environ), message)
    except DestinationError as error:
        _fail(WRONG_USAGE, str(error))
    except ServerGoneError as error:
        _fail(NO_SERVER, str(error))


def _print_reply(reply: Any) -> None:
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(reply, indent=indent, ensure_ascii=not _writes_unicode()), flush=True)
    if isinstance(reply, dict) and "error" in reply:
        _fail(REFUSED, str(reply["error"]))


def _writes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")


def _one_line(error: CycloptsError) -> str:
    return " ".join(str(error).split())


def _program() -> str:
    commands = [word for word in sys.argv[1:2] if word in ("server", "client", "token", "diagrams")]
    return " ".join(["k1s", *commands])


def _fail(code: int, text: str) -> NoReturn:
    print(f"k1s: {text}", file=sys.stderr)
    sys.exit(code)
