"""`k1s _complete SHELL WORD...`: what can stand in the place of the last word.

This is asked by the scripts of `k1s completion`, at each press of a key. So it
is quick, it says nothing of what is wrong, and it has a deadline.

The answer has a line for each candidate: the word, and a description behind a
tab. A line that begins with a colon stands for what the shell itself knows best:
`:file`, `:folder`, or `:program`.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, NoReturn

from k1s.cli.commands import BY_NAME, COMMANDS
from k1s.cli.line.place import HELP, Place, place
from k1s.cli.line.words import Kind, Vocabulary, vocabulary

DEADLINE_S: Final = 2.0
_BREAKS: Final = ":=@"

Job = Mapping[str, Any]

_ALIVE: Final = frozenset({"pending", "running", "restarting"})
_SIGNALS: Final = tuple(
    member.name.removeprefix("SIG") for member in signal.Signals if "RT" not in member.name
)
_FIXED: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.FILE: (":file",),
    Kind.FOLDER: (":folder",),
    Kind.PROGRAM: (":program",),
}


def _is_alive(job: Job) -> bool:
    return job["state"] in _ALIVE


_LEGAL: Final[Mapping[Kind, Callable[[Job], bool]]] = {
    Kind.JOB: lambda _: True,
    Kind.KILLABLE: lambda job: _is_alive(job) and job["type"] != "one-time",
    Kind.STARTABLE: lambda job: job["state"] != "running",
    Kind.RESTARTABLE: lambda job: not job["killRequested"],
    Kind.RUNNING: lambda job: job["state"] == "running" and job["pid"] is not None,
}
_OF_REQUESTS: Final = {"kill-job": Kind.KILLABLE, "create-job": Kind.NOTHING}


class Candidate(NamedTuple):
    """A word that can stand there, and what it is."""

    word: str
    description: str = ""


Fetch = Callable[[Mapping[str, str]], Iterable[Job]]


def candidates(words: Sequence[str], fetch: Fetch) -> list[Candidate]:
    """What can stand in the place of the last word; `fetch` knows the jobs of a server."""
    command, *rest = words
    if not rest:
        return _fitting(command, [*(Candidate(row.name) for row in COMMANDS), Candidate(HELP)])
    known = vocabulary(BY_NAME[command].load()) if command in BY_NAME else Vocabulary()
    here = place(known, rest)
    if here.options:
        return _fitting(rest[-1], [Candidate(option) for option in here.options])
    found = list(_of_kind(command, here, fetch))
    if here.value is None:
        return _fitting(rest[-1], found)
    option = rest[-1].partition("=")[0]
    return [
        candidate._replace(word=f"{option}={candidate.word}")
        for candidate in _fitting(here.value, found)
        if not candidate.word.startswith(":")
    ]


def _fitting(word: str, found: Iterable[Candidate]) -> list[Candidate]:
    return [one for one in found if one.word.startswith((word, ":"))]


def _of_kind(command: str, here: Place, fetch: Fetch) -> Iterator[Candidate]:
    kind = here.kind
    if command == "client" and kind is Kind.JOB:
        kind = _OF_REQUESTS.get(here.values.get("--command", ""), Kind.JOB)
    yield from map(Candidate, here.choices)
    if kind is Kind.SIGNAL:
        yield from map(Candidate, _SIGNALS)
    elif kind in _FIXED:
        yield from map(Candidate, _FIXED[kind])
    elif kind in _LEGAL:
        legal = _is_alive if "--one-time" in here.values else _LEGAL[kind]
        for job in fetch(here.values):
            if job["id"] not in here.given and legal(job):
                yield Candidate(job["id"], f"{job['type']}, {job['state']}")


# For each shell


def in_bash(breaks: str, words: Sequence[str]) -> tuple[list[str], str]:
    """The words as they were typed, and how much of the last one bash does not ask for.

    Bash takes words to pieces at each of its `breaks`, and replaces only the last piece.
    """
    ours = [sign for sign in _BREAKS if sign in breaks]
    whole: list[str] = []
    is_open = False
    for piece in words:
        is_break = bool(piece) and all(sign in ours for sign in piece)
        if whole and (is_open or is_break):
            whole[-1] += piece
        else:
            whole.append(piece)
        is_open = is_break
    cut = max(whole[-1].rfind(sign) for sign in ours) + 1 if ours else 0
    return whole, whole[-1][:cut]


def complete(arguments: Sequence[str]) -> None:
    """Answer a shell; words that come from none are answered with nothing."""
    words, done = list(arguments[1:]), ""
    if arguments[:1] == ["bash"] and words:
        words, done = in_bash(words[0], words[1:] or [""])
    if not words:
        return
    with _deadline():
        found = candidates(words, _jobs)
    lines = [
        f"{word.removeprefix(done)}\t{description}\n"
        if description
        else f"{word.removeprefix(done)}\n"
        for word, description in found
    ]
    sys.stdout.write("".join(lines))


def _jobs(values: Mapping[str, str]) -> Iterable[Job]:
    """The jobs of the server that the command line is for; none when it cannot be asked."""
    from k1s.client.transport import ServerGoneError, request
    from k1s.destination import Destination, DestinationError

    port = values.get("--port")
    try:
        where = Destination.chosen(
            values.get("--host"),
            int(port) if port else None,
            values.get("--socket"),
            os.environ,
        )
        jobs = request(where, {"command": "get-all-jobs"})
    except (ServerGoneError, DestinationError, ValueError):
        return []
    return jobs if isinstance(jobs, list) else []


@contextmanager
def _deadline() -> Iterator[None]:
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE_S)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def _give_up(*_: object) -> NoReturn:
    os._exit(0)
