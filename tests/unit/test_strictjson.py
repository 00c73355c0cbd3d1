"""JSON as the wire allows it."""

import json
from typing import Any

import pytest
from builders import untraced
from hypothesis import given, settings
from hypothesis import strategies as st
from pace import is_quick

from k1s.errors import Code, RequestError
from k1s.strictjson import begins_like_an_object, read_object

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def _refused(line: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read_object(line)
    return caught.value


@settings(max_examples=50)
@given(st.dictionaries(st.text(), VALUES, max_size=5), st.booleans())
def test_every_object_is_read_as_it_was_written(value: dict[str, Any], ascii: bool) -> None:
    """What any JSON writer makes of an object is read back as the same object."""
    line = json.dumps(value, ensure_ascii=ascii).encode()
    assert read_object(line) == value


@given(st.binary(max_size=50) | st.binary(max_size=50).map(lambda tail: b"{" + tail))
def test_any_bytes(line: bytes) -> None:
    """Any bytes are an object or a `RequestError`, and nothing else ever happens."""
    try:
        value = read_object(line)
    except RequestError as error:
        code = error.code
    else:
        assert isinstance(value, dict)
        return
    assert code in {Code.INVALID_JSON, Code.INVALID_REQUEST}


@pytest.mark.fault("C4")
@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\xff{}", "byte 1 is not UTF-8"),
        (b'{"a":"\xc3("}', "byte 7 is not UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a":"\xc0\x80"}', "not UTF-8"),
        (b"\xef\xbb\xbf{}", "Expecting value at character 1"),
        ("{}".encode("utf-16"), "not UTF-8"),
        ("{}".encode("utf-16-le"), "at character"),
        ("{}".encode("utf-32"), "not UTF-8"),
    ],
)
def test_other_encodings(line: bytes, why: str) -> None:
    """Only UTF-8 without a byte order mark is read."""
    error = _refused(line)
    assert error.code is Code.INVALID_JSON
    assert why in error.message


@pytest.mark.fault("C5")
@pytest.mark.parametrize("piece", [b'{"a":', b"[", b'[{"a":'])
def test_deep_nesting(piece: bytes) -> None:
    """A line that is nested too deeply is refused, and does not end the server."""
    error = _refused(b'{"a":' + piece * 100_000)
    assert error.code is Code.INVALID_JSON
    assert "it is nested too deeply" in error.message


@pytest.mark.fault("C6")
@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1,"a":1}',
        b'{"b":0,"a":1,"c":2,"a":null}',
        b'{"x":{"a":1,"a":2}}',
        b'[{"a":1,"a":2}]',
        b'{"a":1,"\\u0061":2}',
    ],
)
def test_duplicate_keys(line: bytes) -> None:
    """A key that stands there twice, at any depth, is refused by name."""
    error = _refused(line)
    assert error.code is Code.INVALID_JSON
    assert "the key 'a' stands there twice" in error.message


@untraced
@pytest.mark.fault("S5")
def test_a_duplicate_among_many_keys_is_found_at_once() -> None:
    """Looking for the duplicate takes a time that grows with the line and not with its square."""
    members = b",".join(b'"%d":1' % number for number in range(6000))
    assert is_quick(lambda: _refused(b"{" + members + b',"a":1,"a":1}'))


@pytest.mark.fault("C7")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none(number: str) -> None:
    """The constants that JavaScript has and JSON has not are refused by name."""
    error = _refused(f'{{"a":{number}}}'.encode())
    assert error.code is Code.INVALID_JSON
    assert f"{number} is no number" in error.message


@pytest.mark.fault("C7")
@pytest.mark.parametrize("number", ["1e999", "-1e999", "1.0e309"])
def test_numbers_that_become_infinite(number: str) -> None:
    """A number that no double can hold is refused."""
    error = _refused(f'{{"a":{number}}}'.encode())
    assert error.code is Code.INVALID_JSON
    assert "a number is too large" in error.message


@pytest.mark.fault("C8")
@pytest.mark.parametrize(
    "digits", [f"{2**63}", f"{-(2**63) - 1}", f"{10**19}", "1" + "0" * 5000, "-1" + "0" * 5000]
)
def test_huge_integers(digits: str) -> None:
    """An integer of more than 64 bits is refused, and never converted at length."""
    error = _refused(f'{{"a":{digits}}}'.encode())
    assert error.code is Code.INVALID_JSON
    assert "an integer has more than 64 bits" in error.message


@pytest.mark.parametrize("number", [0, 2**63 - 1, -(2**63)])
def test_integers_of_64_bits(number: int) -> None:
    """The largest and the smallest integer of 64 bits are taken as they are."""
    assert read_object(f'{{"a":{number}}}'.encode()) == {"a": number}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "it is empty"),
        (b"\n", "it is empty"),
        (b" \r\n", "it is empty"),
        (b"{", "at character"),
        (b"{}x", "Extra data at character 3"),
        (b"{} {}", "Extra data"),
        (b"{'a':1}", "at character 2"),
        (b'{"a":01}', "at character"),
        (b'{"a":1,}', "at character"),
        (b'{"a":"\n"}', "Invalid control character"),
        (b"{}\0", "Extra data"),
        (b"GET / HTTP/1.1\r\n", "Expecting value at character 1"),
        (b"\x16\x03\x01", "Expecting value at character 1"),
    ],
)
@pytest.mark.fault("C14")
def test_what_is_no_json(line: bytes, why: str) -> None:
    """A line that is no JSON is refused with the place."""
    error = _refused(line)
    assert error.code is Code.INVALID_JSON
    assert why in error.message


@pytest.mark.fault("C10")
@pytest.mark.parametrize(
    ("line", "got"),
    [(b"[]", "a list"), (b'"x"', "'x'"), (b"1", "1"), (b"null", "null"), (b"true", "true")],
)
def test_json_of_another_kind(line: bytes, got: str) -> None:
    """JSON that is no object is refused with an example."""
    error = _refused(line)
    assert error.code is Code.INVALID_REQUEST
    assert error.message.endswith(f"not {got}")
    assert '{"command": "get-all-jobs"}' in error.message


@pytest.mark.parametrize("line", [b"{}", b"{}\n", b" {} \r\n", b"\t{ }"])
def test_white_space_around(line: bytes) -> None:
    """A line may have its newline and white space around it."""
    assert read_object(line) == {}


@pytest.mark.fault("C14")
@pytest.mark.parametrize(
    ("data", "like"),
    [
        (b"{", True),
        (b"{}", True),
        (bytearray(b"{"), True),
        (b"[", False),
        (b"GET", False),
        (b"\x16\x03", False),
        (b" {", False),
        (b"\xef\xbb\xbf{", False),
        (b"\n", False),
    ],
)
def test_first_byte(data: bytes | bytearray, *, like: bool) -> None:
    """Only what begins with a brace can become a request."""
    assert begins_like_an_object(data) is like
