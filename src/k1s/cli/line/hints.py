"""What somebody may have meant who typed a command, or an option, that k1s does not have."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from k1s.cli.commands import COMMANDS
from k1s.errors import shown, shown_name

# What the same thing is called elsewhere, on the wire and in the original client included.
ELSEWHERE: Final[Mapping[str, str]] = {
    "add": "k1s create",
    "apply": "k1s up",
    "cat": "k1s logs",
    "create-job": "k1s create",
    "create-jobs": "k1s up",
    "daemon": "k1s server",
    "del": "k1s delete",
    "delete-job": "k1s delete",
    "describe": "k1s show",
    "destroy": "k1s delete",
    "exec": "k1s run",
    "explain": "k1s why",
    "explain-job": "k1s why",
    "get-all-jobs": "k1s list",
    "get-job": "k1s show",
    "get-job-by-id": "k1s show",
    "get-jobs": "k1s list",
    "get-logs": "k1s logs",
    "info": "k1s show",
    "inspect": "k1s show",
    "jobs": "k1s list",
    "kill-job": "k1s kill",
    "list-jobs": "k1s list",
    "log": "k1s logs",
    "ls": "k1s list",
    "new": "k1s create",
    "ps": "k1s list",
    "reload": "k1s signal HUP",
    "remove": "k1s delete",
    "restart-job": "k1s restart",
    "rm": "k1s delete",
    "serve": "k1s server",
    "signal-job": "k1s signal",
    "start-job": "k1s start",
    "status": "k1s list or k1s show",
    "stop": "k1s kill",
    "tail": "k1s logs",
    "terminate": "k1s kill",
    "version": "k1s --version",
    "wait-job": "k1s wait",
    "watch": "k1s top",
    "watch-jobs": "k1s top",
}
# The same of options, where a command has the one that is meant.
OPTIONS_ELSEWHERE: Final[Mapping[str, str]] = {
    "autorestart": "max-retry",
    "chdir": "working-directory",
    "cwd": "working-directory",
    "dir": "working-directory",
    "directory": "working-directory",
    "grace": "stop-timeout",
    "interval": "every",
    "kill-timeout": "stop-timeout",
    "max-restarts": "max-retry",
    "period": "every",
    "period-in-seconds": "every",
    "restarts": "max-retry",
    "retries": "max-retry",
    "startretries": "max-retry",
    "startsecs": "healthy-after",
    "stopwaitsecs": "stop-timeout",
    "tail": "lines",
    "workdir": "working-directory",
}
# A slip of the finger is nearer than this; `top` is not what `stop` means.
_NEAR: Final = 0.7
_COMPARED_MAX: Final = 60


def unknown(word: str) -> str:
    """One sentence about a word that is no command."""
    meant = {**ELSEWHERE, **{command.name: f"k1s {command.name}" for command in COMMANDS}}
    near = get_close_matches(word[:_COMPARED_MAX].lower(), meant, n=1, cutoff=_NEAR)
    hint = f"did you mean {meant[near[0]]}?" if near else "see k1s --help"
    return f"there is no command {shown(word)}: {hint}"


def unknown_option(word: str, options: Iterable[str]) -> str:
    """One sentence about an option that a command does not have; `options` are those it has."""
    known = {option.removeprefix("--"): option for option in options if option.startswith("--")}
    elsewhere = {other: known[own] for other, own in OPTIONS_ELSEWHERE.items() if own in known}
    meant = {**elsewhere, **known}
    name = word.split("=", 1)[0].lstrip("-").lower()[:_COMPARED_MAX]
    begun = [option for option in known if name and option.startswith(name)]
    near = begun if len(begun) == 1 else get_close_matches(name, meant, n=1, cutoff=_NEAR)
    # Behind a single dash stand letters, which are near to anything.
    hint = f": did you mean {meant[near[0]]}?" if word.startswith("--") and near else "."
    return f"Unknown option: {shown_name(word)}{hint}"
