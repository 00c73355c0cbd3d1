"""The configuration file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k1s.config import Config, LogsConfig, ServerConfig, parse
from k1s.errors import ConfigError

LOG_BYTES = "logs.max_bytes wants 0 for no bound, or from 65536 to 1125899906842624 bytes"


def _refused(document: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(document, "k1s.toml")
    return str(caught.value)


def test_nothing_said() -> None:
    """An empty document is the default: loopback, port 4567."""
    assert parse(b"", "k1s.toml") == parse(b"[server]\n", "k1s.toml") == Config()
    assert (Config().server.host, Config().server.port) == ("127.0.0.1", 4567)


@pytest.mark.parametrize("max_bytes", [0, 65536, 52428800, 1 << 50])
@pytest.mark.parametrize("backups", [0, 1, 100])
def test_logs(max_bytes: int, backups: int) -> None:
    """A document bounds the logs, up to the bounds of the bounds; 50 MiB and 5 unless it does."""
    document = f"[logs]\nmax_bytes = {max_bytes}\nbackups = {backups}\n".encode()
    assert parse(document, "k1s.toml").logs == LogsConfig(max_bytes, backups)
    assert Config().logs == LogsConfig(50 * 1024 * 1024, 5)


@pytest.mark.parametrize("port", [0, 1, 6000, 65535])
def test_all_said(port: int) -> None:
    """A document sets host and port, up to the bounds."""
    document = f'[server]\nhost = "localhost"\nport = {port}\n'.encode()
    assert parse(document, "k1s.toml") == Config(ServerConfig("localhost", port))


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
    assert config.overridden(host, port).server == wanted
    assert config.server == ServerConfig("h", 5)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"server = 5", "server wants an object, got 5"),
        (b"[logs]\nmax_bytes = 1", f"{LOG_BYTES}, got 1"),
        (b"[logs]\nmax_bytes = 65535", f"{LOG_BYTES}, got 65535"),
        (b"[logs]\nmax_bytes = -1", f"{LOG_BYTES}, got -1"),
        (b"[logs]\nmax_bytes = 1125899906842625", f"{LOG_BYTES}, got 1125899906842625"),
        (b"[logs]\nbackups = -1", "logs.backups wants a whole number from 0 to 100, got -1"),
        (b"[logs]\nbackups = 101", "logs.backups wants a whole number from 0 to 100, got 101"),
        (b"[logs]\nbackups = true", "logs.backups wants a whole number, got true"),
        (b"server = [1]", "server wants an object, got a list"),
        (b"[[server]]", "server wants an object, got a list"),
        (b"[sever]", "has no key 'sever': did you mean server?"),
        (b"port = 1", "has no key 'port'"),
        (b"[server]\nprot = 1", "server has no key 'prot': did you mean port?"),
        (b"[server]\nport = '1'", "server.port wants a whole number, got '1'"),
        (b"[server]\nport = true", "server.port wants a whole number, got true"),
        (b"[server]\nport = 1.0", "server.port wants a whole number, got 1.0"),
        (b"[server]\nport = nan", "server.port wants a whole number, got nan"),
        (b"[server]\nport = 2026-01-01", "server.port wants a whole number, got an object"),
        (b"[server]\nport = -1", "server.port wants a whole number from 0 to 65535, got -1"),
        (b"[server]\nport = 65536", "server.port wants a whole number from 0 to 65535, got 65536"),
        (b"[server]\nhost = 1", "server.host wants text, got 1"),
        (b"[server]\nhost = []", "server.host wants text, got a list"),
        (b"[server]\nhost = ''", "server.host wants a host name or an address, got an empty text"),
    ],
)
def test_mistakes(document: bytes, text: str) -> None:
    """A mistake is one line that names the file, the key and what is wanted."""
    assert _refused(document) == f"k1s.toml: {text}"


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"[server", "this is not TOML: "),
        (b"[server]\nport =", "this is not TOML: "),
        (b"[server]\nport = 1\nport = 2", "this is not TOML: "),
        (b"{}", "this is not TOML: "),
        (b"\xef\xbb\xbf[server]", "this is not TOML: "),
        (b"# \xff", "byte 3 is not UTF-8: save it as UTF-8"),
        (b"a = " + b"[" * 5000, "it is nested too deeply"),
    ],
)
def test_what_is_no_toml(document: bytes, text: str) -> None:
    """A document that cannot be read is one line too."""
    error = _refused(document)
    assert error.startswith(f"k1s.toml: {text}")
    assert "\n" not in error


@pytest.mark.parametrize("number", [b"9" * 5000, b"0x" + b"f" * 5000])
def test_numbers_without_end(number: bytes) -> None:
    """A number of thousands of digits is a mistake like any other, and no traceback."""
    assert _refused(b"[server]\nport = " + number).startswith("k1s.toml: ")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes(document: bytes) -> None:
    """Any bytes are a configuration or a `ConfigError` of one line, and nothing else happens."""
    try:
        config = parse(document, "k1s.toml")
    except ConfigError as error:
        text = str(error)
    else:
        assert isinstance(config, Config)
        return
    assert "\n" not in text
