"""Which peers this machine has.

Those of PyPI and npm are looked for in a folder of their own, where `install`
puts them; runit and s6 come with the system.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from attrs import frozen

from .circus import Circus
from .peer import Peer
from .pm2 import Pm2
from .runit import Runit
from .s6 import S6
from .supervisord import Supervisord

FOLDER: Final = Path(
    os.environ.get("K1S_PEERS") or Path(__file__).parent.parent / "results" / "peers"
)
_TIMEOUT_S: Final = 30
NAMES: Final = ("supervisord", "circus", "pm2", "runit", "s6")


@frozen
class Missing:
    """A peer that cannot be measured here, and why."""

    name: str
    reason: str


def find(name: str, folder: Path = FOLDER) -> Peer | Missing:
    """A peer by its name, if it is installed."""
    match name:
        case "supervisord":
            return _in_folder(Supervisord(folder / name / "bin"), folder / name / "bin/supervisord")
        case "circus":
            return _in_folder(Circus(folder / name / "bin"), folder / name / "bin/circusd")
        case "pm2":
            program = folder / name / "node_modules/.bin/pm2"
            return _in_folder(Pm2(program), program)
        case "runit":
            return _on_path(Runit(), "runsvdir")
        case "s6":
            return _on_path(S6(), "s6-svscan")
    raise LookupError(f"there is no peer {name}: choose from {', '.join(NAMES)}")


def version(name: str, folder: Path = FOLDER) -> str:
    """Which version of a peer is installed; nothing if nobody says."""
    match name:
        case "pm2":
            package = folder / name / "node_modules/pm2/package.json"
            return str(json.loads(package.read_text())["version"])
        case "supervisord" | "circus":
            program = "supervisord" if name == "supervisord" else "circusd"
            return _said_by(str(folder / name / "bin" / program), "--version")
        case _:
            return _said_by("dpkg-query", "--show", "--showformat=${Version}", name)


def _said_by(*command: str) -> str:
    """The first version number in what a command says."""
    try:
        said = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except OSError:
        return ""
    number = re.search(rb"\d+(\.\d+)+", said.stdout + said.stderr)
    return number[0].decode() if number else ""


def _in_folder(peer: Peer, program: Path) -> Peer | Missing:
    if os.access(program, os.X_OK):
        return peer
    return Missing(peer.name, f"there is no {program}: `make bench-peers` installs it")


def _on_path(peer: Peer, program: str) -> Peer | Missing:
    if shutil.which(program):
        return peer
    reason = f"there is no {program} on the PATH: install the system's package {peer.name}"
    return Missing(peer.name, reason)
