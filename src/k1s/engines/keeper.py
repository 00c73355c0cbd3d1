"""The server's side of the guardian: starts it, and takes it along when the server stops well."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import Final

from attrs import define, field

_PACKAGES: Final = str(Path(__file__).parents[2])
# No site, no environment: the guardian starts in 20 ms and needs 10 MB.
_PROGRAM: Final = (
    f"import sys; sys.path.append({_PACKAGES!r}); from k1s.engines.guardian import main; main()"
)


@define(eq=False, repr=False)
class Keeper:
    """Keeps one guardian alive, which ends every run of `server_mark` when the server is gone."""

    server_mark: int
    _pid: int | None = field(default=None, init=False)
    _lifeline: int | None = field(default=None, init=False)

    def start(self) -> int:
        """Start a guardian, in place of one that has died; its process id."""
        self._let_go()
        hears, self._lifeline = os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM, str(self.server_mark)],
                stdin=hears,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        finally:
            os.close(hears)
        process.returncode = 0  # the engine reaps it
        self._pid = process.pid
        return process.pid

    def stop(self) -> None:
        """End the guardian: the server goes, and leaves nothing to guard."""
        if self._pid is not None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, SIGKILL)
                os.waitpid(self._pid, 0)
            self._pid = None
        self._let_go()

    def _let_go(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
