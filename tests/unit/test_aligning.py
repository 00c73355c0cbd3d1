"""Where the server of a jobs file is."""

from pathlib import Path

import pytest

from k1s.cli.aligning import destination
from k1s.cli.line.options import Server
from k1s.config import Config, ServerConfig
from k1s.destination import Destination

FILE = Path("/jobs/jobs.toml")

pytestmark = pytest.mark.usefixtures("unsaid")


@pytest.mark.parametrize(
    ("config", "flags", "environ", "wanted"),
    [
        (ServerConfig(), Server(), {}, Destination()),
        (ServerConfig("far", 5), Server(), {"K1S_HOST": ""}, Destination("far", 5)),
        (ServerConfig("far", 5, "gone"), Server(), {}, Destination("far", 5)),
        (ServerConfig("far", 5, "/s"), Server(), {}, Destination(socket="/s")),
        (ServerConfig("far", 5, "/s"), Server(), {"K1S_HOST": "h"}, Destination("h", 5)),
        (ServerConfig("far", 5, "/s"), Server(), {"K1S_PORT": "6"}, Destination("far", 6)),
        (ServerConfig("far", 5, "/s"), Server(host="h"), {}, Destination("h", 5)),
        (ServerConfig("far", 5, "/s"), Server(host="h"), {"K1S_SOCKET": "/t"}, Destination("h", 5)),
        (ServerConfig("far", 5, "/s"), Server(), {"K1S_SOCKET": "/t"}, Destination(socket="/t")),
        (
            ServerConfig("far", 5, "/s"),
            Server(socket="/t"),
            {"K1S_PORT": "6"},
            Destination(socket="/t"),
        ),
        (ServerConfig(port=0, socket="s"), Server(), {}, Destination(socket="/jobs/s")),
        (ServerConfig(tcp=False, socket="s"), Server(), {}, Destination(socket="/jobs/s")),
    ],
)
def test_a_file_is_asked_for_what_nobody_else_says(
    config: ServerConfig,
    flags: Server,
    environ: dict[str, str],
    wanted: Destination,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Flags beat the environment, and that beats the file, whose socket is not for who means TCP.

    A relative socket of the file lies beside it, where nothing else leads to the server.
    """
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = destination(flags, FILE, Config(config))
    if wanted.socket is not None:
        assert found.socket == wanted.socket
    else:
        assert found == wanted
