"""What can be configured, as frozen values, and how their types are read. See `jobsfile`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Self

from attrs import Attribute, evolve, field, frozen

from k1s.destination import DEFAULT_HOST, DEFAULT_PORT, PORT_MAX, named
from k1s.errors import ConfigError, InvalidValueError, shown
from k1s.limits import Limits
from k1s.rules import rule
from k1s.strict import Hook, WrongTypeError

USER_MAX: Final = 2**32 - 2
DEFAULT_LOG_BYTES: Final = 50 * 1024 * 1024
LOG_BYTES_MIN: Final = 64 * 1024
LOG_BYTES_MAX: Final = 1 << 50
DEFAULT_BACKUPS: Final = 5
BACKUPS_MAX: Final = 100


class Auth(StrEnum):
    """Who may command the server through a loopback address."""

    USER = "user"
    NONE = "none"


@rule(minimum=0, maximum=PORT_MAX)
def _port(_: object, attribute: "Attribute[int]", value: int) -> None:
    if not 0 <= value <= PORT_MAX:
        wants = f"a whole number from 0 to {PORT_MAX}"
        raise InvalidValueError(attribute.name, wants, shown(value))


@rule(minLength=1)
def _host(_: object, attribute: "Attribute[str]", value: str) -> None:
    if not value:
        raise InvalidValueError(attribute.name, "a host name or an address", "an empty text")


@rule(anyOf=[{"const": 0}, {"minimum": LOG_BYTES_MIN, "maximum": LOG_BYTES_MAX}])
def _log_bytes(_: object, attribute: "Attribute[int]", value: int) -> None:
    if value != 0 and not LOG_BYTES_MIN <= value <= LOG_BYTES_MAX:
        wants = f"0 for no bound, or from {LOG_BYTES_MIN} to {LOG_BYTES_MAX} bytes"
        raise InvalidValueError(attribute.name, wants, shown(value))


@rule(minimum=0, maximum=BACKUPS_MAX)
def _backups(_: object, attribute: "Attribute[int]", value: int) -> None:
    if not 0 <= value <= BACKUPS_MAX:
        wants = f"a whole number from 0 to {BACKUPS_MAX}"
        raise InvalidValueError(attribute.name, wants, shown(value))


@rule(pattern=r"^[^\u0000]+$")
def _path(_: object, attribute: "Attribute[Any]", value: str | None) -> None:
    if value is not None and (not value or "\0" in value):
        raise InvalidValueError(attribute.name, "a path", shown(value))


@rule(items={"minimum": 0, "maximum": USER_MAX})
def _users(_: object, attribute: "Attribute[Any]", users: tuple[str | int, ...]) -> None:
    for index, user in enumerate(users):
        if isinstance(user, int) and not 0 <= user <= USER_MAX:
            name = f"{attribute.name}[{index}]"
            raise InvalidValueError(name, f"a user's number from 0 to {USER_MAX}", shown(user))


@frozen
class TlsConfig:
    """`[server.tls]`: paths of files in PEM.

    With `client_ca`, only clients that bear a certificate of that authority
    get in.
    """

    certificate: str = field(validator=_path)
    key: str = field(validator=_path)
    client_ca: str | None = field(default=None, validator=_path)


@frozen
class ServerConfig:
    """`[server]`: where the server listens, and to whom.

    `socket` is the path of a Unix socket to listen on besides, or alone if not on `tcp`.
    With `auth` as `user`, clients on loopback belong to the server's own user,
    to root, or to one of `allow_users`, which are names or numbers. With `none`
    they may be anybody on this machine.

    `token_file` holds the token that every request over TCP has to bear. An
    address that other machines can reach needs `tls`, and the token or
    certificates of clients.
    """

    host: str = field(default=DEFAULT_HOST, validator=_host)
    port: int = field(default=DEFAULT_PORT, validator=_port)
    socket: str | None = field(default=None, validator=_path)
    tcp: bool = True
    auth: Auth = Auth.USER
    allow_users: tuple[str | int, ...] = field(default=(), validator=_users)
    token_file: str | None = field(default=None, validator=_path)
    tls: TlsConfig | None = None

    @property
    def is_guarded(self) -> bool:
        """Whether strangers on the network can neither listen in nor get in."""
        return self.tls is not None and bool(self.token_file or self.tls.client_ca)


@frozen
class LogsConfig:
    """`[logs]`: how far each log grows before it is rotated, and how many backups are kept.

    `max_bytes` of 0 lets logs grow for ever.
    """

    max_bytes: int = field(default=DEFAULT_LOG_BYTES, validator=_log_bytes)
    backups: int = field(default=DEFAULT_BACKUPS, validator=_backups)


@frozen
class Config:
    """Everything that can be configured."""

    server: ServerConfig = field(factory=ServerConfig)
    limits: Limits = field(factory=Limits)
    logs: LogsConfig = field(factory=LogsConfig)

    def overridden(
        self,
        host: str | None,
        port: int | None,
        socket: str | None,
        environ: Mapping[str, str],
    ) -> Self:
        """The same with what the flags say, or else the environment, each where it says something.

        Whoever names a host or a port there means TCP.
        Raises `ConfigError` for a flag that cannot be, and `DestinationError` for such a variable.
        """
        address = named(host, port, socket, environ)
        said = {
            "host": address.host if host is None else host,
            "port": address.port,
            "socket": address.socket,
        }
        changes: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
        if changes.keys() & {"host", "port"}:
            changes["tcp"] = True
        try:
            return evolve(self, server=evolve(self.server, **changes))
        except InvalidValueError as error:
            text = f"--{error.field} wants {error.wants}, got {error.got}"
            raise ConfigError(text) from None


def _auth(value: object, _: object) -> Auth:
    if type(value) is str and value in list(Auth):
        return Auth(value)
    raise WrongTypeError('"user" or "none"', shown(value))


def _names_or_numbers(value: object, _: object) -> tuple[str | int, ...]:
    if type(value) is not list:
        raise WrongTypeError("a list of users", shown(value))
    for index, item in enumerate(value):
        if type(item) not in (str, int):
            raise WrongTypeError("a user's name or number", shown(item), f"[{index}]")
    return tuple(value)


CONFIG_CLASSES: Final = (TlsConfig, ServerConfig, LogsConfig, Limits, Config)
CONFIG_HOOKS: Final[Mapping[Any, Hook]] = {
    Auth: _auth,
    tuple[str | int, ...]: _names_or_numbers,
}
