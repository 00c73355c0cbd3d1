"""What holds for all connections by one door of a server."""

import logging
from collections.abc import Callable

from attrs import Factory, field, frozen

from k1s.events import Ticket
from k1s.limits import Limits
from k1s.port.admission import TokenCheck
from k1s.port.halfclosed import HalfClosed
from k1s.port.held import UNFINISHED_BYTES_MAX, Unfinished, Unsent
from k1s.port.ratelimited import Seldom
from k1s.port.turns import Turns
from k1s.protocol import Request

_log = logging.getLogger(__name__)


def _unsent(terms: "Terms") -> Unsent:
    return Unsent(terms.limits.unsent_bytes)


@frozen
class Terms:
    """Who takes the requests, and what is shared by all connections, or demanded of each.

    `handle` takes a request, with its connection as the ticket; each has to bear
    the `token`, if there is one. `forget` hears of a client that waits no more
    for its answer. The rest is shared by all doors.
    """

    handle: Callable[[Request, Ticket], None]
    limits: Limits = field(factory=Limits)
    token: TokenCheck | None = None
    unsent: Unsent = field(default=Factory(_unsent, takes_self=True))
    unfinished: Unfinished = field(factory=lambda: Unfinished(UNFINISHED_BYTES_MAX))
    half_closed: HalfClosed = field(factory=HalfClosed)
    foreign: Seldom = field(factory=lambda: Seldom(_log))
    turns: Turns = field(factory=Turns)
    forget: Callable[[Ticket], None] = lambda _: None
