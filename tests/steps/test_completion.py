"""Steps of the feature "Completing command lines" that no other feature has."""

import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
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
COMP_WORDS=("$@")
COMP_CWORD=$(( $# - 1 ))
_k1s
printf '%s\\n' "${COMPREPLY[@]}"
"""
_FISH = """
k1s completion fish | source
complete -C $argv[1]
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


def in_bash(world: World, line: str) -> list[str]:
    """What bash offers: it takes a line to pieces and calls the function."""
    pieces = [piece for word in line.split(" ") for piece in _BREAKS.split(word) if piece]
    if line.endswith(" "):
        pieces.append("")
    return say(world, needs("bash"), "--norc", "-c", _BASH, "bash", *pieces).splitlines()


def in_fish(world: World, line: str) -> list[str]:
    """What fish offers for a line, without its descriptions."""
    said = say(world, needs("fish"), "--no-config", "-c", _FISH, line)
    return [found.partition("\t")[0] for found in said.splitlines()]


def in_zsh(world: World, line: str) -> list[str]:
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
    try:
        os.write(ours, f"source {shlex.quote(str(init))}\n".encode())
        until("zsh to be ready", found.read_text, lambda text: "." in text.split(), DEADLINE_S)
        found.write_text("")
        os.write(ours, line.encode() + b"\x18")
        until("zsh to list", found.read_text, lambda text: "." in text.split(), DEADLINE_S)
        return [word for word in found.read_text().split("\n") if word not in ("", ".")]
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        os.close(ours)
        os.close(theirs)


_SHELLS = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}


def offered(world: World, shell: str, line: str) -> list[str]:
    """What a shell offers, each word once; a folder as shells show it, with its slash."""
    words = set(_SHELLS[shell](world, line))
    return sorted(
        f"{word}/" if (world.folder / word).is_dir() and not word.endswith("/") else word
        for word in words
    )


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
    for quoted, words in rows:
        line, wanted = quoted.strip('"'), words.split()
        # An answer that comes too late is none: a busy machine is asked again.
        until(
            line,
            lambda line=line: offered(world, shell, line),
            lambda seen, wanted=wanted: seen == wanted,
            DEADLINE_S,
        )


@then(phrase('among what {shell:word} offers for "{line}" is "{word}"'))
def is_offered(world: World, shell: str, line: str, word: str) -> None:
    """The word is one of several; a busy machine is asked again."""
    until(line, lambda: offered(world, shell, line), lambda seen: word in seen, DEADLINE_S)


@then(phrase('"{line}" offers the word "{word}"'))
def offers_word(world: World, line: str, word: str) -> None:
    """And nothing else; a busy machine is asked again."""
    run = partial(commands.run, line, world.folder)
    until(line, run, lambda ended: ended.out.split() == [word], DEADLINE_S)
