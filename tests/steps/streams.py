"""An answer that goes on: lines that come as something happens."""

import json
import socket
from typing import Any

from .wire import Address, connect, encode


class Stream:
    """One connection whose answer is read line by line."""

    def __init__(self, address: Address | str, request: dict[str, Any]) -> None:
        """Ask, and read nothing yet."""
        self.connection = connect(address)
        self.connection.sendall(encode(request))
        self._rest = b""

    def line(self) -> Any:
        """The next line as a value; fails if none comes before the deadline, or the stream ends."""
        while b"\n" not in self._rest:
            piece = self.connection.recv(1 << 16)
            assert piece, f"the stream has ended after {self._rest!r}"
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def ends(self) -> bool:
        """Whether the stream comes to its end; what comes before it is thrown away."""
        while self.connection.recv(1 << 16):
            self._rest = b""
        return True

    @property
    def is_open(self) -> bool:
        """Whether nothing is there to read, and not the end either."""
        self.connection.settimeout(0)
        try:
            return bool(self._rest) or bool(self.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        finally:
            self.connection.settimeout(30)
