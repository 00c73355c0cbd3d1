"""The programs that jobs run and that floors are: in C where this machine has a compiler."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

COMPILERS = ("cc", "gcc", "clang")
_HERE = Path(__file__).parent
_COMPILE_TIMEOUT_S = 60


@frozen
class Programs:
    """`witness` announces itself; `floor_in_c` is None where nothing can compile it."""

    witness: str
    floor_in_c: str | None

    def staying(self, fifo: str, number: int) -> list[str]:
        """The command of a job that announces itself and stays."""
        return [self.witness, fifo, str(number), "stay"]

    @property
    def floor_in_python(self) -> list[str]:
        return [sys.executable, str(_HERE / "loop.py")]

    @property
    def smallest_floor(self) -> list[str]:
        """The smallest program that does the work of a floor."""
        return self.floor_in_python if self.floor_in_c is None else [self.floor_in_c]

    @property
    def smallest_is(self) -> str:
        """What the smallest floor is, in words."""
        if self.floor_in_c is None:
            return "a loop of `Popen` in Python (no C compiler here)"
        return "a C program with posix_spawn"

    @property
    def writer(self) -> list[str]:
        """The program of a job that does nothing but write to its log."""
        return [sys.executable, str(_HERE / "writer.py")]


def prepare(folder: Path) -> Programs:
    """Compile the programs into a folder, or take those that need no compiler."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        return Programs(str(_HERE / "witness.sh"), None)
    witness, floor = (str(folder / name) for name in ("witness", "floor"))
    _compile(compiler, "witness.c", witness)
    _compile(compiler, "floor.c", floor)
    return Programs(witness, floor)


def _compile(compiler: str, source: str, program: str) -> None:
    command: Sequence[str] = (compiler, "-O2", "-o", program, str(_HERE / source))
    subprocess.run(command, check=True, timeout=_COMPILE_TIMEOUT_S)
