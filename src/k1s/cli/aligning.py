"""Makes the running jobs equal to a jobs file, as `k1s up` was asked to."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from k1s.cli import interrupted
from k1s.cli.alarm import LAST_WORD_S, BrokenOffError, limited
from k1s.cli.applying import Failure, create, delete, still_failing
from k1s.cli.asking import answer, is_refusal
from k1s.cli.currentfolder import absolute
from k1s.cli.display.output import has_colour, print_json, print_lines, say
from k1s.cli.display.progress import Progress
from k1s.cli.failing import NO_SERVER, REFUSED, WRONG_USAGE, complain, fail
from k1s.cli.line.options import Server
from k1s.client.transport import ServerGoneError, request
from k1s.config import Config, ServerConfig
from k1s.destination import Destination, DestinationError, named
from k1s.errors import ConfigError, RequestError
from k1s.jobcodec import payload, spec_of
from k1s.jobsfile.loading import load, origin_of
from k1s.jobsfile.parsing import JobsFile
from k1s.jobsfile.plan import (
    Change,
    Create,
    Delete,
    Keep,
    Plan,
    Refuse,
    Replace,
    Step,
    describe,
    plan,
)

_WORDS: Final[Mapping[type[Step], tuple[str, str]]] = {
    Create: ("create", "32"),
    Replace: ("replace", "33"),
    Keep: ("keep", "2"),
    Delete: ("delete", "31"),
    Refuse: ("refuse", "1;31"),
}
_ALL: Final = {"command": "get-all-jobs"}

_Views = Sequence[Mapping[str, Any]]


@frozen
class Wish:
    """What a command line asks for."""

    file: Path
    server: Server
    prune: bool
    dry_run: bool
    take_over: bool
    json: bool


def perform(wish: Wish) -> None:
    """Show the plan and carry it out; a mistake ends the program."""
    try:
        read = load(wish.file)
    except ConfigError as error:
        fail(WRONG_USAGE, str(error))
    origin = origin_of(wish.file)
    where = destination(wish.server, wish.file, read.config)
    how = {"origin": origin, "prune": wish.prune, "take_over": wish.take_over}
    compare = partial(_compared, read, _folder(where), how)
    views = {view["id"]: view for view in answer(where, _ALL)}
    steps = compare(list(views.values()))
    if not wish.json:
        _show(steps, views)
    failures = _refusals(steps)
    kept = [views[step.job.id] for step in steps.steps if isinstance(step, Keep)]
    if not failures and not wish.dry_run:
        try:
            failures = _do(where, read, steps)
        except KeyboardInterrupt:
            complain("stopped: the same command goes on from here")
            for line in _how_far(where, steps, compare):
                say(f"  {line}")
            raise
    # What was no success the first time is none the second time. But who has killed a job
    # wanted that.
    failures = [*still_failing(kept), *failures]
    for failure in failures:
        complain(str(failure))
    if wish.json:
        print_json(_summary(origin, steps, failures, is_dry=wish.dry_run))
    if failures:
        sys.exit(REFUSED)


def destination(server: Server, file: Path, config: Config) -> Destination:
    """Where to go: by flags, by the environment, and only then by the file."""
    flags = server.host or None, server.port, server.socket
    try:
        said = config.overridden(*flags, os.environ).server
        is_tcp = named(*flags, os.environ).is_tcp
        variables = _variables(file, said, is_tcp=is_tcp)
        return Destination.chosen(*flags, {**os.environ, **variables})
    except DestinationError as error:
        fail(WRONG_USAGE, str(error))


def _variables(file: Path, said: ServerConfig, *, is_tcp: bool) -> dict[str, str]:
    """An address as variables; where TCP is meant, the socket of the file is not.

    A relative socket of the file lies in a folder that only the server knows: if
    nothing else leads to it, that may be the folder of the file. Port 0 is any
    port, and never the default, where somebody else's server may listen.
    """
    leads_nowhere = not said.port or not said.tcp
    if said.socket and not is_tcp and (said.socket.startswith("/") or leads_nowhere):
        folder = "" if named(None, None, None, os.environ).socket else str(file.parent)
        return {"K1S_SOCKET": absolute(os.path.join(folder, said.socket))}
    if not said.tcp:
        # Only the file can say so.
        fail(WRONG_USAGE, f"{file}: server.tcp is false: say where the server is with --socket")
    if not said.port:
        text = "the port is 0, which can be any: say where the server is with --port or --socket"
        fail(WRONG_USAGE, text)
    return {"K1S_HOST": said.host, "K1S_PORT": str(said.port)}


def _folder(where: Destination) -> str:
    return str(answer(where, {"command": "get-server-info"})["workingDirectory"])


def _compared(read: JobsFile, folder: str, how: Mapping[str, Any], views: _Views) -> Plan:
    """What is to be done to the jobs of the server."""
    try:
        present = [spec_of(view).located(folder) for view in views]
    except RequestError as error:
        fail(REFUSED, f"this server is of another version: {error}")
    return plan([job.located(folder) for job in read.jobs], present, **how)


def _how_far(where: Destination, steps: Plan, compare: Callable[[_Views], Plan]) -> Iterable[str]:
    """What is done and what is not; the server has `LAST_WORD_S` to tell."""
    views: Any = None
    with suppress(BrokenOffError, ServerGoneError, DestinationError), limited(LAST_WORD_S):
        views = request(where, _ALL)
    if views is None or is_refusal(views):
        return ["the server does not tell what is done"]
    return interrupted.lines(steps, compare(views), {view["id"]: view for view in views})


def _refusals(steps: Plan) -> list[Failure]:
    """Where one job is refused, none is touched."""
    way = "delete it first or say --take-over; nothing is done"
    return [Failure((step.job.id,), f"made by {step.owner}, {way}") for step in steps.refused()]


def _do(where: Destination, read: JobsFile, steps: Plan) -> list[Failure]:
    made = {job.id: payload(job) for job in read.jobs}
    try:
        with Progress("") as progress:
            returning = {job.id: made[job.id] for job in steps.replaced()}
            failures, absent = delete(where, steps.deleted(), returning, progress)
            if not failures:
                absent += create(where, [made[job.id] for job in steps.created()], progress)
            return [*failures, *absent]
    except ServerGoneError as error:
        fail(NO_SERVER, str(error))


def _show(steps: Plan, views: Mapping[str, Mapping[str, Any]]) -> None:
    width = max((len(step.job.id) for step in steps.steps), default=0)
    lines: list[str] = []
    for step in steps.steps:
        word, colour = _WORDS[type(step)]
        shown = f"{word:<8}"
        if has_colour(sys.stdout):
            shown = f"\x1b[{colour}m{shown}\x1b[0m"
        words = f"{describe(step)} {_state(step, views)}".strip()
        lines.append(f"{shown} {step.job.id:<{width}}  {words}".rstrip())
    print_lines(lines or ["nothing to do: the file has no job"])


def _state(step: Step, views: Mapping[str, Mapping[str, Any]]) -> str:
    """What somebody may not expect of a job that is kept."""
    if not isinstance(step, Keep):
        return ""
    view = views[step.job.id]
    if view["killRequested"] and view["state"] == "running":
        return "(being killed)"
    if view["state"] in ("killed", "exhausted"):
        return f"({view['state']}: k1s start {step.job.id} runs it again)"
    return ""


def _summary(
    origin: str, steps: Plan, failures: Iterable[Failure], *, is_dry: bool
) -> dict[str, Any]:
    return {
        "file": origin,
        "dryRun": is_dry,
        "steps": [_plain(step) for step in steps.steps],
        "failures": [
            {"jobIds": list(failure.job_ids), "error": failure.error} for failure in failures
        ],
    }


def _plain(step: Step) -> dict[str, Any]:
    word, _ = _WORDS[type(step)]
    match step:
        case Create() | Delete():
            return {"jobId": step.job.id, "action": word}
        case Keep():
            return {"jobId": step.job.id, "action": word, "madeBy": step.owner}
        case Replace() | Refuse():
            changes = [_plain_change(change) for change in step.changes]
            return {"jobId": step.job.id, "action": word, "madeBy": step.owner, "changes": changes}


def _plain_change(change: Change) -> dict[str, Any]:
    """Without values where these are secret."""
    if change.fate:
        return {"key": change.key, "change": change.fate}
    return {"key": change.key, "old": change.old, "new": change.new}
