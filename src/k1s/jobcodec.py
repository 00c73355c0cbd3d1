"""Between a job in JSON, as requests and replies hold it, and what it is asked to be.

For whoever makes jobs from a file or compares them with those of a server: `codec`,
which knows every request and reply, takes longer to load.
"""

from collections.abc import Mapping
from typing import Any, Final

from cattrs import ClassValidationError

from k1s.errors import Code, RequestError
from k1s.job import JobSpec
from k1s.spelling import camel_case
from k1s.strict import first_mistake, keys, make_converter


def spec_of(view: Mapping[str, Any]) -> JobSpec:
    """What the job in a reply was asked to be. Raises `RequestError` where it is no job."""
    given = {key: view[key] for key in _KEYS if view.get(key) is not None}
    try:
        return _CONVERTER.structure(given, JobSpec)
    except ClassValidationError as error:
        text = f"this is no job: {first_mistake(error, camel_case)}"
        raise RequestError(Code.INVALID_REQUEST, text) from None


def payload(job: JobSpec) -> dict[str, Any]:
    """A job as JSON values, as `create-job` takes it."""
    plain = _CONVERTER.unstructure(job)
    return {key: value for key, value in plain.items() if value is not None}


_KEYS: Final = tuple(keys(JobSpec, camel_case))
_CONVERTER: Final = make_converter(inputs=(JobSpec,), outputs=(JobSpec,), rename=camel_case)
