"""What has to be done so that a server's jobs are those of a file: a comparison, and no deed.

A job belongs to the file that it was made from, its *origin*. What the file
says wins over a job that nobody's file made, and such a job becomes the
file's own. A job of another file is not touched unless the user says so: two
files that fight for one id would otherwise end each other's jobs for ever. If
such a job is equal, it stays, and stays the other file's. Jobs that are not
the file's own are never pruned.

Replacing is the only change that there is: a program is told its arguments
when it starts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, assert_never

from attrs import field, fields, frozen

from k1s.errors import shown, shown_name
from k1s.job import JobSpec, JobType

LISTED_CHARACTERS_MAX: Final = 60
_NOT_COMPARED: Final = frozenset({"id", "origin"})


@frozen
class Change:
    """A key that differs, with both values, or a variable with its `fate`.

    The values of variables stay out, however short: a password is a short value, too, and a
    plan is shown on screens and kept in the logs of builds.
    """

    key: str
    old: Any = None
    new: Any = None
    fate: Literal["added", "removed", "changed"] | None = None

    def __str__(self) -> str:
        return f"{self.key}: {self.fate or f'{_shown(self.old)} -> {_shown(self.new)}'}"


@frozen
class Create:
    """The server has no job of this id."""

    job: JobSpec


@frozen
class Replace:
    """The server's job differs; `owner` is the origin that it had."""

    job: JobSpec
    changes: tuple[Change, ...]
    owner: str | None


@frozen
class Keep:
    """The server's job is what the file says; `owner` is its origin."""

    job: JobSpec
    owner: str | None


@frozen
class Delete:
    """The file has made this job once, and does not have it any more."""

    job: JobSpec


@frozen
class Refuse:
    """The server's job differs, and another file, `owner`, has made it."""

    job: JobSpec
    changes: tuple[Change, ...]
    owner: str | None


Step = Create | Replace | Keep | Delete | Refuse


@frozen
class Plan:
    """The steps, in the order of the file; deletions come last."""

    steps: tuple[Step, ...] = field(default=())

    def deleted(self) -> list[str]:
        """The ids of the jobs that have to go before others come, those that return among them."""
        return [step.job.id for step in self.steps if isinstance(step, Delete | Replace)]

    def replaced(self) -> list[JobSpec]:
        """The jobs to make again, each as soon as it has gone."""
        return [step.job for step in self.steps if isinstance(step, Replace)]

    def created(self) -> list[JobSpec]:
        """The jobs to make after that, in the order of the file."""
        return [step.job for step in self.steps if isinstance(step, Create)]

    def refused(self) -> list[Refuse]:
        """The steps for which nothing at all may be done."""
        return [step for step in self.steps if isinstance(step, Refuse)]


def plan(
    wanted: Sequence[JobSpec],
    present: Iterable[JobSpec],
    *,
    origin: str,
    prune: bool = False,
    take_over: bool = False,
) -> Plan:
    """Compare the jobs of a file, whose path is `origin`, with those of a server.

    Both have to be located in the server's folder. With `prune`, jobs that the
    file has made and does not have any more are deleted. With `take_over`,
    jobs that differ are replaced whichever file has made them.
    """
    there = {job.id: job for job in present}
    steps = [_step(job, there.get(job.id), origin, take_over) for job in wanted]
    kept = {job.id for job in wanted}
    if prune:
        steps += [
            Delete(job) for job in there.values() if job.origin == origin and job.id not in kept
        ]
    return Plan(tuple(steps))


def describe(step: Step) -> str:
    """A step in words, on one line, without the id."""
    match step:
        case Create():
            return ""
        case Delete():
            return "no longer in the file"
        case Keep():
            return _made_by(step)
        case Replace() | Refuse():
            return f"{', '.join(map(str, step.changes))} {_made_by(step)}".rstrip()
        case _:
            assert_never(step)


def _step(job: JobSpec, present: JobSpec | None, origin: str, take_over: bool) -> Step:
    if present is None:
        return Create(job)
    changes = tuple(_changes(present, job))
    if not changes:
        return Keep(job, present.origin)
    if take_over or present.origin in (None, origin):
        return Replace(job, changes, present.origin)
    return Refuse(job, changes, present.origin)


def _changes(old: JobSpec, new: JobSpec) -> Iterator[Change]:
    for attribute in fields(JobSpec):
        name = attribute.name
        before, after = getattr(old, name), getattr(new, name)
        if name in _NOT_COMPARED or before == after:
            continue
        if isinstance(before, Mapping):
            yield from _fates(name, before, after)
        else:
            yield Change(name, before, after)


def _fates(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for variable in sorted({*old, *new}):
        if old.get(variable) != new.get(variable):
            kept: Literal["removed", "changed"] = "changed" if variable in new else "removed"
            fate = kept if variable in old else "added"
            yield Change(f"{name}.{shown_name(variable)}", fate=fate)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, JobType):
        return str(value)
    if isinstance(value, tuple):
        return _cut(f"[{', '.join(map(shown, value))}]")
    return shown(value)


def _cut(text: str) -> str:
    return text if len(text) <= LISTED_CHARACTERS_MAX else f"{text[:LISTED_CHARACTERS_MAX]}..."


def _made_by(step: Keep | Replace | Refuse) -> str:
    """Whose job it is, where that is worth a word."""
    if step.owner == step.job.origin:
        return ""
    if step.owner is None:
        return "(made by no file)"
    # As it is, unless a terminal would take it for something else.
    return f"(made by {step.owner if step.owner.isprintable() else ascii(step.owner)})"
