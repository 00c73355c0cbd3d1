"""Plans: what makes the jobs of a server those of a file."""

from collections.abc import Iterable

import pytest
from attrs import evolve
from builders import FOLDER, make_spec
from hypothesis import given
from hypothesis import strategies as st

from k1s.job import JobSpec, JobType
from k1s.jobsfile.plan import Change, Create, Delete, Keep, Plan, Refuse, Replace, describe, plan

FILE = "/home/a/jobs.toml"
OTHER = "/home/b/jobs.toml"
LOG = f"'{FOLDER}/stdout_a.log'"


def _spec(id: str = "a", origin: str | None = FILE, **given: object) -> JobSpec:
    return make_spec(id=id, origin=origin, **given).located(FOLDER)  # type: ignore[arg-type]


def _plan(
    wanted: list[JobSpec], present: list[JobSpec], *, prune: bool = False, take_over: bool = False
) -> Plan:
    return plan(wanted, present, origin=FILE, prune=prune, take_over=take_over)


def _does_nothing(made: Plan) -> bool:
    return all(isinstance(step, Keep) for step in made.steps)


def test_a_job_that_is_not_there() -> None:
    """A job of the file that the server does not know is created."""
    made = _plan([_spec()], [])
    assert made == Plan((Create(_spec()),))
    assert (made.deleted(), made.created()) == ([], [_spec()])
    assert describe(made.steps[0]) == ""


@pytest.mark.parametrize(
    ("owner", "words"),
    [(FILE, ""), (OTHER, f"(made by {OTHER})"), (None, "(made by no file)")],
)
@pytest.mark.parametrize("take_over", [False, True])
def test_an_equal_job_is_kept(owner: str | None, words: str, take_over: bool) -> None:
    """A job that is as the file says stays, whoever has made it, and stays whose it is."""
    made = _plan([_spec()], [_spec(origin=owner)], take_over=take_over)
    assert made == Plan((Keep(_spec(), owner),))
    assert (made.deleted(), made.created()) == ([], [])
    assert describe(made.steps[0]) == words


def test_defaults_are_no_difference() -> None:
    """What is left out is what it is by default, and a whole number is no other as a fraction."""
    said = _spec(
        max_retry=5, environment={}, stop_timeout_seconds=10.0, stdout_log_path="stdout_a.log"
    )
    assert _does_nothing(_plan([_spec()], [said]))
    assert _does_nothing(_plan([said], [_spec(stdout_log_path=f"{FOLDER}/stdout_a.log")]))


@pytest.mark.parametrize("owner", [FILE, None])
def test_a_job_that_differs_is_replaced(owner: str | None) -> None:
    """A job of this file, or of none, is deleted and made again."""
    made = _plan([_spec(max_retry=3)], [_spec(origin=owner)])
    assert made == Plan((Replace(_spec(max_retry=3), (Change("max_retry", 5, 3),), owner),))
    assert (made.deleted(), made.replaced()) == (["a"], [_spec(max_retry=3)])
    assert made.created() == []
    whose = "" if owner else " (made by no file)"
    assert describe(made.steps[0]) == f"max_retry: 5 -> 3{whose}"


def test_a_job_of_another_file_that_differs() -> None:
    """It is not touched, unless the user says so."""
    changes = (Change("executable", "/bin/true", "x"),)
    wanted, present = _spec(executable="x"), _spec(origin=OTHER)
    refused = _plan([wanted], [present])
    assert refused == Plan((Refuse(wanted, changes, OTHER),))
    assert refused.refused() == list(refused.steps)
    assert (refused.deleted(), refused.created()) == ([], [])
    taken = _plan([wanted], [present], take_over=True)
    assert taken == Plan((Replace(wanted, changes, OTHER),))
    assert taken.refused() == []
    words = f"executable: '/bin/true' -> 'x' (made by {OTHER})"
    assert [describe(made.steps[0]) for made in (refused, taken)] == [words, words]


def test_pruning() -> None:
    """Jobs that the file has made and no longer has are deleted, and no others."""
    present = [_spec("a"), _spec("b"), _spec("c", OTHER), _spec("d", None), _spec("e")]
    assert _does_nothing(_plan([_spec("a")], present))
    made = _plan([_spec("a")], present, prune=True)
    assert made.steps[1:] == (Delete(_spec("b")), Delete(_spec("e")))
    assert (made.deleted(), made.created()) == (["b", "e"], [])
    assert describe(made.steps[1]) == "no longer in the file"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"healthy_after_seconds": 5}, {}, "healthy_after_seconds: 5 -> nothing"),
        ({"arguments": ("a b",)}, {"arguments": ("c", "d")}, "arguments: ['a b'] -> ['c', 'd']"),
        (
            {"arguments": ("x" * 40, "y" * 40)},
            {},
            f"arguments: ['{'x' * 40}', '{'y' * 14}... -> []",
        ),
        (
            {"environment": {"A": "hush", "B": "b", "E": "e"}},
            {"environment": {"A": "quiet", "C\n": "c", "E": "e"}},
            "environment.A: changed, environment.B: removed, environment.'C\\n': added",
        ),
        (
            {"type": JobType.ONE_TIME},
            {"stdout_log_path": "o"},
            f"type: one-time -> continuous, max_retry: 0 -> 5, stdout_log_path: {LOG} -> '/logs/o'",
        ),
        ({"working_directory": "/"}, {}, "working_directory: '/' -> nothing"),
    ],
)
def test_what_differs_in_words(old: dict[str, object], new: dict[str, object], words: str) -> None:
    """Each key that differs is named with both values, but of a variable only its name and fate."""
    (step,) = _plan([_spec(**new)], [_spec(**old)]).steps
    assert describe(step) == words


IDS = st.sampled_from("abcde")
SPECS = st.builds(
    _spec,
    IDS,
    st.sampled_from([FILE, OTHER, None]),
    max_retry=st.sampled_from([1, 2]),
    environment=st.sampled_from([{}, {"A": "1"}, {"A": "2"}]),
)


def _by_id(specs: Iterable[JobSpec]) -> list[JobSpec]:
    return list({spec.id: spec for spec in specs}.values())


def _applied(made: Plan, present: list[JobSpec]) -> list[JobSpec]:
    kept = [job for job in present if job.id not in made.deleted()]
    return [*kept, *made.replaced(), *made.created()]


@given(st.lists(SPECS), st.lists(SPECS), st.booleans(), st.booleans())
def test_applying_a_plan(
    wanted: list[JobSpec], present: list[JobSpec], prune: bool, take_over: bool
) -> None:
    """A plan that was applied leaves nothing to do, and what is not the file's is untouched."""
    wanted = [evolve(job, origin=FILE) for job in _by_id(wanted)]
    present = _by_id(present)
    made = _plan(wanted, present, prune=prune, take_over=take_over)
    if made.refused():
        assert not take_over
        return
    after = _applied(made, present)
    again = _plan(wanted, after, prune=prune, take_over=take_over)
    assert _does_nothing(again)
    assert _applied(again, after) == after
    named = {job.id for job in wanted}
    there = {job.id: evolve(job, origin=FILE) for job in after}
    assert all(there[job.id] == job for job in wanted)
    strangers = [job for job in present if job.id not in named and job.origin != FILE]
    assert all(job in after for job in strangers)
    assert all(job.id in named or job.origin != FILE for job in after) or not prune
