"""What `k1s server` does: it reads what is said, and loads what only a server needs to serve."""

import gc
import logging
import os
import sys
from pathlib import Path

from attrs import evolve

from k1s.cli.currentfolder import here
from k1s.cli.display.brokenpipe import give_up
from k1s.cli.display.nonblocking import let_no_reader_hold_us
from k1s.cli.display.output import say
from k1s.cli.display.wording import counted
from k1s.cli.failing import REFUSED, WRONG_USAGE, complain, fail, tell
from k1s.config import Config
from k1s.destination import DestinationError, Named, named
from k1s.errors import ConfigError
from k1s.jobsfile.loading import load
from k1s.jobsfile.parsing import JobsFile
from k1s.port.listening import ListenError


def run(config: Path | None, host: str | None, port: int | None, socket: str | None) -> None:
    """Serve as the flags say, or else the environment, or else the file."""
    let_no_reader_hold_us()
    logging.basicConfig(format="k1s: %(message)s", level=logging.WARNING, handlers=[_Teller()])
    here()  # it is where the logs go
    try:
        file = JobsFile() if config is None else load(config)
        said = file.config.overridden(host, port, socket, os.environ)
        if names := opening(file.config, host, port):
            variables = " and ".join(names)
            how = f"listening on TCP, although {config} says tcp = false"
            complain(f"{variables} in the environment: {how}")
        # Not before: a mistake needs nothing of it to be told.
        from k1s.server import serve

        gc.enable()
        serve(evolve(file, config=said), _announce, _tell_stop)
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))
    except ConfigError as error:
        fail(WRONG_USAGE, f"{blamed(error.field, config, (host, port, socket))}{error}")
    except ListenError as error:
        fail(REFUSED, str(error))


def opening(config: Config, host: str | None, port: int | None) -> list[str]:
    """The variables that open a port which the file wants none of, unless a flag wants it, too.

    Who has set them for clients may not want that, and is told.
    """
    if config.server.tcp or host is not None or port is not None:
        return []
    address = named(None, None, None, os.environ)
    said = {"K1S_HOST": address.host, "K1S_PORT": address.port}
    return [name for name, value in said.items() if value is not None]


def blamed(
    field: str | None, config: Path | None, flags: tuple[str | None, int | None, str | None]
) -> str:
    """Who has said what was found wrong only while starting: a variable, or the file.

    A flag needs no name, for whoever has typed it knows.
    """
    if field is None or getattr(Named(*flags), field, None):
        return ""
    if getattr(named(*flags, os.environ), field, None):
        return f"K1S_{field.upper()}: "
    return f"{config}: " if config else ""


class _Teller(logging.Handler):
    """Tells what the server's parts have to say; where nobody takes it, they go on anyway."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        tell(self.format(record))


def _announce(address: str) -> None:
    try:
        print(f"k1s is listening on {address}", flush=True)
    except OSError:  # nobody reads it, or a disk is full: it is no less true
        give_up(sys.stdout)


def _tell_stop(count: int) -> None:
    """Who looks on while the jobs have their time to end wants to know what takes so long."""
    if count:
        more = "Ctrl-C" if sys.stderr.isatty() else "signal"
        say(f"k1s is stopping {counted(count, 'job')}; another {more} ends all at once")
