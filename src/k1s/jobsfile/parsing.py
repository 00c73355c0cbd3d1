"""A jobs file: TOML to a frozen value, with every mistake named by file, line, table and key.

One file serves the server, `k1s up` and `k1s simulate`: the tables of the
configuration, and a table for each job. People write it by hand, so what they
get wrong is answered with what they may have meant, all of it at once.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any, Final

import tomli
from attrs import field, fields_dict, frozen
from cattrs import ClassValidationError

from k1s.config import CONFIG_CLASSES, CONFIG_HOOKS, Config
from k1s.errors import ConfigError, RequestError, shown
from k1s.job import JobSpec
from k1s.jobsfile import complaints
from k1s.jobsfile.complaints import JOB_KEYS, JOB_TABLE, TABLES
from k1s.jobsfile.lines import Path, key_lines
from k1s.limits import Limits
from k1s.strict import MISSING, Mistake, did_you_mean, make_converter, mistakes

FILE_BYTES_MAX: Final = 16 * 1024 * 1024
MISTAKES_MAX: Final = 10


@frozen
class JobsFile:
    """What a file says: the configuration of a server, and jobs in the order of the file."""

    config: Config = field(factory=Config)
    jobs: tuple[JobSpec, ...] = ()


@frozen
class _Wrong:
    """One thing that is wrong, and the key or table that is to blame, or else those around it."""

    text: str
    path: Path


def parse(document: bytes, name: str, origin: str | None = None) -> JobsFile:
    """What a TOML document says; `name` is the file that errors blame, `origin` is its whole path.

    Raises `ConfigError` with a line for each mistake, one sentence that says where it is and
    what is wanted; of many, the first `MISTAKES_MAX` are told.
    """
    try:
        text = _decoded(document)
        found = _interpret(_read(text), origin)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None
    if isinstance(found, JobsFile):
        return found
    raise ConfigError("\n".join(f"{name}: {line}" for line in _told(found, text)))


def _decoded(document: bytes) -> str:
    if len(document) > FILE_BYTES_MAX:
        raise ConfigError(f"it is longer than {FILE_BYTES_MAX} bytes: divide it into several files")
    text = document.removeprefix(BOM_UTF8)  # some editors begin a file with it
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        byte = len(document) - len(text) + error.start + 1
        raise ConfigError(f"byte {byte} is not UTF-8: save it as UTF-8") from None


def _read(text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(complaints.not_toml(error)) from None
    except RecursionError:
        raise ConfigError("it is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise ConfigError("this is not TOML: a number is too long") from None


def _told(found: Sequence[_Wrong], text: str) -> Iterator[str]:
    """The sentences of the first mistakes, with the lines where they are, and how many follow."""
    lines = key_lines(text)
    numbered = [(_line(lines, wrong.path), wrong.text) for wrong in found]
    numbered.sort(key=lambda each: inf if each[0] is None else each[0])
    for line, sentence in numbered[:MISTAKES_MAX]:
        yield sentence if line is None else f"{sentence} (line {line})"
    more = len(found) - MISTAKES_MAX
    if more > 0:
        yield f"and {more} more mistake{'' if more == 1 else 's'}"


def _line(lines: Mapping[Path, int], path: Path) -> int | None:
    """Where a key is; where it is missing, the table that should have it."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


def _interpret(tables: Mapping[str, Any], origin: str | None) -> JobsFile | list[_Wrong]:
    """What the tables say, or all that is wrong with them."""
    wrong = [*_wrong_tables(tables), *_wrong_configuration(tables)]
    config = None if wrong else _configuration(tables)
    jobs = tables.get(JOB_TABLE, {})
    if type(jobs) is not dict:
        return wrong
    if config and len(jobs) > config.limits.jobs:
        text = f"it has {len(jobs)} jobs, and limits.jobs is {config.limits.jobs}"
        return [_Wrong(text, (JOB_TABLE,))]
    specs = []
    for job_id, table in jobs.items():
        job = _job(job_id, table, origin)
        if job is None:
            wrong += _wrong_job(job_id, table, origin)
            continue
        specs.append(job)
        if config:
            wrong += _beyond_limits(job, config.limits)
    return wrong if wrong or not config else JobsFile(config, tuple(specs))


def _wrong_tables(tables: Mapping[str, Any]) -> Iterator[_Wrong]:
    for name, value in tables.items():
        if name not in TABLES:
            yield _Wrong(complaints.unknown_table(name, value), (name,))
        elif type(value) is not dict:
            yield _Wrong(complaints.no_table(name, value), (name,))


def _wrong_configuration(tables: Mapping[str, Any]) -> Iterator[_Wrong]:
    for name, attribute in fields_dict(Config).items():
        table, of = tables.get(name), attribute.type
        if type(table) is not dict:
            continue
        assert of is not None
        known = fields_dict(of)
        for key in table:
            if key not in known:
                text = f"{name} has no key {shown(key)}{did_you_mean(key, known)}"
                yield _Wrong(text, (name, key))
        for mistake in mistakes(_CONVERTER, of, {key: table[key] for key in table if key in known}):
            more = complaints.number_of_seconds(of, mistake, table)
            yield _Wrong(f"{name}.{mistake}{more}", (name, *_path(mistake)))


def _path(mistake: Mistake) -> Path:
    """The key, and what is below it: `environment.N`, but `arguments[0]` is `arguments`."""
    key, _, below = mistake.path.partition(".")
    return tuple(filter(None, (key.partition("[")[0], below)))


def _configuration(tables: Mapping[str, Any]) -> Config:
    said = {name: value for name, value in tables.items() if name != JOB_TABLE}
    config: Config = _CONVERTER.structure(said, Config)
    return config


def _job(job_id: str, table: Any, origin: str | None) -> JobSpec | None:
    """What the table says; None if anything in it is wrong."""
    if type(table) is not dict or not _OURS.isdisjoint(table):
        return None
    try:
        return _CONVERTER.structure({**table, "id": job_id, "origin": origin}, JobSpec)
    except ClassValidationError:
        return None


def _beyond_limits(job: JobSpec, limits: Limits) -> Iterator[_Wrong]:
    try:
        limits.check_job(job, complaints.dotted(job.id))
    except RequestError as error:
        yield _Wrong(error.message, (JOB_TABLE, job.id))


def _wrong_job(job_id: str, table: Any, origin: str | None) -> Iterator[_Wrong]:
    """All that is wrong with a job that is none."""
    where, name = (JOB_TABLE, job_id), complaints.dotted(job_id)
    if type(table) is not dict:
        yield _Wrong(complaints.no_job(job_id, name, table), where)
        return
    unknown = {key: value for key, value in table.items() if key not in JOB_KEYS}
    for key, value in unknown.items():
        yield _Wrong(
            f"{name} has no key {shown(key)}{complaints.hint(job_id, key, value)}", (*where, key)
        )
    said = {key: value for key, value in table.items() if key in JOB_KEYS}
    for mistake in mistakes(_CONVERTER, JobSpec, {**said, "id": job_id, "origin": origin}):
        # What is missing may stand there under the name that is no key.
        if mistake.problem != MISSING or not unknown:
            yield _Wrong(complaints.wrong_job(name, mistake, table), (*where, *_path(mistake)))


_OURS: Final = frozenset({"id", "origin"})
_CONVERTER: Final = make_converter(inputs=(JobSpec, *CONFIG_CLASSES), hooks=CONFIG_HOOKS)
