"""A floor: wait for a program and start it again, at most as often as the first argument says.

The rest of the arguments is the program. It is ended, and awaited, on SIGTERM.
"""

import signal
import subprocess
import sys
from types import FrameType


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    with open("stdout.log", "ab") as out, open("stderr.log", "ab") as err:
        for _ in range(int(sys.argv[1])):
            program = subprocess.Popen(
                sys.argv[2:],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            try:
                program.wait()
            finally:
                program.kill()
                program.wait()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    sys.exit()


if __name__ == "__main__":
    main()
