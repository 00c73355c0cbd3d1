"""The words for what is wrong with a jobs file, and for what was probably meant."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import tomli
from attrs import fields_dict

from k1s import durations
from k1s.config import Config, LogsConfig, ServerConfig
from k1s.errors import InvalidValueError, shown, shown_name
from k1s.job import JobSpec, JobType
from k1s.limits import Limits
from k1s.strict import Mistake, did_you_mean, keys

# The name of the table is the id, and the file itself is the origin.
JOB_KEYS: Final = tuple(key for key in keys(JobSpec) if key not in ("id", "origin"))
JOB_TABLE: Final = "job"
TABLES: Final = (*keys(Config), JOB_TABLE)

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


def not_toml(error: tomli.TOMLDecodeError) -> str:
    """What the parser says, and more where a mistake is usual."""
    where = f"line {error.lineno}, column {error.colno}"
    line = error.doc.split("\n")[error.lineno - 1].strip()
    if not _HEADER.match(line):
        return f"this is not TOML: {error.msg} ({where}){_remedy(error.msg, line)}"
    if error.msg.endswith("twice"):
        return f"{shown_name(line)} stands there twice ({where}): give one of them another name"
    return (
        f"this is not TOML: {error.msg} ({where}): a name with other signs than letters, digits,"
        f' - and _ needs quotes, as in [{JOB_TABLE}."web:1"]'
    )


def _remedy(problem: str, line: str) -> str:
    """What to do about a mistake that is usual in a line with a key."""
    key, equals, value = line.partition("=")
    if problem == "Invalid value" and value.strip()[:1].isalpha():
        return ": a text needs quotes"
    if problem == "Cannot overwrite a value" and equals:
        return f": {shown_name(key.strip())} stands there twice, leave one of them out"
    return ""


def unknown_table(name: str, value: object) -> str:
    """A table, or a key outside of one, that no file has."""
    if isinstance(value, dict) or _is_array_of_tables(value):
        known = f"[{JOB_TABLE}.NAME]" if _means(name, JOB_TABLE) else _nearest(name, TABLES)
        hint = known and f": did you mean {known}?"
        return f"it has no table {_header(name)}{hint or _use(TABLES)}"
    tables = [table for table, words in _KEYS_OF.items() if name in words]
    hint = f": put it below [{tables[0]}]" if tables else _use(TABLES)
    return f"it has no key {shown(name)} outside of a table{hint}"


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(one, dict) for one in value)


def no_table(name: str, value: object) -> str:
    """What should be a table and is none."""
    if name == JOB_TABLE and isinstance(value, list):
        return f"[[{JOB_TABLE}]] names no job: write [{JOB_TABLE}.NAME] above each of them"
    example = f"{JOB_TABLE}.NAME" if name == JOB_TABLE else name
    return f"{name} wants to be a table, [{example}], got {shown(value)}"


def no_job(job_id: str, name: str, value: object) -> str:
    """What should be the table of a job and is none."""
    if job_id in JOB_KEYS or job_id in ("id", "name"):
        return f"{name} belongs to no job: write [{JOB_TABLE}.NAME] above it, not [{JOB_TABLE}]"
    return f"{name} wants to be a table, [{name}], got {shown(value)}"


def wrong_job(name: str, mistake: Mistake, table: Mapping[str, Any]) -> str:
    """A mistake in the table of a job."""
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
    return text + number_of_seconds(JobSpec, mistake, table)


def number_of_seconds(of: type, mistake: Mistake, table: Mapping[str, Any]) -> str:
    """`: write 300` where a time stands as the command line takes it, and a number should."""
    value = table.get(mistake.path)
    attribute = fields_dict(of).get(mistake.path)  # a path may lead to a variable
    if not mistake.path.endswith("_seconds") or attribute is None or not isinstance(value, str):
        return ""
    try:
        seconds = durations.parse(value)
        attribute.validator(None, attribute, seconds)  # type: ignore[misc]
    except (durations.DurationError, InvalidValueError):
        return ""
    return f": write {seconds:.12g}"


def hint(job_id: str, key: str, value: object) -> str:
    """What an unknown key of a job may have been meant to be."""
    if key in ("id", "name"):
        return f": the name of the table is the id, as in [{dotted(_name(value))}]"
    if key == "origin":
        return ": the origin of a job is its file, leave it out"
    near = _nearest(_snake(key), JOB_KEYS)
    if isinstance(value, dict) and near != "environment":
        whole = dotted(f"{job_id}.{key}")
        return f": a name with a dot needs quotes, as in [{whole}]"
    return f": did you mean {near}?" if near else _use(JOB_KEYS)


def dotted(job_id: str) -> str:
    """`job.web`, or `job."web.1"`: a job as the head of a table names it."""
    return f"{JOB_TABLE}.{_key(job_id)}"


def _nearest_type(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return did_you_mean(_snake(value).replace("_", "-"), JobType)


def _name(value: object) -> str:
    """What somebody has called a job, as far as it is a name."""
    return value if isinstance(value, str) else "NAME"


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


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else shown_name(json.dumps(name))


_KEYS_OF: Final[Mapping[str, Iterable[str]]] = {
    "server": keys(ServerConfig),
    "limits": keys(Limits),
    "logs": keys(LogsConfig),
    f"{JOB_TABLE}.NAME": JOB_KEYS,
}
