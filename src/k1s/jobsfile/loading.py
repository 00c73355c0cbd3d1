"""Reads a jobs file from the disk."""

import os
from pathlib import Path

from k1s.errors import ConfigError
from k1s.jobsfile.parsing import FILE_BYTES_MAX, JobsFile, parse


def load(path: Path) -> JobsFile:
    """What a jobs file says; it is the origin of its jobs by its whole path, symlinks resolved.

    Raises `ConfigError` with one sentence. A device is not read without end.
    """
    try:
        with path.open("rb") as file:
            document = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot read {path}: {reason}: name a TOML file") from None
    return parse(document, str(path), origin_of(path))


def origin_of(path: Path) -> str:
    """The path that the jobs of a file bear as their origin."""
    return os.path.realpath(path)
