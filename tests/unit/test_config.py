"""The configuration, as the command line changes it."""

import pytest

from k1s.config import Config, LogsConfig, ServerConfig
from k1s.errors import ConfigError


def test_defaults() -> None:
    """Loopback, port 4567, logs of 50 MiB with five backups."""
    assert (Config().server.host, Config().server.port) == ("127.0.0.1", 4567)
    assert Config().logs == LogsConfig(50 * 1024 * 1024, 5)


@pytest.mark.parametrize(
    ("host", "port", "wanted"),
    [
        (None, None, ServerConfig("h", 5)),
        ("other", None, ServerConfig("other", 5)),
        (None, 6, ServerConfig("h", 6)),
        (None, 0, ServerConfig("h", 0)),
        ("other", 6, ServerConfig("other", 6)),
    ],
)
def test_a_flag_beats_the_file(host: str | None, port: int | None, wanted: ServerConfig) -> None:
    """What the command line says wins, and port 0 says something."""
    config = Config(ServerConfig("h", 5))
    assert config.overridden(host, port, None, {}).server == wanted
    assert config.server == ServerConfig("h", 5)


@pytest.mark.parametrize(
    ("host", "port", "environ", "wanted"),
    [
        (None, None, {"K1S_PORT": "0"}, ServerConfig("h", 0, "s")),
        (None, None, {"K1S_PORT": "", "K1S_HOST": ""}, ServerConfig("h", 5, "s")),
        (None, None, {"K1S_HOST": "far"}, ServerConfig("far", 5, "s")),
        ("near", None, {"K1S_PORT": "0", "K1S_HOST": "far"}, ServerConfig("near", 0, "s")),
        (None, 6, {"K1S_PORT": "0", "K1S_HOST": "far"}, ServerConfig("far", 6, "s")),
        (None, None, {"K1S_SOCKET": "t"}, ServerConfig("h", 5, "t")),
        (None, 6, {"K1S_SOCKET": "t"}, ServerConfig("h", 6, "s")),
    ],
)
def test_the_environment_beats_the_file_and_a_flag_beats_both(
    host: str | None, port: int | None, environ: dict[str, str], wanted: ServerConfig
) -> None:
    """Each where it says something; a flag for TCP means no socket of the environment."""
    config = Config(ServerConfig("h", 5, "s"))
    assert config.overridden(host, port, None, environ).server == wanted


@pytest.mark.parametrize(
    ("host", "port", "socket", "environ", "tcp"),
    [
        (None, None, None, {}, False),
        (None, None, "s", {}, False),
        (None, None, None, {"K1S_SOCKET": "s", "K1S_HOST": ""}, False),
        (None, 0, None, {}, True),
        ("h", None, "s", {}, True),
        (None, None, None, {"K1S_PORT": "0"}, True),
        (None, None, None, {"K1S_HOST": "h"}, True),
    ],
)
def test_who_names_a_host_or_a_port_means_tcp(
    host: str | None, port: int | None, socket: str | None, environ: dict[str, str], tcp: bool
) -> None:
    """A file that wants none is beaten by a flag and by a variable."""
    config = Config(ServerConfig(socket="k1s.sock", tcp=False))
    assert config.overridden(host, port, socket, environ).server.tcp is tcp


def test_a_flag_that_cannot_be() -> None:
    """A flag with a value that no file may have is refused by its own name."""
    with pytest.raises(ConfigError, match=r"^--host wants a host name or an address, got an empty"):
        Config().overridden("", None, None, {})
