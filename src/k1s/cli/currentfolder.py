"""The folder that a command is run in, which may have been removed meanwhile."""

import os

from k1s.cli.failing import WRONG_USAGE, fail


def here() -> str:
    """The path of this folder; a command that needs it ends with a sentence if there is none."""
    try:
        return os.getcwd()
    except OSError:
        fail(WRONG_USAGE, "the folder that you are in has been removed: go to another one")


def absolute(path: str) -> str:
    """A path from this folder on."""
    return os.path.normpath(path if os.path.isabs(path) else os.path.join(here(), path))
