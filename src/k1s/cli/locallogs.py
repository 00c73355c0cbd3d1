"""The logs of a job whose server is on this machine, as files."""

import glob
import os
from contextlib import suppress


def size(folder: str, stream: str, id: str) -> int:
    """How much the logs of this name hold already, with their backups; in bytes."""
    path = f"{folder}/{stream}_{id}.log"
    total = 0
    for part in [path, *_backups(path)]:
        with suppress(OSError):
            total += os.path.getsize(part)
    return total


def remove(path: str, id: str) -> None:
    """Remove a log that was made for this run only; its name says so."""
    if id not in os.path.basename(path):
        return
    for part in [path, *_backups(path)]:
        with suppress(OSError):
            os.unlink(part)


def _backups(path: str) -> list[str]:
    return [
        name for name in glob.glob(f"{glob.escape(path)}.*") if name.rpartition(".")[2].isdigit()
    ]
