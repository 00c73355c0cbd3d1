"""JSON as the wire allows it: one object in UTF-8, with nothing that two readers could read apart.

The standard parser is generous: it takes UTF-16, a byte order mark, NaN,
numbers without end, and the last of two equal keys. What it takes here is
exactly RFC 8259, with integers of 64 bits at the most.
"""

import json
from collections import Counter
from typing import Any, Final, NoReturn

from k1s.errors import Code, RequestError, shown

_INTEGER_DIGITS_MAX: Final = 19
_OBJECT: Final = ord("{")


def read_object(line: bytes) -> dict[str, Any]:
    """The object that a line holds; `RequestError` says what else it holds."""
    value = _read(line)
    if not isinstance(value, dict):
        raise RequestError(
            Code.INVALID_REQUEST,
            f"A request is a JSON object such as {_EXAMPLE}, not {shown(value)}",
        )
    return value


def begins_like_an_object(data: bytes | bytearray) -> bool:
    """Whether the first byte can belong to a request: nothing that speaks another protocol does."""
    return data[0] == _OBJECT


def _read(line: bytes) -> Any:
    try:
        return _DECODER.decode(line.decode())
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start + 1} is not UTF-8")
    except json.JSONDecodeError as error:
        _refuse(f"{error.msg} at character {error.pos + 1}" if line.strip() else "it is empty")
    except RecursionError:
        _refuse("it is nested too deeply")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        times = Counter(name for name, _ in pairs)
        _refuse(f"the key {shown(times.most_common(1)[0][0])} stands there twice")
    return result


def _integer(digits: str) -> int:
    # Counted first: reading a million digits would take a second.
    if len(digits) < _INTEGER_DIGITS_MAX:
        return int(digits)
    if len(digits) > _INTEGER_DIGITS_MAX + 1 or not -(2**63) <= int(digits) < 2**63:
        _refuse("an integer has more than 64 bits")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        _refuse("a number is too large")
    return value


def _constant(name: str) -> NoReturn:
    _refuse(f"{name} is no number")


def _refuse(why: str) -> NoReturn:
    raise RequestError(Code.INVALID_JSON, f"A request is one line of JSON, and this is none: {why}")


_EXAMPLE: Final = '{"command": "get-all-jobs"}'
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_int=_integer,
    parse_float=_real,
    parse_constant=_constant,
)
