"""Steps of the feature "Completing command lines" that no other feature has."""

import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from pytest_bdd import given, scenarios, then

from . import commands
from .phrases import phrase
from .server import K1S, environment
from .waiting import until
from .world import Table, World

scenarios("completion.feature")

DEADLINE_S = 60.0
_BREAKS = re.compile(r"([:=@]+)")
_BASH = """
source <(k1s completion bash)
for pieces; do
    mapfile -t COMP_WORDS <<< "$pieces"
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
    _k1s
    printf '%s\\n' "${COMPREPLY[@]}" .
done
"""
_FISH = """
k1s completion fish | source
for line in $argv
    complete -C $line
    echo .
end
"""
# Each word that zsh would offer is written into a file, once per widget that completes.
_ZSH = """
autoload -Uz compinit && compinit -u -d $DUMP
source <(k1s completion zsh)
compadd() {
    local -a hits
    builtin compadd -O hits "$@"
    print -rl -- $hits >> $FOUND
    builtin compadd "$@"
}
told() { zle list-choices; print -r -- . >> $FOUND }
zle -N told
bindkey '^X' told
LISTMAX=1000
print -r -- . >> $FOUND
"""


def surroundings(world: World) -> dict[str, str]:
    """The environment of a shell whose `k1s` is ours, and speaks to the server of the scenario."""
    own = {
        "PATH": f"{Path(K1S).parent}:{os.environ['PATH']}",
        "K1S_PORT": str(world.address[1]),
        "HOME": str(world.home),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
        "FOUND": str(world.home / "found"),
        "DUMP": str(world.home / "zcompdump"),
    }
    return environment(world.folder, own)


def needs(shell: str) -> str:
    """The path of a shell; the test is skipped where there is none."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


def say(world: World, *words: str) -> str:
    """What a shell says."""
    ended = subprocess.run(
        words,
        cwd=world.folder,
        env=surroundings(world),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
        text=True,
    )
    assert ended.stderr == ""
    return ended.stdout


def in_bash(world: World, lines: Sequence[str]) -> Iterator[list[str]]:
    """What bash offers: it takes a line to pieces and calls the function."""
    taken = ["\n".join(_pieces(line)) for line in lines]
    return _answers(say(world, needs("bash"), "--norc", "-c", _BASH, "bash", *taken))


def _pieces(line: str) -> Iterator[str]:
    yield from (piece for word in line.split(" ") for piece in _BREAKS.split(word) if piece)
    if line.endswith(" "):
        yield ""


def in_fish(world: World, lines: Sequence[str]) -> Iterator[list[str]]:
    """What fish offers, without its descriptions."""
    for found in _answers(say(world, needs("fish"), "--no-config", "-c", _FISH, *lines)):
        yield [one.partition("\t")[0] for one in found]


def _answers(said: str) -> Iterator[list[str]]:
    """What was said of each line: a point stands behind it."""
    answer: list[str] = []
    for word in said.splitlines():
        if word == ".":
            yield answer
            answer = []
        else:
            answer.append(word)


def in_zsh(world: World, lines: Sequence[str]) -> Iterator[list[str]]:
    """What the completion of zsh adds, in a shell that is used by a terminal."""
    found = world.home / "found"
    found.write_text("")
    init = world.home / "init.zsh"
    init.write_text(_ZSH)
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [needs("zsh"), "-f", "-i"],
        cwd=world.folder,
        env=surroundings(world),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )

    def told() -> str:
        return until("zsh", found.read_text, lambda text: "." in text.split(), DEADLINE_S)

    try:
        os.write(ours, f"source {shlex.quote(str(init))}\n".encode())
        told()
        for line in lines:
            found.write_text("")
            # The line before it is cleared, and at its end it is asked what can stand there.
            os.write(ours, b"\x15" + line.encode() + b"\x18")
            yield [word for word in told().split("\n") if word not in ("", ".")]
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        os.close(ours)
        os.close(theirs)


_SHELLS = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}


def offered(world: World, shell: str, lines: Sequence[str]) -> list[list[str]]:
    """What a shell offers for each, each word once; a folder as shells show it, with its slash."""
    return [
        sorted(
            f"{word}/" if (world.folder / word).is_dir() and not word.endswith("/") else word
            for word in set(words)
        )
        for words in _SHELLS[shell](world, lines)
    ]


@given("something on a port of this machine that never answers")
def something_mute(world: World) -> None:
    """Somebody listens who says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    world.clients.append(listener)
    world.ports["OTHER_PORT"] = listener.getsockname()[1]


@then(phrase("{shell:word} completes these lines:"))
def completes(world: World, shell: str, datatable: Table) -> None:
    """At the end of each line, these words are offered and no others."""
    (world.folder / "k1s-config.toml").touch()
    (world.folder / "k1s-folder").mkdir(exist_ok=True)
    _, *rows = datatable
    lines = [quoted.strip('"') for quoted, _ in rows]
    wanted = [words.split() for _, words in rows]
    # An answer that comes too late is none: a busy machine is asked again.
    until(shell, lambda: offered(world, shell, lines), lambda seen: seen == wanted, DEADLINE_S)


@then(phrase('among what {shell:word} offers for "{line}" is "{word}"'))
def is_offered(world: World, shell: str, line: str, word: str) -> None:
    """The word is one of several; a busy machine is asked again."""
    until(line, lambda: offered(world, shell, [line]), lambda seen: word in seen[0], DEADLINE_S)


@then(phrase('"{line}" offers the word "{word}"'))
def offers_word(world: World, line: str, word: str) -> None:
    """And nothing else; a busy machine is asked again."""
    run = partial(commands.run, line, world.folder)
    until(line, run, lambda ended: ended.out.split() == [word], DEADLINE_S)
