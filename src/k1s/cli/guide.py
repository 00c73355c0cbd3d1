"""What `k1s` alone says: enough to begin."""

from typing import Final

GUIDE: Final = """\
k1s runs programs for you and keeps its word about them.

Start a server in the folder where the logs should go:
  k1s server &

Give it something to run. What stands behind -- is run as you type it:
  k1s create web --continuous -- python3 -m http.server 8000
  k1s create backup --every 1h -- ./backup.sh
  k1s create report -- make report

See how it is, and what happens next:
  k1s list
  k1s show web
  k1s logs -f web
  k1s top

Act on jobs, by their ids or by globs:
  k1s restart web
  k1s wait report
  k1s kill 'web*'
  k1s delete report

k1s --help lists all commands, and k1s help COMMAND explains one, with
examples; k1s client takes the flags of the original. All of them look for a
server at 127.0.0.1:4567, unless --host, --port or --socket (or K1S_HOST,
K1S_PORT, K1S_SOCKET) says otherwise."""
