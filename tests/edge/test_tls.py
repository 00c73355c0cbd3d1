"""TLS: who the server is, which clients get in, and that nobody does by a forgotten setting."""

import json
import os
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from logtools import can_be_cut
from served import (
    LIST,
    STRANGER,
    PortServer,
    as_root,
    ask,
    client_lists,
    connect,
    create,
    read_all,
    refusal,
    served,
    stranger,
)
from steps import commands
from steps.processes import forget_peak, kilobytes
from steps.waiting import until

from k1s.errors import ConfigError
from k1s.jobsfile.parsing import parse
from k1s.limits import Limits
from k1s.port.doors import open_doors

LINES = 1_000_000
SILENT = 300
SILENT_KB = 120
HELD = f"echo ready; until [ -e go ]; do sleep 0.01; done; exec seq {LINES}"
TOKEN = "a-token-of-exactly-32-characters"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Certificates of an authority and of a stranger to it, and a token."""
    folder = tmp_path_factory.mktemp("tls")
    ours, theirs = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(folder / "ca.pem")
    theirs.cert_pem.write_to_path(folder / "other-ca.pem")
    for name, authority, host in (
        ("server", ours, "127.0.0.1"),
        ("elsewhere", ours, "elsewhere.example"),
        ("client", ours, "client@example.org"),
        ("fake", theirs, "client@example.org"),
    ):
        bundle = authority.issue_cert(host)
        bundle.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    (folder / "token").touch(0o600)
    (folder / "token").write_text(TOKEN)
    return SimpleNamespace(
        folder=folder,
        ca=str(folder / "ca.pem"),
        other_ca=str(folder / "other-ca.pem"),
        server=str(folder / "server.pem"),
        elsewhere=str(folder / "elsewhere.pem"),
        client=str(folder / "client.pem"),
        fake=str(folder / "fake.pem"),
        token=str(folder / "token"),
    )


def _config(files: SimpleNamespace, server: str = "", tls: str = "", more: str = "") -> str:
    pair = f'certificate = "{files.server}"\nkey = "{files.server}"\n'
    return f'[server]\nsocket = "k1s.sock"\n{server}\n[server.tls]\n{pair}{tls}\n{more}'


@pytest.fixture(scope="module")
def demanding(
    tmp_path_factory: pytest.TempPathFactory, files: SimpleNamespace
) -> Iterator[PortServer]:
    """One server that wants a certificate and a token, for all who are to be refused."""
    config = _config(files, f'token_file = "{files.token}"', f'client_ca = "{files.ca}"')
    with served(tmp_path_factory.mktemp("demanding"), config) as server:
        yield server


@pytest.fixture(scope="module")
def encrypting(
    tmp_path_factory: pytest.TempPathFactory, files: SimpleNamespace
) -> Iterator[PortServer]:
    """One server that wants TLS, for all tests that leave no job, also if it complains of them."""
    with served(tmp_path_factory.mktemp("encrypting"), _config(files)) as server:
        yield server


@contextmanager
def _encrypted(
    files: SimpleNamespace, address: tuple[str, int], certificate: str | None = None
) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=files.ca)
    if certificate is not None:
        context.load_cert_chain(certificate)
    with (
        connect(("127.0.0.1", address[1])) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as encrypted,
    ):
        yield encrypted


def _ask(
    files: SimpleNamespace, address: tuple[str, int], line: bytes, certificate: str | None = None
) -> Any:
    with _encrypted(files, address, certificate) as client:
        client.sendall(line)
        return json.loads(read_all(client))


def _is_shut_out(
    files: SimpleNamespace, address: tuple[str, int], line: bytes, certificate: str | None
) -> bool:
    """Whether a client gets nothing: an alert, a reset or the end, depending on who is faster."""
    try:
        with _encrypted(files, address, certificate) as client:
            client.sendall(line)
            return read_all(client) == b""
    except OSError:
        return True


def _with_token(line: bytes) -> bytes:
    return json.dumps({**json.loads(line), "token": TOKEN}).encode() + b"\n"


def test_no_output_of_a_run_is_lost(
    tmp_path: Path, files: SimpleNamespace, encrypting: PortServer
) -> None:
    """What is read late comes as it does without TLS."""
    run = _run_and_read_late(tmp_path, files, encrypting)
    assert (run.code, run.err) == (0, "")
    assert run.out == _whole()


def test_no_output_of_a_run_is_lost_unsaid(tmp_path: Path, files: SimpleNamespace) -> None:
    """What was rotated away before it was read is counted."""
    if not can_be_cut(tmp_path):
        pytest.skip("this file system has no FALLOC_FL_COLLAPSE_RANGE")
    with served(tmp_path, _config(files, more="[logs]\nmax_bytes = 65536\n")) as server:
        run = _run_and_read_late(tmp_path, files, server, log_bytes=65536)
    missing = sum(map(int, re.findall(r"k1s: (\d+) bytes of stdout were gone", run.err)))
    assert missing > 0
    assert run.code == 1
    whole = _whole()
    assert len(run.out) + missing == len(whole)
    assert whole.endswith(run.out[-100_000:])


def _whole() -> str:
    return "".join(f"{number}\n" for number in range(1, LINES + 1))


def _run_and_read_late(
    folder: Path, files: SimpleNamespace, server: PortServer, log_bytes: int | None = None
) -> commands.Run:
    """`k1s run`, whose output is read when the program has ended and its log been cut."""
    line = f"k1s run -p {server.address[1]} -- sh -c '{HELD}'"
    process = commands.start(line, folder, extra={"K1S_TLS_CA": files.ca})
    with commands.killed_on_failure(process):
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 6) == b"ready\n"
        (folder / "go").touch()
        until("the program to end", lambda: _states(files, server.address) == ["done"])
        if log_bytes is not None:
            (log,) = server.folder.glob("stdout_*.log")
            until("its log to be cut", lambda: log.stat().st_size <= log_bytes)
    return commands.finish(process)


def _states(files: SimpleNamespace, address: tuple[str, int]) -> list[str]:
    return [job["state"] for job in _ask(files, address, LIST)]


@pytest.mark.parametrize(
    ("host", "settings"),
    [
        ("0.0.0.0", "nothing"),
        ("0.0.0.0", "auth"),
        ("0.0.0.0", "allow_users"),
        ("0.0.0.0", "token"),
        ("0.0.0.0", "tls"),
        ("0.0.0.0", "tls, auth, allow_users"),
        ("::", "nothing"),
        ("192.0.2.1", "tls"),
    ],
)
def test_an_address_for_others_needs_tls_and_a_way_to_tell_them_apart(
    files: SimpleNamespace, host: str, settings: str
) -> None:
    """Each half of it alone is refused, in one line that names what is missing."""
    config = f'[server]\nhost = "{host}"\n'
    if "token" in settings:
        config += f'token_file = "{files.token}"\n'
    if "auth" in settings:
        config += 'auth = "none"\n'
    if "allow_users" in settings:
        config += "allow_users = [1, 2, 3]\n"
    if "tls" in settings:
        config += f'[server.tls]\ncertificate = "{files.server}"\nkey = "{files.server}"\n'
    code, complaint = refusal(config)
    assert code == 2
    assert host in complaint
    assert "[server.tls] and a token_file or client_ca" in complaint


def test_both_are_demanded_where_both_are_set(
    files: SimpleNamespace, demanding: PortServer
) -> None:
    """A certificate does not replace the token, nor the token a certificate.

    The Unix socket beside them stays as it is: neither TLS nor a token.
    """
    address = demanding.address
    assert _ask(files, address, _with_token(LIST), files.client) == []
    without_token = _ask(files, address, LIST, files.client)
    assert isinstance(without_token, dict)
    assert without_token["code"] == "not-allowed"
    assert _is_shut_out(files, address, _with_token(LIST), None)
    assert ask(demanding.socket_path, LIST) == []


@as_root
def test_on_loopback_a_stranger_does_not_even_get_a_handshake(
    files: SimpleNamespace, encrypting: PortServer
) -> None:
    """He is told why in plain words, and OpenSSL sees nothing of him."""
    address, before = encrypting.address, len(encrypting.complained)
    assert _ask(files, address, LIST) == []
    with stranger():
        client = connect(address)
    with client:
        client.sendall(b"\x16\x03\x01")
        assert f"You are user {STRANGER}" in read_all(client).decode()
    assert _ask(files, address, LIST) == []
    assert "TLS" not in encrypting.complained[before:]


@pytest.mark.fault("C2")
def test_a_handshake_has_the_deadline_of_a_line_and_so_has_a_line_after_it(
    tmp_path: Path, files: SimpleNamespace
) -> None:
    """Who does not go on is dropped on time, or told so, and his place is free again."""
    limits = "[limits]\nline_deadline_seconds = 0.5\nconnections = 1\n"
    with served(tmp_path, _config(files, more=limits)) as server:

        def keep_silent() -> bytes:
            """What a silent client is told; nothing if it shakes hands too late."""
            try:
                with _encrypted(files, server.address) as client:
                    return read_all(client)
            except OSError:
                return b""

        began = time.monotonic()
        with connect(server.address) as slow:
            slow.sendall(b"\x16\x03\x01\x02\x00")
            assert read_all(slow) == b""
        assert 0.5 <= time.monotonic() - began < 20
        until("the place to be free", lambda: not _is_shut_out(files, server.address, LIST, None))
        assert json.loads(until("an answer", keep_silent))["code"] == "too-slow"


def test_who_connects_and_says_nothing_costs_little(
    files: SimpleNamespace, encrypting: PortServer
) -> None:
    """Before it is known who they are, and after: it is not more than any client may cost."""
    for how in (connect, lambda address: _encrypted(files, address)):
        with ExitStack() as stack:
            _ask(files, encrypting.address, LIST)
            before_kb = forget_peak(encrypting.pid)
            for _ in range(SILENT):
                stack.enter_context(how(encrypting.address))
            _ask(files, encrypting.address, LIST)
            grown_kb = kilobytes(encrypting.pid, "VmHWM") - before_kb
        assert grown_kb < SILENT * SILENT_KB, grown_kb / SILENT


def test_rude_clients_inside_of_tls(files: SimpleNamespace, encrypting: PortServer) -> None:
    """Long lines, several lines, another protocol and hanging up: the server goes on in silence."""
    address, before = encrypting.address, len(encrypting.complained)
    assert _ask(files, address, LIST * 3) == []
    for line, code in (
        (b"{" + b" " * Limits().line_bytes, "line-too-long"),
        (b"GET / HTTP/1.1\r\n\r\n", "invalid-json"),
        (b'{"command": "get-all-jobs"', None),
    ):
        with _encrypted(files, address) as client:
            client.sendall(line)
            if code is None:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                assert json.loads(read_all(client))["code"] == code
    assert _ask(files, address, LIST) == []
    said = encrypting.complained[before:]
    assert "Traceback" not in said
    assert said.count("\n") == 1, said


def test_nothing_but_the_answer_comes(files: SimpleNamespace, encrypting: PortServer) -> None:
    """A ticket for another session would wake who waits for a line, and nobody resumes any."""
    with _encrypted(files, encrypting.address) as client:
        client.sendall(LIST)
        assert read_all(client) == b"[]\n"
        assert client.version() == "TLSv1.3"
        assert client.session is not None
        assert not client.session.has_ticket


def test_a_large_reply_comes_whole(files: SimpleNamespace, encrypting: PortServer) -> None:
    """The connection is closed after the last byte, not before."""
    address, large = encrypting.address, ["x" * 100_000] * 9
    for number in range(4):
        reply = _ask(files, address, create(f"big-{number}", arguments=large))
        assert reply["arguments"] == large
    jobs = _ask(files, address, LIST)
    assert [job["arguments"] for job in jobs] == [large] * 4
    for job in jobs:
        line = json.dumps({"command": "delete-job", "jobId": job["id"]}).encode() + b"\n"
        assert _ask(files, address, line) == {"message": "Job deleted"}


def test_the_client_speaks_tls_when_the_environment_says_so(
    tmp_path: Path, files: SimpleNamespace, demanding: PortServer
) -> None:
    """With the authority, the certificate and the token that it is given."""
    port = demanding.address[1]
    known = {
        "K1S_TLS_CA": files.ca,
        "K1S_TLS_CERTIFICATE": files.client,
        "K1S_TLS_KEY": files.client,
        "K1S_TOKEN_FILE": files.token,
    }
    assert client_lists(tmp_path, "-p", str(port), **known).stdout == "[]\n"
    known.pop("K1S_TLS_KEY")  # it is in the same file
    assert client_lists(tmp_path, "-p", str(port), **known).stdout == "[]\n"
    for name, value, code, text in (
        ("K1S_TLS_CA", files.other_ca, 3, "no k1s server that can be trusted"),
        ("K1S_TLS_CA", "/nowhere", 2, "K1S_TLS_CA /nowhere cannot be used"),
        ("K1S_TLS_CA", "", 2, "K1S_TLS_CERTIFICATE is of no use without K1S_TLS_CA"),
        ("K1S_TLS_CERTIFICATE", files.fake, 3, "k1s server"),
        ("K1S_TLS_CERTIFICATE", files.ca, 2, "K1S_TLS_CERTIFICATE"),
        ("K1S_TOKEN_FILE", "", 1, "K1S_TOKEN_FILE"),
    ):
        done = client_lists(tmp_path, "-p", str(port), **{**known, name: value})
        assert (done.returncode, text in done.stderr) == (code, True), (name, done)
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("k1s: ")


def test_the_client_checks_the_name_of_the_server(tmp_path: Path, files: SimpleNamespace) -> None:
    """A certificate for another host is not good enough."""
    config = _config(files).replace(files.server, files.elsewhere)
    with served(tmp_path, config) as server:
        done = client_lists(tmp_path, "-p", str(server.address[1]), K1S_TLS_CA=files.ca)
        assert done.returncode == 3
        assert "not valid for '127.0.0.1'" in done.stderr


def test_a_client_without_tls_is_told_what_may_be_missing(
    tmp_path: Path, encrypting: PortServer
) -> None:
    """The server's answer is no JSON; it may be TLS. The server tells of it as well."""
    done = client_lists(tmp_path, "-p", str(encrypting.address[1]))
    assert (done.returncode, "K1S_TLS_CA" in done.stderr) == (3, True), done
    assert "a TLS handshake has failed" in encrypting.complained


def test_the_client_sends_no_token_over_an_open_network(files: SimpleNamespace) -> None:
    """A token without TLS goes to this machine only."""
    from k1s.client.conversation import demand_secrecy
    from k1s.destination import Destination, DestinationError

    def far() -> tuple[str, int]:
        return ("192.0.2.1", 4567)

    where = Destination(host="192.0.2.1", token_file=files.token)
    with pytest.raises(DestinationError, match="set K1S_TLS_CA"):
        demand_secrecy(where, far)
    demand_secrecy(where._replace(tls_ca=files.ca), far)


@pytest.mark.parametrize(
    ("tls", "text"),
    [
        ('certificate = "{server}"', "server.tls.key is missing"),
        ('key = "{server}"', "server.tls.certificate is missing"),
        ('client_ca = "{ca}"', "server.tls.certificate is missing"),
        ('certificate = "/nowhere"\nkey = "{server}"', "server.tls.certificate /nowhere cannot be"),
        ('certificate = "{server}"\nkey = "/nowhere"', "server.tls.key /nowhere cannot be read"),
        ('certificate = "{server}"\nkey = "{client}"', "are no pair"),
        ('certificate = "{token}"\nkey = "{server}"', "are no pair"),
        ('certificate = "{server}"\nkey = "{locked}"', "without a passphrase"),
        (
            'certificate = "{server}"\nkey = "{server}"\nclient_ca = "{token}"',
            "holds no certificate in PEM",
        ),
        ('certificate = ""\nkey = "x"', "server.tls.certificate wants a path"),
        (
            'certificate = "{server}"\nkey = "{server}"\nclient_cas = "{ca}"',
            "server.tls has no key 'client_cas': did you mean client_ca?",
        ),
    ],
)
def test_files_that_cannot_be_used(files: SimpleNamespace, tls: str, text: str) -> None:
    """One line that names the key and the file."""
    names = {**vars(files), "locked": str(_locked(files))}
    document = f"[server]\nport = 0\n[server.tls]\n{tls.format(**names)}\n".encode()
    with (
        pytest.raises(ConfigError) as caught,
        open_doors(parse(document, "k1s.toml").config.server),
    ):
        pass
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).removeprefix("k1s.toml: ").startswith("server.tls")


def _locked(files: SimpleNamespace) -> Path:
    """A key that has a passphrase."""
    from cryptography.hazmat.primitives import serialization

    pem = Path(files.server).read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    path: Path = files.folder / "locked.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return path
