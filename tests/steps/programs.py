"""The programs that the jobs of the scenarios run: small shell scripts that take notes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from . import processes

_HEAD = """\
#!/bin/sh
notes='{notes}'
start() {{ echo $$ >> "$notes.pids"; date +%s.%N >> "$notes.starts"; }}
end() {{ date +%s.%N >> "$notes.ends"; }}
run() {{ cat "$notes.starts" 2> /dev/null | wc -l; }}
doze() {{ while :; do sleep 0.2; done; }}
rest() {{ echo $$ >> "$notes.sleepers"; start; exec sleep 1000; }}
"""


@dataclass(frozen=True)
class Program:
    """One script, and the notes that it takes."""

    path: Path
    notes: Path

    def times(self, what: str) -> list[float]:
        """The times that the program noted as "starts", "ends" or "helper"."""
        return [float(line) for line in self.lines(what)]

    def lines(self, what: str) -> list[str]:
        """The whole lines of one of the program's notes."""
        try:
            text = self.notes.with_name(f"{self.notes.name}.{what}").read_text()
        except FileNotFoundError:
            return []
        return text.rpartition("\n")[0].splitlines()

    @property
    def is_settled(self) -> bool:
        """Whether no shell is about to become a `sleep`: a signal could get lost on the way."""
        pids = [int(line) for line in self.lines("sleepers")]
        return all(processes.name(pid) in {None, "sleep"} for pid in pids)

    @property
    def living(self) -> list[int]:
        """The processes of this program that are still there."""
        return [pid for line in self.lines("pids") if processes.is_alive(pid := int(line))]


def write(folder: Path, notes: Path, name: str, behaviour: str) -> Program:
    """A program of this name that behaves as the sentence says."""
    program = Program(folder / name, notes / name.replace("/", "_"))
    program.path.parent.mkdir(parents=True, exist_ok=True)
    body = dedent(_body(behaviour)).strip() + "\n"
    program.path.write_text(_HEAD.format(notes=program.notes) + body)
    program.path.chmod(0o755)
    return program


def _body(behaviour: str) -> str:
    """The script for a behaviour."""
    for pattern, make in _BEHAVIOURS:
        if match := re.fullmatch(pattern, behaviour):
            return make(*match.groups())
    raise AssertionError(f"no program is known that {behaviour!r}")


def _ends(command: str) -> Callable[[], str]:
    """A program that takes its notes and then ends by this command."""
    return lambda: f"start; end; {command}"


def _leaves(child: str, code: int = 0) -> Callable[[], str]:
    """A program that leaves this child behind, once the child has noted itself."""
    wait = 'before=$(cat "$notes.pids" | wc -l)'
    known = 'until [ "$(cat "$notes.pids" | wc -l)" -gt "$before" ]; do sleep 0.01; done'
    return lambda: f"start\n{wait}\n{child}\n{known}\nexit {code}"


_CHILD = """sh -c 'echo $$ >> "$0.sleepers"; echo $$ >> "$0.pids"; exec sleep 1000' "$notes" """
_OWN_CHILD = """sh -c '
    echo $$ >> "$0.sleepers"; echo $$ >> "$0.pids"; date +%s.%N >> "$0.starts"; exec sleep 1000
' "$notes" """

_BEHAVIOURS: list[tuple[str, Callable[..., str]]] = [
    (r"succeeds", _ends("exit 0")),
    (r"fails", _ends("exit 1")),
    (r"exits with (\d+)", lambda code: f"start; end; exit {code}"),
    (r"dies of SIG(\w+)", lambda name: f"ulimit -c 0; start; end; kill -{name} $$; sleep 1000"),
    (r"runs until it is stopped", lambda: "rest"),
    (r"ignores SIG(\w+)", lambda name: f"trap '' {name}; rest"),
    (
        r'writes "(\w+)" to its errors and ignores SIG(\w+)',
        lambda word, name: f"trap '' {name}; echo {word} >&2; rest",
    ),
    (
        r"ignores SIG(\w+) and waits for a child that ignores SIG(\w+)",
        lambda name, childs: (
            f"""trap '' {name} {childs}
            echo $$ >> "$notes.pids"\n{_OWN_CHILD}\ntrue"""
        ),
    ),
    (
        r"exits with (\d+) when it gets SIG(\w+)",
        lambda code, name: f"trap 'exit {code}' {name}; start; doze",
    ),
    (
        r'says "(\w+)" and exits when it gets SIG(\w+)',
        lambda word, name: f"trap 'echo {word}; exit 0' {name}; start; doze",
    ),
    (
        r'says "(\w+)", and "(\w+)" when it gets SIG(\w+)',
        lambda first, last, name: f"trap 'echo {last}; exit 0' {name}; echo {first}; start; doze",
    ),
    (
        r"counts each SIG(\w+) it gets",
        lambda name: f"""trap 'echo {name} >> "$notes.signals"' {name}; start; doze""",
    ),
    (r"lasts ([\d.]+) seconds", lambda seconds: f"start; sleep {seconds}; end"),
    (r"lasts ([\d.]+) seconds and fails", lambda seconds: f"start; sleep {seconds}; end; exit 1"),
    (
        r"fails (\d+) times? and then succeeds",
        lambda times: f"start; end; [ $(run) -gt {times} ]",
    ),
    (
        r"fails (\d+) times? and then runs until it is stopped",
        lambda times: f"[ $(run) -ge {times} ] || {{ start; exit 1; }}; rest",
    ),
    (r"succeeds at each third run only", lambda: "start; end; [ $(( $(run) % 3 )) -eq 0 ]"),
    (r'writes "([^"]*)" to its output', lambda text: f"start; echo '{text}'"),
    (
        r'writes "([^"]*)" to its output and "([^"]*)" to its errors and fails',
        lambda out, err: f"start; echo '{out}'; echo '{err}' >&2; exit 1",
    ),
    (r"writes the numbers from 1 to (\d+)", lambda last: f"start; seq 1 {last}"),
    (r"writes the numbers from 1 to (\d+) to its errors", lambda last: f"start; seq 1 {last} >&2"),
    (
        r"writes the numbers from 1 to (\d+) and goes on running",
        lambda last: f"""echo $$ >> "$notes.sleepers"; start; seq 1 {last}; exec sleep 1000""",
    ),
    (r"writes each of its arguments on a line", lambda: """start; printf '[%s]\\n' "$@" """),
    (r"writes the number of its run", lambda: "start; echo run $(run)"),
    (
        r"writes the number of its run and exits with (\d+)",
        lambda code: f"start; echo run $(run); exit {code}",
    ),
    (
        r"writes the number of its run and goes on running",
        lambda: """echo $$ >> "$notes.sleepers"; start; echo run $(run); exec sleep 1000""",
    ),
    (r"writes a line every moment", lambda: "start; while :; do echo line; sleep 0.02; done"),
    (
        r"counts on its output every moment",
        lambda: "start; i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done",
    ),
    (
        r'writes (\d+) times "(\w+)"',
        lambda times, word: (
            f"start; i=0; while [ $i -lt {times} ]; do echo {word}; i=$((i+1)); done"
        ),
    ),
    (
        r"writes every byte from 0 to 255 a thousand times",
        lambda: (
            """
        start
        i=0; all=
        while [ $i -lt 256 ]; do all="$all\\\\$(printf %03o $i)"; i=$((i+1)); done
        i=0; while [ $i -lt 1000 ]; do printf "$all"; i=$((i+1)); done
        """
        ),
    ),
    (r"waits for a child of its own", lambda: f'echo $$ >> "$notes.pids"\n{_OWN_CHILD}\ntrue'),
    (r"leaves a child behind", _leaves(f"{_CHILD} &")),
    (r"leaves a child behind and fails", _leaves(f"{_CHILD} &", 1)),
    (r"leaves a child in a session of its own behind", _leaves(f"setsid {_CHILD} &")),
    (r"leaves a daemon behind", _leaves(f"(setsid {_CHILD} &) &")),
    (
        r"starts a daemon and runs until it is stopped",
        lambda: f"(setsid {_CHILD} &) &\nrest",
    ),
    (
        r"leaves its stop to a child that keeps writing",
        lambda: (
            """
        echo written
        (
            while :; do echo written; date +%s.%N >> "$notes.helper"; sleep 0.02; done
        ) &
        echo $! >> "$notes.pids"
        until [ -s "$notes.helper" ]; do sleep 0.01; done  # from then on it ignores SIGINT
        rest
        """
        ),
    ),
    (
        r"closes its output and runs until it is stopped",
        lambda: "exec >&- 2>&-; rest",
    ),
    (
        r'removes the folder "(\w+)"',  # at once: others may be making files in it
        lambda folder: f"start; mv {folder} {folder}.gone && rm -r {folder}.gone",
    ),
]
