"""Where a client goes."""

import pytest

from k1s.destination import Destination, DestinationError, Named, named


def test_flags_beat_the_environment_and_that_beats_the_defaults() -> None:
    """What is typed counts most, what is not said anywhere is the default."""
    assert Destination.chosen(None, None, None, {}) == Destination("127.0.0.1", 4567)
    environ = {"K1S_HOST": "far", "K1S_PORT": "5000"}
    assert Destination.chosen(None, None, None, environ) == Destination("far", 5000)
    assert Destination.chosen("near", None, None, environ) == Destination("near", 5000)
    assert Destination.chosen(None, 6000, None, environ) == Destination("far", 6000)


def test_a_socket_beats_tcp_unless_a_flag_means_tcp() -> None:
    """The socket of the environment is used when no flag names a place."""
    environ = {"K1S_SOCKET": "/run/k1s"}
    assert Destination.chosen(None, None, None, environ).socket == "/run/k1s"
    assert Destination.chosen(None, None, "/other", environ).socket == "/other"
    assert Destination.chosen("near", None, None, environ).socket is None
    assert Destination.chosen(None, 1, None, environ).socket is None
    assert str(Destination.chosen(None, None, None, environ)) == "/run/k1s"
    assert str(Destination.chosen("near", 1, None, environ)) == "near:1"


def test_what_nobody_names_is_not_made_up() -> None:
    """A server has a file to ask before it comes to the defaults."""
    assert named(None, None, None, {}) == Named(None, None, None)
    assert named("", None, "", {"K1S_HOST": "", "K1S_SOCKET": ""}) == Named(None, None, None)
    environ = {"K1S_HOST": "far", "K1S_PORT": "0", "K1S_SOCKET": "/run/k1s"}
    assert named(None, None, None, environ) == Named("far", 0, "/run/k1s")
    assert named(None, 5, None, environ) == Named("far", 5, None)
    assert named(None, 5, "/other", environ) == Named("far", 5, "/other")


@pytest.mark.parametrize(("host", "port"), [("near", None), (None, 0)])
def test_one_place_is_named_not_two(host: str | None, port: int | None) -> None:
    """Flags for a socket and for TCP contradict each other."""
    with pytest.raises(DestinationError, match="give one of them"):
        Destination.chosen(host, port, "/run/k1s", {})


@pytest.mark.parametrize("text", ["abc", "-1", "65536", "1.5", "\u0661", "000001"])
def test_a_port_that_is_none_is_named(text: str) -> None:
    """K1S_PORT is a whole number that a port can be."""
    with pytest.raises(DestinationError, match=f"K1S_PORT wants .* got '{text}'"):
        Destination.chosen(None, None, None, {"K1S_PORT": text})


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"K1S_TLS_CERTIFICATE": "c"}, "K1S_TLS_CA"),
        ({"K1S_TLS_KEY": "k"}, "K1S_TLS_CA|K1S_TLS_CERTIFICATE"),
        ({"K1S_TLS_KEY": "k", "K1S_TLS_CA": "a"}, "K1S_TLS_CERTIFICATE"),
    ],
)
def test_a_certificate_needs_what_goes_with_it(environ: dict[str, str], missing: str) -> None:
    """Half of what TLS needs is an error, not silence."""
    with pytest.raises(DestinationError, match=missing):
        Destination.chosen(None, None, None, environ)


def test_what_is_encrypted_is_known() -> None:
    """TLS is for TCP; a Unix socket needs none."""
    assert Destination(tls_ca="ca").has_tls
    assert not Destination().has_tls
    assert not Destination(socket="/run/k1s", tls_ca="ca").has_tls
