"""Random histories of a real server: what they are made of, from a seed, as plain lists.

A step is a tuple of words: what is done, to which job, and with what. A history
is a list of them, so that one that has failed can be printed, shortened by hand
and played again.
"""

from pathlib import Path
from random import Random
from typing import Any, Final

NASTY: Final = str(Path(__file__).with_name("nasty.sh"))
# How each program ends when it is left alone: with this code, or never.
PROGRAMS: Final[dict[str, int | None]] = {
    "succeeds": 0,
    "fails": 3,
    "writes": 0,
    "sleeps": None,
    "is-deaf": None,
    "has-child": None,
    "leaves-child": 0,
    "leaves-deaf-child": 3,
    "has-daemon": None,
    "leaves-daemon": 0,
    "leaves-bare-daemon": 0,
    "is-missing": None,
}
TYPES: Final = ("one-time", "periodic", "continuous")
# Some are ignored by programs that do not care, some are known by other spellings.
SIGNALS: Final = ("SIGINT", "SIGTERM", "hup", "sigusr1", "KILL", "SIGKILL", "SIGWINCH", "SIGSTOP")
BLOWS: Final = ("SIGKILL", "SIGSEGV", "SIGSTOP", "SIGTERM")
COMMANDS: Final = ("create-job", "kill-job", "delete-job", "start-job", "restart-job", "wait-job")
STATES: Final = (None, "pending", "running", "restarting", "killed", "exhausted", "done")
# What one client asks for while another waits.
MEANWHILE: Final = (None, "kill-job", "delete-job", "start-job", "restart-job")
STEPS_MIN: Final = 8
STEPS_MAX: Final = 12

Step = tuple[Any, ...]


def invent(seed: int) -> list[Step]:
    """The history of a seed."""
    random = Random(seed)
    names = "abc"
    length = random.randint(STEPS_MIN, STEPS_MAX)
    rest = [_step(random, random.choice(names)) for _ in range(1, length)]
    return [_create(random, names[0]), *rest]


def _step(random: Random, name: str) -> Step:  # noqa: PLR0911 -- one line for each kind
    kinds = ("create",) * 4 + ("settle", "kill", "delete", "start", "restart", "wait") * 2
    others = ("recreate", "hit", "signal", "several", "rivals", "race", "overtake", "leave", "look")
    match random.choice((*kinds, *others)):
        case "create":
            return _create(random, name)
        case "kill":
            return ("kill", name, random.choice(SIGNALS))
        case "signal":
            return ("signal", name, random.choice(SIGNALS))
        case "wait":
            return ("wait", name, random.choice(STATES), random.choice(MEANWHILE))
        case "overtake":
            return ("overtake", name, random.choice(("kill-job", "delete-job")))
        case "several":
            names = random.sample("abcd", random.randint(1, 3))
            return ("several", [_create(random, each)[1:] for each in names])
        case "hit":
            return ("hit", name, random.choice(BLOWS))
        case "recreate" | "rivals" as kind:
            return (kind, *_create(random, name)[1:])
        case "leave":
            return ("leave", random.choice(COMMANDS), *_create(random, name)[1:])
        case kind:
            return (kind, name)


def _create(random: Random, name: str) -> Step:
    return ("create", name, random.choice(TYPES), random.choice([*PROGRAMS]), _limits(random))


def _limits(random: Random) -> dict[str, Any]:
    return {
        "maxRetry": random.choice((-1, 0, 1, 2)),
        "restartDelaySeconds": random.choice((0.05, 0.2)),
        "stopTimeoutSeconds": random.choice((0, 0.1)),
    }


def payload(job_id: str, job: Step, notes: Path, mark: str) -> dict[str, Any]:
    """The job of a step; `notes` is where its program writes, `mark` is to find it by."""
    type_, program, limits = job
    return {
        "id": job_id,
        "type": type_,
        "executable": "/nowhere/at/all" if program == "is-missing" else "/bin/sh",
        "arguments": [NASTY, program, str(notes)],
        "environment": {"PATH": "/usr/local/bin:/usr/bin:/bin", "K1S_HISTORY": mark},
        **({"periodInSeconds": 0.15} if type_ == "periodic" else {}),
        **limits,
    }
