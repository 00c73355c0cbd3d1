"""Somebody between a command and its server who counts what the server is asked."""

import json
import socket
import threading
import time
from contextlib import suppress

from .wire import Address


class Counter:
    """Passes on what is said to a server, and notes what for, and when it was for the list."""

    def __init__(self, address: Address) -> None:
        """Listen on a port of our own."""
        self.address = address
        self.asked: list[str] = []
        self.fetches: list[float] = []
        self.threads: list[int] = []
        self.is_mute = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._pass_on, args=[client], daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        self.threads.append(threading.get_native_id())
        with client, suppress(OSError), socket.create_connection(self.address) as server:
            line = client.recv(1 << 16)
            if not line:  # a command that was ended before it could ask
                return
            self.asked.append(json.loads(line)["command"])
            if b"get-all-jobs" in line:
                self.fetches.append(time.monotonic())
                if self.is_mute:
                    client.recv(1)  # until it hangs up
                    return
            server.sendall(line)
            while piece := server.recv(1 << 16):
                client.sendall(piece)
