"""How long a command takes, beside an interpreter that does nothing and one that imports cyclopts.

At the full size, compiled code is kept in the folder of the measure and made
before the first sample, so that every side finds its own, however this machine
is set up.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

from apparatus.figures import Figure, Size
from apparatus.processes import K1S, clean_environment, k1s_server
from apparatus.rounds import interleaved

NAME = "command line"
ROUNDS: dict[Size, int] = {"small": 1, "full": 20}
TIMEOUT_S = 60


def measure(size: Size, folder: Path) -> list[Figure]:
    """Milliseconds from the start of the process to its end."""
    with k1s_server(folder / "k1s") as server:
        commands = (
            [K1S, "client", "-p", str(server.address[1]), "-c", "get-all-jobs"],
            [sys.executable, "-c", "pass"],
            [sys.executable, "-c", "import cyclopts"],
        )
        variables = _compiled_code(folder) if size == "full" else {}
        sides = [partial(_run, command, folder, variables) for command in commands]
        if size == "full":
            for side in sides:
                side()
        k1s, bare, cyclopts = interleaved(ROUNDS[size], *sides)
    what = "`k1s client -c get-all-jobs` with no jobs, beside"
    return [
        Figure(NAME, f"{what} `python -c pass`", "ms", k1s, bare),
        Figure(NAME, f'{what} `python -c "import cyclopts"`', "ms", k1s, cyclopts),
    ]


def _compiled_code(folder: Path) -> dict[str, str]:
    """The settings that have Python keep compiled code in a place of our own."""
    return {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


def _run(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> float:
    environment = clean_environment(variables)
    begin = perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=True,
    )
    return (perf_counter() - begin) * 1000
