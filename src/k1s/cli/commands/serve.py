"""`k1s server`: runs the server."""

from pathlib import Path
from typing import Annotated

from k1s.cli.line.options import Host, Port, Socket
from k1s.cli.line.words import Kind, Word


def server(
    *,
    config: Annotated[Path | None, Word(("--config", "-c"), Kind.FILE, "FILE")] = None,
    host: Host | None = None,
    port: Port | None = None,
    socket: Socket | None = None,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C, then stop them all.

    What no flag says, K1S_HOST, K1S_PORT and K1S_SOCKET say, and then the file.

    ```
    k1s server
    k1s server -c jobs.toml
    k1s server --port 5000 --socket /run/k1s.sock
    ```

    Parameters
    ----------
    config
        A TOML file: the tables [server], [limits] and [logs], and jobs to start as [job.NAME].
    host
        The address to listen on, unless K1S_HOST says it; one of this machine alone, unless
        there is TLS. [default: 127.0.0.1]
    port
        The port to listen on, unless K1S_PORT says it; 0 picks a free one. [default: 4567]
    socket
        The path of a Unix socket to listen on besides, unless K1S_SOCKET says it.
    """
    import gc

    # What is loaded stays: until it is, it is in vain to look for garbage in it.
    gc.disable()
    from k1s.cli import serving

    serving.run(config, host, port, socket)
