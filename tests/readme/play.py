"""Plays the README's examples against a real server: for `make demo`, and for the test of them.

A `console` block holds commands behind `$ ` and what they print; `...` stands
for anything. A `toml` or `ini` block with a file's name behind the word is that file. A
`python` block is a program; what it prints stands behind `#>`, here or there.
The server listens on a free port, and every command is pointed at it, so that
nothing depends on port 4567 being free.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

README = Path(__file__).parents[2] / "README.md"
SCRIPTS = Path(sys.executable).parent
STOP_S = 60
PROGRAM_S = 60
_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_PORT = re.compile(r" (-p|--port) \d+")
# What differs each time: times of day, durations, process ids, and the blanks of a table.
_VARYING = re.compile(
    r"(?P<dots>\.\.\.)|(?P<clock>\d\d:\d\d:\d\d\.\d{3})|(?P<span>\d+(\.\d+)? (ms|s|min)\b)"
    r"|(?P<id>\b\d{4,}\b)|(?P<blanks> +)"
)
_STANDS_FOR = {
    "dots": ".*?",
    "clock": r"\d\d:\d\d:\d\d\.\d{3}",
    "span": r"\d+(\.\d+)? (ms|s|min)",
    "id": r"\d+",
    "blanks": " +",
}
_PRINTED = re.compile(r"#> (.*)$", re.MULTILINE)
_ANNOUNCED_PORT = re.compile(r":(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A command of the README and the output that it promises there."""

    command: str
    promise: str

    @property
    def is_server(self) -> bool:
        return self.command.startswith("k1s server") and self.command.endswith("&")

    @property
    def stops_server(self) -> bool:
        return self.command == "kill %1"

    def is_kept_by(self, output: str) -> bool:
        """Whether the output is what the README promises, with `...` for anything.

        Times, durations and process ids may be others.
        """
        return re.fullmatch(_pattern(self.promise.strip()), output.strip(), re.DOTALL) is not None


def _pattern(promise: str) -> str:
    parts, end = [], 0
    for varying in _VARYING.finditer(promise):
        kind = next(name for name in _STANDS_FOR if varying[name] is not None)
        parts += [re.escape(promise[end : varying.start()]), _STANDS_FOR[kind]]
        end = varying.end()
    return "".join([*parts, re.escape(promise[end:])])


def read_examples(text: str) -> list[Example]:
    """Every command of every console block, in order."""
    found = []
    for block in _blocks(text):
        if block["info"] != "console":
            continue
        for chunk in re.split(r"^\$ ", block["body"], flags=re.MULTILINE)[1:]:
            command, promise = _split(chunk)
            found.append(Example(command, promise))
    return found


def read_files(text: str) -> dict[str, str]:
    """The files that the README tells its reader to write."""
    named = (block for block in _blocks(text) if block["info"].startswith(("toml ", "ini ")))
    return {block["info"].split()[1]: block["body"] for block in named}


def read_crontab(text: str) -> list[str]:
    """Every line for cron."""
    return [block["body"].strip() for block in _blocks(text) if block["info"] == "crontab"]


def read_json(text: str) -> list[str]:
    """Every block of JSON lines."""
    return [block["body"] for block in _blocks(text) if block["info"] == "json"]


def read_programs(text: str) -> list[Example]:
    """Every Python program, as the command, and what it promises to print."""
    bodies = [block["body"] for block in _blocks(text) if block["info"] == "python"]
    return [Example(body, "\n".join(_PRINTED.findall(body))) for body in bodies]


def _blocks(text: str) -> Iterator[re.Match[str]]:
    return _BLOCK.finditer(text)


def _split(chunk: str) -> tuple[str, str]:
    """A command goes on where its line ends with a backslash; the rest is its output."""
    lines = chunk.splitlines()
    length = next(index for index, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: length + 1]), "\n".join(lines[length + 1 :])


def _environment(folder: Path) -> dict[str, str]:
    """A reader's: with a home, and with no setting of k1s that somebody has for another server."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("K1S_")}
    return {**ours, "HOME": str(folder), "PATH": f"{SCRIPTS}:{os.environ['PATH']}"}


class Player:
    """One reader at a shell in an empty folder. Use as a context manager: it leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: subprocess.Popen[str] | None = None
        self._port = self._shown_port = ""
        self._environment = _environment(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_server()

    @property
    def port(self) -> int:
        """Where the server really listens."""
        return int(self._port)

    def play(self, example: Example) -> str:
        """Do what an example says; what it printed, with the port that the README shows."""
        if example.is_server:
            printed = self._start_server(example.command)
            self._shown_port = _ANNOUNCED_PORT.findall(example.promise)[0]
        elif example.stops_server:
            printed = self.stop_server()
        else:
            printed = self._run(example.command)
        return printed.replace(f":{self._port}", f":{self._shown_port}")

    def play_program(self, program: Example) -> str:
        """What a Python program prints, that and its complaints, when it finds the server."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program.command],
            cwd=self.folder,
            env={**self._environment, "K1S_PORT": self._port},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PROGRAM_S,
            check=False,
        )
        return done.stdout

    def _start_server(self, command: str) -> str:
        self.stop_server()
        words = _PORT.sub("", command).removesuffix("&").split()
        self._server = subprocess.Popen(
            [*words, "--port", "0"],
            executable=SCRIPTS / words[0],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        self._port = line.strip().rpartition(":")[2]
        return line

    def stop_server(self) -> str:
        """End the server as `kill` does, and wait for it."""
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.communicate(timeout=STOP_S)
            finally:
                self._server.kill()
                self._server.wait()
            self._server = None
        return ""

    def _run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", _PORT.sub("", command)],
            cwd=self.folder,
            env={**self._environment, "K1S_PORT": self._port},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout


def main() -> int:
    """Play everything, showing each command before what it prints; how many broke their promise."""
    text = README.read_text(encoding="utf-8")
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    with tempfile.TemporaryDirectory(prefix="k1s-demo-") as folder:
        for name, content in read_files(text).items():
            Path(folder, name).write_text(content, encoding="utf-8")
        broken = 0
        with Player(Path(folder)) as player:
            for example in read_examples(text):
                print(f"\n{bold}$ {example.command}{plain}", flush=True)
                output = player.play(example)
                print(output, end="", flush=True)
                if not example.is_kept_by(output):
                    broken += 1
                    print(f"The README promises:\n{example.promise}", file=sys.stderr)
    return broken


if __name__ == "__main__":
    sys.exit(main() > 0)
