"""All logs that are being read, and by whom.

What is read by nobody is not known here, and costs nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from attrs import define, field

from k1s.logs.bell import Bell
from k1s.logs.chain import Chain, Descriptors
from k1s.logs.reader import Reader
from k1s.logs.rotator import Rotator

# Each has half a kilobyte or so, whoever they belong to.
READERS_MAX: Final = 100_000


@define(eq=False, repr=False)
class Archive:
    """Gives readers their logs: all who read one share what is known of it.

    `left` hears of a log that nobody reads any more.
    """

    rotator: Rotator
    bell: Bell
    left: Callable[[str], None] = lambda _: None
    _chains: dict[str, Chain] = field(factory=dict, init=False)
    _descriptors: Descriptors = field(factory=Descriptors, init=False)
    _count: int = field(default=0, init=False)

    def has_room(self, count: int) -> bool:
        """Whether so many readers more may come."""
        return self._count + count <= READERS_MAX

    def enter(
        self, path: str, lines: int | None, called: Callable[[Reader], None], *, follow: bool
    ) -> Reader:
        """A reader of a log; it leaves when it has read enough."""
        chain = self._chains.get(path)
        if chain is None:
            self.rotator.settle(path)
            backups = partial(self.rotator.backups, path)
            chain = Chain(path, backups, self.rotator.gate(path), self._descriptors)
            self._chains[path] = chain
        reader = Reader(chain, self.bell, lines, follow, called)
        chain.add(reader)
        self._count += 1
        return reader

    def leave(self, reader: Reader) -> None:
        """Forget a reader, and its log if it was the last one."""
        chain = reader.chain
        chain.readers.remove(reader)
        self._count -= 1
        if not chain.readers:
            self.bell.disarm(chain)
            chain.close()
            del self._chains[chain.path]
            self.left(chain.path)
        if not self._chains:
            self.bell.close()

    def changed(self, path: str) -> None:
        """The files of a log are not the same any more."""
        chain = self._chains.get(path)
        if chain is not None:
            chain.changed()
            chain.call()

    def is_read(self, path: str) -> bool:
        """Whether somebody reads a log."""
        return path in self._chains
