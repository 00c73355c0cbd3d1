"""Print the trace of one seed: `python -m simulation SEED [HOURS]`."""

import sys

from . import days

seed, *hours = sys.argv[1:]
played = days.play(int(seed), *map(float, hours))
sys.stdout.write("\n".join(played.server.trace) + "\n")
