"""What `k1s server` does; it knows nothing of cyclopts, so that it can be called without."""

import logging
from pathlib import Path

from attrs import evolve

from k1s.cli.failing import REFUSED, WRONG_USAGE, fail
from k1s.errors import ConfigError
from k1s.jobsfile import JobsFile
from k1s.loading import load
from k1s.port.listening import ListenError
from k1s.server import serve


def run(config: Path | None, host: str | None, port: int | None, socket: str | None) -> None:
    """Serve as the file says, and the command line where it says something."""
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
