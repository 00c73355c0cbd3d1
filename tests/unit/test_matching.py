"""Which jobs are meant by ids and globs."""

import pytest

from k1s.cli.line.matching import explain_unknown, is_glob, match

IDS = ["web-1", "web-2", "db", "job.a@b:c"]


@pytest.mark.parametrize(
    ("patterns", "ids", "unknown"),
    [
        ([], [], []),
        (["db"], ["db"], []),
        (["web-*"], ["web-1", "web-2"], []),
        (["web-?", "web-2", "db", "db"], ["web-1", "web-2", "db"], []),
        (["web-[2-9]"], ["web-2"], []),
        (["*"], IDS, []),
        (["we", "x*", "db"], ["db"], ["we", "x*"]),
        (["job.a@b:c"], ["job.a@b:c"], []),
        (["job?a*"], ["job.a@b:c"], []),
        (["WEB-*"], [], ["WEB-*"]),
        (["[*"], [], ["[*"]),
    ],
)
def test_patterns_mean_ids(patterns: list[str], ids: list[str], unknown: list[str]) -> None:
    """Each id is meant once, in the order of the patterns; what means nothing is told."""
    assert match(patterns, IDS) == (ids, unknown)


def test_a_glob_is_told_from_an_id() -> None:
    """An id has none of the letters that make a glob."""
    assert [pattern for pattern in ["web", "w*", "w?", "[w]"] if is_glob(pattern)] == [
        "w*",
        "w?",
        "[w]",
    ]


def test_a_slip_of_the_finger_is_answered_with_what_was_meant() -> None:
    """A near id is proposed; where none is near, the list is."""
    assert explain_unknown("wbe-1", IDS) == "there is no job 'wbe-1': did you mean 'web-1'?"
    assert explain_unknown("zzz", IDS) == "there is no job 'zzz': see k1s list"
    assert explain_unknown("z*", IDS) == "no job matches 'z*': see k1s list"
