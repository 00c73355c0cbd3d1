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


def test_a_flag_that_cannot_be() -> None:
    """A flag with a value that no file may have is refused by its own name."""
    with pytest.raises(ConfigError, match=r"^--host wants a host name or an address, got an empty"):
        Config().overridden("", None, None, {})
