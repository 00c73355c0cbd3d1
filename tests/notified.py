"""A service manager, as far as a service sees of it: the socket that NOTIFY_SOCKET names."""

import socket
from typing import Self

DEADLINE_S = 20.0


class Manager:
    """Listens at a path, or at an abstract name behind `@`. Use as a context manager."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + where[1:] if where.startswith("@") else where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()

    def go_away(self) -> None:
        """Listen no more; a path stays, as after a crash."""
        self._socket.close()

    def hear(self) -> dict[str, str]:
        """The next message, soon."""
        self._socket.settimeout(DEADLINE_S)
        return _read(self._socket.recv(1 << 16))

    def hears_nothing(self) -> bool:
        """Whether no message is there."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1 << 16)
        except BlockingIOError:
            return True
        return False

    def fill(self) -> None:
        """Leave messages unread until there is no room for one more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as chatty:
            chatty.settimeout(0)
            try:
                while True:
                    chatty.sendto(b"STATUS=here I am", self._socket.getsockname())
            except BlockingIOError:
                return


def _read(message: bytes) -> dict[str, str]:
    pairs = [line.split("=", 1) for line in message.decode().split("\n")]
    assert len({name for name, _ in pairs}) == len(pairs), message
    return dict(pairs)
