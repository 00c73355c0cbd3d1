"""An ordinary user: somebody who is nobody here and can do no more than anybody.

Only root can become one. Where the interpreter or the code under test stand
behind a folder that is closed to others, such as /root, the user gets a view of
the files of his own, in which there is nothing in that folder but these.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from stat import S_IXOTH

import pytest

import k1s

USER = 54321
_NEEDED = (
    Path(sys.base_prefix),
    Path(sys.prefix),
    Path(k1s.__file__).parents[1],
    Path(__file__).parents[1],
)
_BECOME = ("setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups")


def as_ordinary_user(*command: str) -> list[str]:
    """The command line that has an ordinary user run this one; skips where that cannot be."""
    check_root()
    if not all(map(shutil.which, ("setpriv", "unshare", "mount"))):
        pytest.skip("without util-linux nobody can become an ordinary user")
    become = _way()
    tried = [*become, sys.executable, "-c", "import k1s"]
    if subprocess.call(tried, cwd="/", stderr=subprocess.DEVNULL):
        pytest.skip("no ordinary user can reach this Python, and no view of his own can be had")
    return [*become, *command]


@contextmanager
def ordinary_home() -> Iterator[Path]:
    """A folder that belongs to the ordinary user, gone after use; skips where that cannot be."""
    check_root()
    home = Path(tempfile.mkdtemp(prefix="k1s-")).resolve()
    try:
        os.chown(home, USER, USER)
        yield home
    finally:
        shutil.rmtree(home)


def check_root() -> None:
    """Skip where nobody can become another user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")


@cache
def _way() -> tuple[str, ...]:
    closed = {path: wall for path in _NEEDED if (wall := _wall(path)) is not None}
    if not closed:
        return _BECOME
    script = [f'exec {number}<"{path}"' for number, path in enumerate(closed, 3)]
    script += [f'mount -t tmpfs -o mode=711 none "{wall}"' for wall in set(closed.values())]
    for number, path in enumerate(closed, 3):
        script.append(f'mkdir -p "{path}"')
        script.append(f'mount --no-canonicalize --bind /proc/self/fd/{number} "{path}"')
        script.append(f"exec {number}<&-")
    text = " && ".join([*script, 'exec "$@"'])
    return ("unshare", "-m", "--propagation", "private", "sh", "-c", text, "sh", *_BECOME)


def _wall(path: Path) -> Path | None:
    """The first folder on the way to it that others cannot pass."""
    way = [*reversed(path.parents), path]
    return next((folder for folder in way if not folder.stat().st_mode & S_IXOTH), None)
