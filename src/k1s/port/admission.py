"""Whether a request bears the right token, and how long one that does not is kept waiting.

A token is compared by digest and in constant time, so that neither its length
nor its beginning can be felt. A right one is let in at once. A wrong one is
answered late, and later each time, by the address that it came from: that
makes a script that tries many slow and quiet. It does not keep anybody from
opening many connections at once, and need not: a token has more than 190 bits
of chance, and short ones are refused. To make others wait who share the
address would only give strangers a way to lock them out.

What is remembered is bounded: the addresses that failed last. In IPv6 that is
the network of 64 bits, of which everybody has all addresses.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from attrs import define, field

FIRST_DELAY_S: Final = 0.1
DELAY_S_MAX: Final = 5.0
FORGET_S: Final = 300.0
ADDRESSES_MAX: Final = 4096
_DOUBLINGS_MAX: Final = 16
_IPV6_NETWORK_BYTES: Final = 8


def _digest(token: str) -> bytes:
    import hashlib

    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


@define(eq=False)
class TokenCheck:
    """Knows one token, by its digest only."""

    _digest: bytes = field(converter=_digest, repr=False, alias="token")
    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[bytes, tuple[int, float]] = field(factory=OrderedDict, init=False)

    def admits(self, token: str | None) -> bool:
        """Whether this is the token; nothing is none."""
        import hmac

        return hmac.compare_digest(self._digest, _digest(token or ""))

    def delay(self, host: str) -> float:
        """How many seconds to wait with the answer to one more failure from this address."""
        key, now = _network(host), self.clock()
        count, last = self._failures.pop(key, (0, now))
        count = 0 if now - last > FORGET_S else count
        self._failures[key] = (count + 1, now)
        if len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)
        return float(min(FIRST_DELAY_S * 2.0 ** min(count, _DOUBLINGS_MAX), DELAY_S_MAX))


def _network(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:  # no address at all: all such clients are one
        return b""
    return address.packed if address.version == 4 else address.packed[:_IPV6_NETWORK_BYTES]
