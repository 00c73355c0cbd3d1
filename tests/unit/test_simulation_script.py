"""The script of a simulation."""

import math
from contextlib import suppress

import pytest
from builders import make_spec
from hypothesis import given
from hypothesis import strategies as st

from k1s.job import Exit, JobType
from k1s.simulation.play import play
from k1s.simulation.script import FOR_EVER, MOMENT_S, Behaviour, Script, ScriptError, read

SPECS = [
    make_spec(id="web-1"),
    make_spec(id="web-2"),
    make_spec(JobType.PERIODIC, id="backup"),
    make_spec(JobType.ONE_TIME, id="migrate"),
]
FAILS = Exit(code=1)
SUCCEEDS = Exit(code=0)


def scripted(fail: str = "", lasts: str = "", kill: str = "") -> Script:
    """The script of options that are written with blanks between them."""
    return read(SPECS, fail.split(), lasts.split(), kill.split())


def run(script: Script, place: int, number: int) -> Behaviour:
    """What a run of one of the jobs does."""
    return script.part(SPECS[place]).run(number)


def test_without_a_word_services_run_on_and_others_succeed() -> None:
    """The defaults are what one hopes for."""
    assert run(Script(), 0, 1) == Behaviour(FOR_EVER, SUCCEEDS)
    assert run(Script(), 2, 7) == Behaviour(MOMENT_S, SUCCEEDS)
    assert run(Script(), 3, 1) == Behaviour(MOMENT_S, SUCCEEDS)


@pytest.mark.parametrize(
    ("runs", "failed"),
    [
        ("3", {3}),
        ("1,3-5", {1, 3, 4, 5}),
        ("2-", {2, 3, 4, 5, 6, 7}),
        ("all", {1, 2, 3, 4, 5, 6, 7}),
        ("6-,1", {1, 6, 7}),
    ],
)
def test_runs_fail_as_the_script_says(runs: str, failed: set[int]) -> None:
    """A rule is for one run, for several, from one on, or for all."""
    script = scripted(fail=f"web-1={runs}")
    assert {number for number in range(1, 8) if run(script, 0, number).exit == FAILS} == failed
    assert run(script, 1, 1).exit == SUCCEEDS


def test_a_failing_run_ends_at_once_or_when_the_script_says() -> None:
    """A service that fails does not go on until the end."""
    script = scripted(fail="web-1=1 web-1=2:10s web-1=3", lasts="web-1=3:1h")
    assert run(script, 0, 1) == Behaviour(MOMENT_S, FAILS)
    assert run(script, 0, 2) == Behaviour(10, FAILS)
    assert run(script, 0, 3) == Behaviour(3_600, FAILS)
    assert run(script, 0, 4) == Behaviour(FOR_EVER, SUCCEEDS)


def test_runs_last_as_the_script_says() -> None:
    """For all runs or for some; one can hang, too."""
    script = scripted(lasts="backup=20min backup=3:forever backup=5-6:1s")
    assert [run(script, 2, number).lasts_s for number in range(2, 7)] == [
        *(1_200, math.inf, 1_200, 1, 1)
    ]


def test_a_later_word_beats_an_earlier_one() -> None:
    """An exception stands behind its rule, and what is said of failures beats what lasts."""
    script = scripted(fail="web-*=1:9s web-2=1:8s", lasts="web-2=1:7s")
    assert run(script, 0, 1).lasts_s == 9
    assert run(script, 1, 1).lasts_s == 8


def test_globs_mean_several_jobs() -> None:
    """A star stands for anything."""
    script = scripted(fail="web-*=1", kill="web-*=1h *=2h")
    assert [run(script, place, 1).exit for place in range(4)] == [FAILS, FAILS, SUCCEEDS, SUCCEEDS]
    assert [script.kill_times(spec) for spec in SPECS] == [
        *([3_600, 7_200], [3_600, 7_200], [7_200], [7_200])
    ]


@pytest.mark.parametrize(
    ("option", "text", "complaint"),
    [
        ("fail", "web-1", "--fail wants ID=RUNS or ID=RUNS:AFTER, such as web=3 or "),
        ("fail", "=3", "--fail wants ID=RUNS"),
        ("fail", "web-1=", "--fail wants ID=RUNS"),
        ("fail", "web=3", "--fail: there is no job 'web': did you mean web-2?"),
        ("fail", "x*=3", "--fail: there is no job 'x*': there are web-1, web-2, backup, migrate"),
        ("fail", "web-1=x", "--fail 'web-1' wants runs such as 3 or 1,3-5 or 2- or all, got 'x'"),
        ("fail", "web-1=0", "--fail 'web-1' wants runs"),
        ("fail", "web-1=5-3", "--fail 'web-1' wants runs"),
        ("fail", "web-1=-3", "--fail 'web-1' wants runs"),
        ("fail", "web-1=1,,2", "--fail 'web-1' wants runs"),
        ("fail", "web-1=٣", "--fail 'web-1' wants runs"),
        ("fail", "web-1=" + "9" * 5000, "--fail 'web-1' wants runs"),
        ("fail", "web-1=3:10x", "--fail 'web-1' wants a duration such as 90s, 15min, 24h or 1.5h"),
        ("fail", "web-1=3:", "--fail 'web-1' wants a duration"),
        ("fail", "web-1=3:forever", "--fail 'web-1' wants a duration"),
        ("lasts", "web-1", "--lasts wants ID=TIME or ID=RUNS:TIME, such as web=10s"),
        ("lasts", "web-1=3x", "--lasts 'web-1' wants a duration"),
        ("lasts", "web-1=x:3s", "--lasts 'web-1' wants runs"),
        ("kill", "web-1=later", "--kill 'web-1' wants a duration such as 90s"),
        ("kill", "web-1", "--kill wants ID=AT, such as web=10min, got 'web-1'"),
    ],
)
def test_mistakes_are_one_sentence(option: str, text: str, complaint: str) -> None:
    """The option, what it wants, and what was got."""
    with pytest.raises(ScriptError) as caught:
        scripted(**{option: text})
    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


def test_of_many_jobs_only_some_are_named() -> None:
    """A complaint stays short."""
    specs = [make_spec(id=f"job-{number}") for number in range(10)]
    with pytest.raises(ScriptError, match=r"there are job-0, .*, job-4 and 5 more$"):
        read(specs, ["zzz=1"], [], [])
    with pytest.raises(ScriptError, match=r"there is no job 'zzz'$"):
        read([], ["zzz=1"], [], [])


def test_a_rule_that_comes_to_nothing_is_named() -> None:
    """Who expects a third run of a job that has only one is told so."""
    script = scripted(fail="web-1=3:10s web-2=1", lasts="web-*=2:1h backup=9-,2:1s")
    played = play(SPECS, script, 60)
    assert script.unused(played.jobs, 60) == [
        "nothing came of --fail web-1=3:10s: there was no run 3",
    ]


def test_a_kill_after_the_end_is_named() -> None:
    """Nobody is left to be killed then; one at the very end is still in time."""
    script = scripted(kill="web-1=61s web-2=1min")
    played = play(SPECS, script, 60)
    assert script.unused(played.jobs, 60) == [
        "nothing came of --kill web-1=61s: the simulation ends before",
    ]


@given(st.text(max_size=20), st.sampled_from(["fail", "lasts", "kill"]))
def test_no_text_does_worse_than_a_complaint(text: str, option: str) -> None:
    """Whatever stands behind an id is a script or a mistake."""
    options = {"fail": [], "lasts": [], "kill": [], option: [f"web-1={text}"]}
    with suppress(ScriptError):
        read(SPECS, **options)
