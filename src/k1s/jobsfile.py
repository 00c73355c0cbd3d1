"""A jobs file: TOML to a frozen value, with every mistake named by file, table and key.

One file serves the server, `k1s up` and `k1s simulate`: the tables of the
configuration, and a table for each job. People write it by hand, so what they
get wrong is answered with what they may have meant.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import tomli
from attrs import field, frozen
from cattrs import ClassValidationError

from k1s.config import CONFIG_CLASSES, CONFIG_HOOKS, Config, LogsConfig, ServerConfig
from k1s.errors import ConfigError, RequestError, shown, shown_name
from k1s.job import JobSpec, JobType
from k1s.limits import Limits
from k1s.strict import Mistake, did_you_mean, first_mistake, keys, make_converter

FILE_BYTES_MAX: Final = 16 * 1024 * 1024
# The name of the table is the id, and the file itself is the origin.
JOB_KEYS: Final = tuple(key for key in keys(JobSpec) if key not in ("id", "origin"))
JOB_TABLE: Final = "job"

_TABLES: Final = (*keys(Config), JOB_TABLE)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER: Final = re.compile(rf"\s*\[\s*{JOB_TABLE}\s*\.")
_TYPES: Final = "one-time, periodic or continuous"
# What the same thing is called elsewhere, and too far from our word to be seen as a slip.
_SYNONYMS: Final[Mapping[str, str]] = {
    "args": "arguments",
    "cmd": "executable",
    "command": "executable",
    "cwd": "working_directory",
    "directory": "working_directory",
    "env": "environment",
    "every": "period_in_seconds",
    "exec": "executable",
    "interval": "period_in_seconds",
    "period": "period_in_seconds",
    "program": "executable",
    "restart_delay": "restart_delay_seconds",
    "retries": "max_retry",
    "stderr": "stderr_log_path",
    "stdout": "stdout_log_path",
    "stop_timeout": "stop_timeout_seconds",
}


@frozen
class JobsFile:
    """What a file says: the configuration of a server, and jobs in the order of the file."""

    config: Config = field(factory=Config)
    jobs: tuple[JobSpec, ...] = ()


def parse(document: bytes, name: str, origin: str | None = None) -> JobsFile:
    """What a TOML document says; `name` is the file that errors blame, `origin` is its whole path.

    Raises `ConfigError` with one sentence that says where the mistake is and what is wanted.
    """
    try:
        return _interpret(_read(document), origin)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def _read(document: bytes) -> dict[str, Any]:
    if len(document) > FILE_BYTES_MAX:
        raise ConfigError(f"it is longer than {FILE_BYTES_MAX} bytes: divide it into several files")
    try:
        return tomli.loads(document.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"byte {error.start + 1} is not UTF-8: save it as UTF-8") from None
    except tomli.TOMLDecodeError as error:
        raise ConfigError(_not_toml(error)) from None
    except RecursionError:
        raise ConfigError("it is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise ConfigError("this is not TOML: a number is too long") from None


def _not_toml(error: tomli.TOMLDecodeError) -> str:
    """What the parser says, except for the two mistakes that are usual in the head of a job."""
    where = f"line {error.lineno}, column {error.colno}"
    header = error.doc.split("\n")[error.lineno - 1].strip()
    if not _HEADER.match(header):
        return f"this is not TOML: {error.msg} ({where})"
    if error.msg.endswith("twice"):
        return f"{shown_name(header)} stands there twice ({where}): give one of them another name"
    return (
        f"this is not TOML: {error.msg} ({where}): a name with other signs than letters, digits,"
        f' - and _ needs quotes, as in [{JOB_TABLE}."web:1"]'
    )


def _interpret(tables: dict[str, Any], origin: str | None) -> JobsFile:
    for name, value in tables.items():
        if name not in _TABLES:
            raise ConfigError(_unknown_table(name, value))
        if type(value) is not dict:
            raise ConfigError(_no_table(name, value))
    jobs = tables.pop(JOB_TABLE, {})
    try:
        config = _CONVERTER.structure(tables, Config)
    except ClassValidationError as error:
        raise ConfigError(str(first_mistake(error))) from None
    if len(jobs) > config.limits.jobs:
        raise ConfigError(f"it has {len(jobs)} jobs, and limits.jobs is {config.limits.jobs}")
    return JobsFile(config, tuple(_job(jobs, job_id, origin, config.limits) for job_id in jobs))


def _unknown_table(name: str, value: object) -> str:
    if isinstance(value, dict | list):
        known = f"[{JOB_TABLE}.NAME]" if _means(name, JOB_TABLE) else _nearest(name, _TABLES)
        hint = known and f": did you mean {known}?"
        return f"it has no table {_header(name)}{hint or _use(_TABLES)}"
    tables = [table for table, words in _KEYS_OF.items() if name in words]
    hint = f": put it below [{tables[0]}]" if tables else _use(_TABLES)
    return f"it has no key {shown(name)} outside of a table{hint}"


def _no_table(name: str, value: object) -> str:
    if name == JOB_TABLE and isinstance(value, list):
        return f"[[{JOB_TABLE}]] names no job: write [{JOB_TABLE}.NAME] above each of them"
    example = f"{JOB_TABLE}.NAME" if name == JOB_TABLE else name
    return f"{name} wants to be a table, [{example}], got {shown(value)}"


def _job(jobs: Mapping[str, Any], job_id: str, origin: str | None, limits: Limits) -> JobSpec:
    name, table = _dotted(job_id), jobs[job_id]
    if type(table) is not dict:
        raise ConfigError(_no_job(job_id, name, table))
    for key, value in table.items():
        if key not in JOB_KEYS:
            raise ConfigError(f"{name} has no key {shown(key)}{_hint(job_id, key, value)}")
    try:
        job: JobSpec = _CONVERTER.structure({**table, "id": job_id, "origin": origin}, JobSpec)
        limits.check_job(job, name)
    except ClassValidationError as error:
        raise ConfigError(_wrong_job(name, first_mistake(error), table)) from None
    except RequestError as error:
        raise ConfigError(error.message) from None
    return job


def _no_job(job_id: str, name: str, value: object) -> str:
    if job_id in JOB_KEYS or job_id in ("id", "name"):
        return f"{name} belongs to no job: write [{JOB_TABLE}.NAME] above it, not [{JOB_TABLE}]"
    return f"{name} wants to be a table, [{name}], got {shown(value)}"


def _wrong_job(name: str, mistake: Mistake, table: Mapping[str, Any]) -> str:
    text = f"{name}.{mistake}"
    match mistake.path.split("."):
        case ["id"]:
            return f"{name} names a job, and a name {mistake.problem}"
        case ["type"] if "type" not in table:
            return f"{text}: use {_TYPES}"
        case ["type"]:
            return text + _nearest_type(table["type"])
        case ["environment", variable] if variable in JOB_KEYS:
            return f"{text}: if it is a key of the job, put it above [{name}.environment]"
    return text


def _nearest_type(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return did_you_mean(_snake(value).replace("_", "-"), JobType)


def _name(value: object) -> str:
    """What somebody has called a job, as far as it is a name."""
    return value if isinstance(value, str) else "NAME"


def _hint(job_id: str, key: str, value: object) -> str:
    """What an unknown key of a job may have been meant to be."""
    if key in ("id", "name"):
        return f": the name of the table is the id, as in [{_dotted(_name(value))}]"
    if key == "origin":
        return ": the origin of a job is its file, leave it out"
    near = _nearest(_snake(key), JOB_KEYS)
    if isinstance(value, dict) and near != "environment":
        whole = _dotted(f"{job_id}.{key}")
        return f": a name with a dot needs quotes, as in [{whole}]"
    return f": did you mean {near}?" if near else _use(JOB_KEYS)


def _nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is meant, or an empty text."""
    meant = _SYNONYMS.get(word)
    if meant is not None and meant in known:
        return meant
    return did_you_mean(word, known).removeprefix(": did you mean ").removesuffix("?")


def _means(word: str, known: str) -> bool:
    return _nearest(word.lower(), [known]) == known


def _use(words: Iterable[str]) -> str:
    return f": use {', '.join(words)}"


def _snake(word: str) -> str:
    """`maxRetry`, `max-retry` and `Max Retry` as `max_retry`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word)
    return re.sub(r"[\s-]+", "_", words).lower()


def _header(name: str) -> str:
    return f"[{_key(name)}]"


def _dotted(job_id: str) -> str:
    """`job.web`, or `job."web.1"`: a job as the head of a table names it."""
    return f"{JOB_TABLE}.{_key(job_id)}"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else shown_name(json.dumps(name))


_KEYS_OF: Final[Mapping[str, Iterable[str]]] = {
    "server": keys(ServerConfig),
    "limits": keys(Limits),
    "logs": keys(LogsConfig),
    f"{JOB_TABLE}.NAME": JOB_KEYS,
}
_CONVERTER: Final = make_converter(inputs=(JobSpec, *CONFIG_CLASSES), hooks=CONFIG_HOOKS)
