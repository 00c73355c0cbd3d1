"""Install the peers of PyPI and npm, each in a folder of its own.

    python tests/benchmarks/peers/install.py DIR

One that cannot be installed is left out, with the reason; the benchmarks skip
it then. Packages come from where pip and npm are set up to look.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

PYTHON: Final = {
    "supervisord": ("supervisor==4.3.0",),
    "circus": ("circus==0.19.0", "psutil==7.2.2", "pyzmq==27.3.0", "tornado==6.6.1"),
}
NPM: Final = {"pm2": ("pm2@7.0.4",)}
_TIMEOUT_S: Final = 600


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    for name, packages in PYTHON.items():
        _try(name, folder, partial(_pip, packages))
    for name, packages in NPM.items():
        _try(name, folder, partial(_npm, packages))


def _try(name: str, folder: Path, install: Callable[[Path], None]) -> None:
    where = folder / name
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    try:
        install(where)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(where, ignore_errors=True)
        print(f"{name} is left out: {error}")
    else:
        print(f"{name} is installed in {where}")


def _pip(packages: Sequence[str], where: Path) -> None:
    _run([sys.executable, "-m", "venv", "--clear", "."], where)
    quiet = ("--quiet", "--disable-pip-version-check")
    _run(["bin/python", "-m", "pip", "install", *quiet, *packages], where)


def _npm(packages: Sequence[str], where: Path) -> None:
    (where / "package.json").write_text('{"private": true}\n')
    _run(["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error", *packages], where)


def _run(command: Sequence[str], where: Path) -> None:
    subprocess.run(command, cwd=where, timeout=_TIMEOUT_S, check=True)


if __name__ == "__main__":
    main()
