"""Runs a job from a process that has closed its own three streams. Run as a program."""

import os
import sys

from k1s.engines.local import LocalEngine
from k1s.events import Run
from k1s.job import JobSpec, JobType


def main() -> None:
    folder, working_directory = sys.argv[1], sys.argv[2] or None
    engine = LocalEngine(lambda _run, _fact: None)
    spec = JobSpec(
        "job",
        JobType.ONE_TIME,
        "/bin/sh",
        ("-c", "cat; echo to stdout; echo to stderr >&2"),
        working_directory,
    )
    for stream in range(3):
        os.close(stream)
    engine.start(Run("job", 1, 1), spec.located(folder))
    while not engine.is_idle:
        engine.reap()


if __name__ == "__main__":
    main()
