"""Makes the picture of a terminal in the README from a real session: `make picture`.

A server runs, a few commands are typed, and what they print on a terminal of 92
columns is drawn, colours and all. Times and process ids are those of the
session, so that two pictures differ.
"""

import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

import play
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parents[2] / "diagrams" / "terminal.svg"
COLUMNS, ROWS = 92, 50
SESSION = (
    "k1s create web --continuous -- sleep 1000",
    "k1s create hello --every 30 -- echo 'hello from k1s'",
    "k1s create import --max-retry 2 --restart-delay 3 -- sh -c 'echo no table >&2; exit 3'",
    "k1s list",
    "k1s why import",
    "k1s logs import --stderr -n 1",
)
PAUSE_BEFORE = {"k1s list": 4.0}
# The picture is to be complete in itself.
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Play the session and draw it."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder, play.Player(Path(folder)) as player:
        player.play(play.Example("k1s server &", ":4567"))
        for line in SESSION:
            time.sleep(PAUSE_BEFORE.get(line, 0))  # the list is more telling after a while
            console.print(Text.assemble(("$ ", "bold green"), (line, "bold")))
            console.print(Text.from_ansi(_on_terminal(line, folder, player.port)))
    svg = _WEB_FONT.sub("", console.export_svg(title="k1s", unique_id="k1s"))
    # Some viewers trim the blanks at the beginning of a text, which tables need.
    svg = svg.replace("<text ", '<text xml:space="preserve" ')
    PICTURE.write_text(svg, encoding="utf-8")


def _on_terminal(line: str, folder: str, port: int) -> str:
    """What a command shows on a terminal of its own."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environ = {**os.environ, "K1S_PORT": str(port), "TERM": "xterm-256color"}
    words = shlex.split(line)
    with subprocess.Popen(
        words,
        executable=play.SCRIPTS / words[0],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        return _read_all(ours).replace("\r\n", "\n").rstrip("\n")


def _read_all(terminal: int) -> str:
    parts = []
    try:
        while part := os.read(terminal, 1 << 16):
            parts.append(part)
    except OSError:  # Linux says EIO at the end of a terminal
        pass
    os.close(terminal)
    return b"".join(parts).decode()


if __name__ == "__main__":
    sys.exit(main())
