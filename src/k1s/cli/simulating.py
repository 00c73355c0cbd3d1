"""Reads, plays and shows what `k1s simulate` was asked for."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from json import dumps
from pathlib import Path
from typing import NoReturn

from attrs import frozen

from k1s import durations
from k1s.cli.display.output import say
from k1s.cli.failing import REFUSED, WRONG_USAGE, complain, fail
from k1s.errors import ConfigError
from k1s.jobsfile.loading import load
from k1s.simulation import script, story
from k1s.simulation.play import STEPS_MAX, Event, Note, Played, play
from k1s.views import timestamp


@frozen
class Wish:
    """What a command line asks for."""

    file: Path
    lasts_for: str
    fail: tuple[str, ...]
    lasts: tuple[str, ...]
    kill: tuple[str, ...]
    svg: Path | None
    all: bool
    json: bool


def perform(wish: Wish) -> None:
    """Play the file, and show what happens; a mistake ends the program."""
    try:
        specs = load(wish.file).jobs
        said = script.read(specs, wish.fail, wish.lasts, wish.kill)
        seconds = _seconds(wish.lasts_for)
    except (ConfigError, script.ScriptError, durations.DurationError) as error:
        fail(WRONG_USAGE, str(error))
    if wish.svg:
        _demand_another(wish.svg, wish.file)
        _demand_writable(wish.svg)
    played = play(specs, said, seconds)
    _print(map(_encode, played.events) if wish.json else _tell(played, all=wish.all))
    for text in said.unused(played.jobs, seconds):
        complain(text)
    if wish.svg:
        _draw(played, wish.svg, f"{wish.lasts_for} of {wish.file.name}")
    if not played.is_whole:
        fail(REFUSED, _too_much(played, wish.lasts_for))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
    # What is said next comes next, also where both outputs are one file.
    sys.stdout.flush()


def _seconds(text: str) -> float:
    try:
        seconds = durations.parse(text)
    except durations.DurationError as error:
        raise durations.DurationError(f"--for {error}") from None
    if not seconds:
        raise durations.DurationError(f"--for wants {durations.FORM}, got nothing: {text}")
    return seconds


def _tell(played: Played, *, all: bool) -> Iterator[str]:
    yield from story.write(story.tell(played, all=all), played.jobs)
    yield ""
    yield from story.summarise(played)


def _encode(event: Event) -> str:
    if isinstance(event, Note):
        note = {
            "at": timestamp(event.at),
            "jobId": event.job_id,
            "note": event.remark,
            "count": event.count,
            "reason": event.reason,
        }
        return dumps(note, separators=(",", ":"))
    from k1s.codec import encode_transition

    return encode_transition(event).decode().rstrip("\n")


def _demand_another(path: Path, file: Path) -> None:
    """The picture must not take the place of what it shows."""
    if os.path.exists(path) and os.path.samefile(path, file):
        fail(WRONG_USAGE, f"--svg {path} is the jobs file itself: give the picture another name")


def _demand_writable(path: Path) -> None:
    """Say before anything is computed that a picture cannot be written; nothing is left behind."""
    try:
        # What opens a pipe waits for its reader, and its reader for what we write.
        if not stat.S_ISFIFO(path.stat().st_mode):
            os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
    except FileNotFoundError:
        _demand_place(path)
    except OSError as error:
        _cannot_write(path, error)


def _demand_place(path: Path) -> None:
    """The same of a file that is not there yet, be it at the end of a link."""
    target = os.path.realpath(path)
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        os.unlink(target)
    except OSError as error:
        _cannot_write(path, error)


def _draw(played: Played, path: Path, title: str) -> None:
    from k1s.simulation import picture

    try:
        path.write_text(picture.draw(played, title), encoding="utf-8")
    except OSError as error:
        _cannot_write(path, error)
    say(f"drawn: {path}")


def _cannot_write(path: Path, error: OSError) -> NoReturn:
    fail(REFUSED, f"cannot write {path}: {(error.strerror or str(error)).lower()}")


def _too_much(played: Played, wanted: str) -> str:
    return (
        f"the simulation was ended after {STEPS_MAX:,} steps, at {durations.clock(played.end)}"
        f" of {wanted}: take a shorter time, or fewer jobs"
    )
