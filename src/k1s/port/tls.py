"""The server's side of TLS: who it is, and which clients it demands certificates of."""

import os
import ssl
from asyncio.sslproto import SSLProtocol
from typing import Final

from k1s.config import TlsConfig
from k1s.errors import ConfigError, unwritable

# asyncio keeps a buffer of 256 KiB for each encrypted connection, used or not: ten thousand who
# connect and say nothing would fill 2.5 GB before anybody knows who they are. A record of TLS has
# at most 16 KiB, and requests are short. There is no other way to say it than this attribute,
# which all connections that are made after this share.
_BUFFER_BYTES: Final = 16 * 1024


def server_context(config: TlsConfig) -> ssl.SSLContext:
    """What every handshake follows. Raises `ConfigError` that names the key and the file."""
    SSLProtocol.max_size = _BUFFER_BYTES
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Nobody resumes a session, and a ticket for it would wake who waits for a line.
    context.num_tickets = 0
    _demand_readable("certificate", config.certificate)
    _demand_readable("key", config.key)
    try:
        context.load_cert_chain(config.certificate, config.key, password=_no_passphrase)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"server.tls.certificate {config.certificate} and key {config.key} are no pair in "
            f"PEM without a passphrase ({_why(error)}): mend the files",
            field="tls",
        ) from None
    if config.client_ca is not None:
        _demand_certificates(context, config.client_ca)
    return context


def _demand_certificates(context: ssl.SSLContext, client_ca: str) -> None:
    _demand_readable("client_ca", client_ca)
    try:
        context.load_verify_locations(client_ca)
    except OSError as error:
        raise ConfigError(
            f"server.tls.client_ca {client_ca} holds no certificate in PEM ({_why(error)}): "
            "mend the file",
            field="tls",
        ) from None
    context.verify_mode = ssl.CERT_REQUIRED


def _demand_readable(key: str, path: str) -> None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"server.tls.{key} {path} cannot be read: {_why(error)}: name a file in PEM",
            field="tls",
        ) from None


def _no_passphrase() -> str:
    """Nobody is there to be asked; without this, OpenSSL would ask the terminal."""
    return ""


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return unwritable(error)
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return str(reason).replace("_", " ").lower()
