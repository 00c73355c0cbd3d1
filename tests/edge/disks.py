"""File systems of our own, for what can only be tried on one; they need root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from steps.waiting import until

EXT4_BYTES = 8 << 20


@contextmanager
def ext4(home: Path) -> Iterator[Path]:
    """A folder in `home` that is an ext4 file system of 8 MiB; skips the test where none can be."""
    image, folder = home / "image", home / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(EXT4_BYTES)
    if not (_make_ext4(image) and mount("-o", "loop", str(image), str(folder))):
        pytest.skip("a file system of our own needs mkfs.ext4, loop devices and root")
    try:
        yield folder
    finally:
        unmount(folder)


def _make_ext4(image: Path) -> bool:
    command = shutil.which("mkfs.ext4")  # ordinary users do not have it on their PATH
    if command is None:
        return False
    made = subprocess.run([command, "-q", "-m", "0", image], check=False, capture_output=True)
    return made.returncode == 0


def mount(*words: str) -> bool:
    """Whether something could be mounted."""
    if os.geteuid() != 0:
        return False
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


def unmount(folder: Path) -> None:
    """Unmount it as soon as nobody uses it any more."""
    words = ["umount", folder]
    until("the disk to be free", lambda: subprocess.run(words, check=False).returncode == 0)
