"""Who has said where a server listens."""

from pathlib import Path

import pytest

from k1s.cli.serving import blamed, opening
from k1s.config import Config, ServerConfig

FILE = Path("k1s.toml")

pytestmark = pytest.mark.usefixtures("unsaid")


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, []),
        ({"K1S_HOST": "", "K1S_SOCKET": "s"}, []),
        ({"K1S_PORT": "0"}, ["K1S_PORT"]),
        ({"K1S_HOST": "h"}, ["K1S_HOST"]),
        ({"K1S_HOST": "h", "K1S_PORT": "0"}, ["K1S_HOST", "K1S_PORT"]),
    ],
)
def test_a_variable_that_opens_a_port_is_named(
    environ: dict[str, str], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file wants none; who asks for TCP himself is told nothing of it."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    config = Config(ServerConfig(socket="k1s.sock", tcp=False))
    assert opening(config, None, None) == names
    assert opening(config, None, 0) == opening(config, "h", None) == []
    assert opening(Config(), None, None) == []


@pytest.mark.parametrize(
    ("field", "flags", "environ", "words"),
    [
        ("host", (None, None, None), {}, "k1s.toml: "),
        ("host", (None, 0, None), {"K1S_HOST": ""}, "k1s.toml: "),
        ("host", (None, 0, None), {"K1S_HOST": "far"}, "K1S_HOST: "),
        ("host", ("near", 0, None), {"K1S_HOST": "far"}, ""),
        ("socket", (None, 0, None), {"K1S_SOCKET": ""}, "k1s.toml: "),
        ("socket", (None, 0, None), {"K1S_SOCKET": "s"}, "k1s.toml: "),
        ("socket", (None, None, None), {"K1S_SOCKET": "s"}, "K1S_SOCKET: "),
        ("socket", (None, None, "s"), {"K1S_SOCKET": "t"}, ""),
        ("token_file", (None, 0, None), {"K1S_HOST": "far"}, "k1s.toml: "),
        (None, (None, 0, None), {"K1S_HOST": "far"}, ""),
    ],
)
def test_a_mistake_is_blamed_on_who_has_made_it(
    field: str | None,
    flags: tuple[str | None, int | None, str | None],
    environ: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A flag beats the environment, and that beats the file; a flag for TCP means no socket."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert blamed(field, FILE, flags) == words


def test_without_a_file_nothing_is_blamed_on_it() -> None:
    """What is wrong by default is nobody's mistake."""
    assert blamed("auth", None, (None, None, None)) == ""
