"""On which line of a TOML document a key stands."""

import time

import tomli
from hypothesis import given
from hypothesis import strategies as st

from k1s.jobsfile.lines import key_lines

DOCUMENT = '''\
# [job.none]
[server]
port = 1

[job . "web.1"]  # max_retry = 5
executable = """
[job.web]
max_retry = 3
"""
arguments = [
  "max_retry = 1",  # ]
  """
[server]""", ']',
]
max_retry = 1
environment.A = "1"
environment."b.c" = "2"
[job."web.1".limits]
x = {y = 1}
[[list]]
a = 1
[list.below]
b = 1
[job]
late.type = 'x'
'''


def test_keys_are_found_whatever_stands_around_them() -> None:
    """Comments, texts and arrays of many lines, dots and quotes mislead nobody."""
    web = ("job", "web.1")
    assert key_lines(DOCUMENT) == {
        ("server",): 2,
        ("server", "port"): 3,
        ("job",): 5,
        web: 5,
        (*web, "executable"): 6,
        (*web, "arguments"): 10,
        (*web, "max_retry"): 15,
        (*web, "environment"): 16,
        (*web, "environment", "A"): 16,
        (*web, "environment", "b.c"): 17,
        (*web, "limits"): 18,
        (*web, "limits", "x"): 19,
        ("list",): 20,
        ("job", "late"): 25,
        ("job", "late", "type"): 25,
    }


NAMES = st.sampled_from(["job", "a", '"a.b"', "'x'", "c-d", '"[job.a]"'])
KEYS = st.lists(NAMES, min_size=1, max_size=3).map(" . ".join)
TEXTS = st.sampled_from(["a = 1", "[job.a]", "", "# no", "]", "}", "x = [", "'", "\\\\"])
VALUES = st.one_of(
    st.sampled_from(["1", "'#'", '"]"', "{}", "{a = 1, 'b.c' = [1]}", "1979-05-27"]),
    st.lists(TEXTS, max_size=4).map(lambda lines: '"""' + "\n".join(lines) + '"""'),
    st.lists(TEXTS, max_size=4).map(
        lambda lines: "'''" + "\n".join(lines).replace("'", "") + "'''"
    ),
    st.lists(st.sampled_from(["1", "'a\\b'", "{a = 1}", '"""\n]"""']), max_size=4).map(
        lambda items: "[" + "".join(f"\n {item}, # ]" for item in items) + "\n]"
    ),
)
LINES = st.one_of(
    st.builds(lambda key, value: f"{key} = {value}", KEYS, VALUES),
    KEYS.map(lambda key: f"  [ {key} ] # = 1"),
    KEYS.map(lambda key: f"[[{key}]]"),
    st.sampled_from(["", "# a = 1", "\t"]),
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document of such lines, each of them left out where it makes it no TOML."""
    document = ""
    for line in draw(st.lists(LINES, max_size=12)):
        longer = document + line + draw(st.sampled_from(["\n", "\r\n"]))
        try:
            tomli.loads(longer)
        except tomli.TOMLDecodeError:
            continue
        document = longer
    return document


def _has(document: str, path: tuple[str, ...]) -> bool:
    value = tomli.loads(document)
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


@given(documents())
def test_no_line_is_ever_wrong(document: str) -> None:
    """The document up to a line does not have the key, and does as soon as it is TOML again."""
    lines = document.split("\n")
    for path, number in key_lines(document).items():
        assert not _has(_first(lines, number - 1), path)
        longer = (_first(lines, end) for end in range(number, len(lines) + 1))
        assert next(_has(part, path) for part in longer if _is_toml(part))


def _first(lines: list[str], count: int) -> str:
    return "".join(f"{line}\n" for line in lines[:count])


def _is_toml(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True


def test_a_long_statement_is_not_asked_about_for_ever() -> None:
    """What comes behind it is not found then, and nothing that is found is wrong."""
    items = "\n".join('"]",' for _ in range(20_000))
    document = f"[job.a]\nx = [\n{items}\n]\ny = 1\n"
    began = time.process_time()
    assert key_lines(document) == {("job",): 1, ("job", "a"): 1}
    assert time.process_time() - began < 5
    harmless = document.replace('"]"', '"a"')
    assert key_lines(harmless)["job", "a", "y"] == 20_004
