"""A stream of answers to one client, pumped from its source into the connection.

The source is read only while the client takes what it has been sent, so that a
client who is slow, or reads nothing, costs a bounded amount of memory. It goes
on for as long as both sides want. While there is something to send, the kernel
tells of the dead, and so a stream has no deadline, not even for its last bytes:
its reader may be at the end of a pipe that somebody reads tomorrow. Over TLS
the last bytes have one: what lies beneath asyncio's TLS cannot be seen from
here, and counts as sent.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from attrs import define, field

from k1s.port.turns import Turns
from k1s.streams import READ_BYTES, Source

# Then others have their turn, however fast a client takes what it is sent.
_READS_AT_ONCE: Final = 8


@define(eq=False, repr=False)
class Pump:
    """Sends what comes from `source`; once the client has taken the last of it, calls `part`."""

    source: Source
    transport: asyncio.Transport
    turns: Turns
    part: Callable[[], None]
    _is_full: bool = field(default=False, init=False)
    _is_over: bool = field(default=False, init=False)

    def open(self) -> None:
        """Begin to send."""
        self.transport.set_write_buffer_limits(high=READ_BYTES)
        self.source.open(self._ask_for_a_turn)
        self._ask_for_a_turn()

    def finish(self) -> None:
        """The client gets what is there already, and nothing that comes later."""
        if self.source.follows:
            self.source.finish()
            self._ask_for_a_turn()

    def tell_last(self) -> None:
        """The same, and at once: there will be no more turns."""
        self.finish()
        self._pump()

    def pause(self) -> None:
        """The client does not keep up."""
        self._is_full = True

    def resume(self) -> None:
        """The client has caught up."""
        self._is_full = False
        # Not at once: a transport that is closed while it resumes is closed twice by asyncio.
        self._ask_for_a_turn()

    def stop(self) -> None:
        """Send nothing more."""
        self._is_over = True

    def close(self) -> None:
        """The client has gone."""
        self.stop()
        self.source.close()

    def _ask_for_a_turn(self) -> None:
        self.turns.ask(self._pump)

    def _pump(self) -> None:
        """Send what there is, as far as the client takes it and others need not wait."""
        for _ in range(_READS_AT_ONCE):
            if self._is_full or self._is_over:
                return
            data = self.source.read()
            if not data:
                if self.source.is_over:
                    self._end()
                return
            self.transport.write(data)
        self._ask_for_a_turn()

    def _end(self) -> None:
        """Once the client has taken the last of it, when we are called again."""
        # Not 0: an encrypted transport that has nothing unsent has as much as that.
        self.transport.set_write_buffer_limits(high=1, low=0)
        if not self._is_full:
            self._is_over = True
            self.part()
