"""What every measure is given: how big, where, with which programs, and beside whom."""

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, field, frozen
from peers.peer import Peer

from .figures import Size
from .programs import Programs
from .progress import Progress


@frozen
class Setting:
    """The folder is the measure's own; what is left there is removed after it."""

    size: Size
    folder: Path
    programs: Programs
    peers: Sequence[Peer] = ()
    progress: Progress = field(factory=Progress)

    def within(self, name: str) -> "Setting":
        """The same in a folder below, which is made."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return evolve(self, folder=folder)
