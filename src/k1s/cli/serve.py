"""`k1s server`: runs the server."""

import logging
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from k1s.cli.failing import REFUSED, WRONG_USAGE, fail
from k1s.cli.options import Host, Port, Socket


def server(
    *,
    config: Annotated[Path | None, Parameter(name=["--config", "-c"])] = None,
    host: Host | None = None,
    port: Port | None = None,
    socket: Socket | None = None,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C, then stop them all.

    Parameters
    ----------
    config
        A TOML file: the tables [server], [limits] and [logs], and jobs to start as [job.NAME].
    host
        The address to listen on; it must be a loopback address. [default: 127.0.0.1]
    port
        The port to listen on; 0 picks a free one. [default: 4567]
    socket
        The path of a Unix socket to listen on besides.
    """
    from attrs import evolve

    from k1s.errors import ConfigError
    from k1s.jobsfile import JobsFile
    from k1s.loading import load
    from k1s.port.listening import ListenError
    from k1s.server import serve

    logging.basicConfig(format="k1s: %(message)s", level=logging.WARNING)
    try:
        file = JobsFile() if config is None else load(config)
        said = file.config.overridden(host, port, socket)
        serve(evolve(file, config=said), _announce)
    except ConfigError as error:
        fail(WRONG_USAGE, f"{_file_of(error, config)}{error}")
    except ListenError as error:
        fail(REFUSED, str(error))


def _announce(address: str) -> None:
    print(f"k1s is listening on {address}", flush=True)


def _file_of(error: Exception, config: Path | None) -> str:
    """What is wrong with a key and comes out only while starting does not name its file."""
    return f"{config}: " if config and str(error).startswith("server.") else ""
