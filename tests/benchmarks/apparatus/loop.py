"""The floors in Python: what a plain loop around `subprocess.Popen` costs, looking after nothing.

    loop.py spawn WITNESS FIFO   for each number that comes on a line, start as many witnesses
                                 that stay, and answer with the seconds that it took
    loop.py run PROGRAM          the same, with a program that is waited for before the next one
    loop.py keep TIMES PROGRAM ARGUMENT...
                                 wait for a program and start it again, so many times

The same as floor.c. All are ended when the input ends or on SIGTERM.
"""

import signal
import subprocess
import sys
from time import perf_counter
from types import FrameType

_Program = subprocess.Popen[bytes]
_programs: list[_Program] = []


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    mode, *words = sys.argv[1:]
    try:
        if mode == "keep":
            for _ in range(int(words[0])):
                _start_and_wait(words[1:], 0)
        else:
            _serve(mode, words)
    finally:
        for program in _programs:
            program.kill()
        for program in _programs:
            program.wait()


def _serve(mode: str, words: list[str]) -> None:
    done = 0
    for line in sys.stdin:
        begin = perf_counter()
        for number in range(done, done := done + int(line)):
            if mode == "spawn":
                _programs.append(_start([*words, str(number), "stay"], number))
            else:
                _start_and_wait(words, number)
        print(perf_counter() - begin, flush=True)


def _start_and_wait(words: list[str], number: int) -> None:
    _programs.append(_start(words, number))
    _programs[-1].wait()
    _programs.pop()


def _start(words: list[str], number: int) -> _Program:
    with open(f"stdout_{number}.log", "ab") as out, open(f"stderr_{number}.log", "ab") as err:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    sys.exit()


if __name__ == "__main__":
    main()
