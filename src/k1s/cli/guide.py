"""What `k1s` alone says: enough to begin."""

from typing import Final

GUIDE: Final = """\
k1s runs programs for you and keeps its word about them.

Start a server in the folder where the logs should go:
  k1s server &

Tell it what to run, with the original flags:
  k1s client -c create-job -i web -t continuous -x sleep -a 1000
  k1s client -c get-all-jobs

k1s --help lists all commands, and k1s COMMAND --help explains one."""
