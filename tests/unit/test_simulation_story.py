"""What is told of a simulation."""

import pytest
from builders import make_spec
from hypothesis import given
from hypothesis import strategies as st

from k1s.job import JobSpec, JobType
from k1s.simulation import story
from k1s.simulation.play import Played, play
from k1s.simulation.script import read

CONTINUOUS, PERIODIC, ONE_TIME = JobType.CONTINUOUS, JobType.PERIODIC, JobType.ONE_TIME


def played(
    *specs: JobSpec, seconds: float = 60, fail: str = "", lasts: str = "", kill: str = ""
) -> Played:
    """Jobs, with the options of a script that are written with blanks between them."""
    return play(specs, read(specs, fail.split(), lasts.split(), kill.split()), seconds)


def told(result: Played, *, all: bool = False) -> list[str]:
    """The lines of a story."""
    return list(story.write(story.tell(result, all=all), result.jobs))


def test_a_service_that_fails_again_and_again() -> None:
    """Each line says when, who, what and why."""
    result = played(make_spec(CONTINUOUS, max_retry=2), fail="a=all:1s")
    assert told(result) == [
        "00:00:00.000  a  starts",
        "00:00:01.000  a  fails, exited with code 1: retry 1 of 2 in 0.1 s",
        "00:00:01.100  a  starts (run 2)",
        "00:00:02.100  a  fails, exited with code 1: retry 2 of 2 in 0.2 s",
        "00:00:02.300  a  starts (run 3)",
        "00:00:03.300  a  fails, exited with code 1: gave up after 3 failures in a row",
    ]


def test_a_single_failure_is_one() -> None:
    """English knows one and many."""
    result = played(make_spec(ONE_TIME), fail="a=1")
    assert told(result)[-1].endswith("gave up after 1 failure")


def test_a_service_that_is_forgiven() -> None:
    """Retries without a bound have no end to name."""
    spec = make_spec(CONTINUOUS, max_retry=-1, healthy_after_seconds=5)
    assert told(played(spec, fail="a=1:1s", kill="a=30s"))[1:] == [
        "00:00:01.000  a  fails, exited with code 1: retry 1 in 0.1 s",
        "00:00:01.100  a  starts (run 2)",
        "00:00:06.100  a  has run for 5 s: 1 failure forgiven",
        "00:00:30.000  a  is to be killed: SIGINT sent",
        "00:00:30.000  a  is killed: died of SIGINT (signal 2)",
    ]


def test_a_job_that_is_done() -> None:
    """A one-time job succeeds once, and cannot be killed."""
    result = played(make_spec(ONE_TIME), lasts="a=3s", kill="a=5s")
    assert told(result) == [
        "00:00:00.000  a  starts",
        "00:00:03.000  a  succeeds: done",
        "00:00:05.000  a  is not killed: Job is not continuous or periodic",
    ]


def test_ticks_that_are_skipped() -> None:
    """A run that is too long is named as the reason; a job can be killed as it waits."""
    result = played(make_spec(PERIODIC), lasts="a=12s", kill="a=15s", seconds=30)
    assert told(result) == [
        "00:00:00.000  a  starts",
        "00:00:10.000  a  tick skipped, still running: 1 missed so far",
        "00:00:12.000  a  succeeds: next run in 8 s",
        "00:00:15.000  a  is killed while it waits",
    ]


def test_what_repeats_is_told_once() -> None:
    """A day of a job every half minute is a few lines, around what is different."""
    spec = make_spec(PERIODIC, period_in_seconds=30)
    assert told(played(spec, seconds=86_400, fail="a=1000", lasts="a=5s")) == [
        "00:00:00.000  a  starts",
        "00:00:05.000  a  succeeds: next run in 25 s",
        "00:00:30.000  a  ... 998 more runs like this one, the last at 08:19:00.000",
        "08:19:30.000  a  starts (run 1,000)",
        "08:19:35.000  a  fails, exited with code 1: retry 1 of 5 in 25 s",
        "08:20:00.000  a  starts (run 1,001)",
        "08:20:05.000  a  succeeds: next run in 25 s",
        "08:20:30.000  a  ... 1,879 more runs like this one, the last at 23:59:30.000",
    ]


def test_a_sequence_that_repeats_is_told_once() -> None:
    """Runs of different lengths in turn are seen as what they are."""
    even = ",".join(str(number) for number in range(2, 100, 2))
    spec = make_spec(PERIODIC)
    lines = told(played(spec, lasts=f"a=1s a={even}:2s", seconds=400))
    assert len(lines) == 5
    assert lines[-1] == (
        "00:00:20.000  a  ... these 2 runs 19 more times, the last at 00:06:30.000"
    )


def test_all_of_it_can_be_told() -> None:
    """Nothing is left out then, the creation included."""
    result = played(make_spec(PERIODIC), seconds=100)
    lines = told(result, all=True)
    assert len(lines) == len(result.events) == 21
    assert lines[0] == "00:00:00.000  a  is created"


def test_the_jobs_are_told_together_in_the_order_of_time() -> None:
    """Ids are padded, so that the columns stand."""
    result = played(
        make_spec(id="a"), make_spec(ONE_TIME, id="long"), fail="a=1:1s", lasts="long=2s"
    )
    assert [line[:19] for line in told(result)] == [
        "00:00:00.000  a    ",
        "00:00:00.000  long ",
        "00:00:01.000  a    ",
        "00:00:01.100  a    ",
        "00:00:02.000  long ",
    ]


def test_the_summary_says_what_each_job_came_to() -> None:
    """Runs, failures, skipped ticks, and the state in the end."""
    result = played(
        make_spec(CONTINUOUS, id="web"),
        make_spec(CONTINUOUS, id="db"),
        make_spec(CONTINUOUS, id="slow", restart_delay_seconds=20),
        make_spec(PERIODIC, id="tick", period_in_seconds=25),
        make_spec(PERIODIC, id="late", period_in_seconds=25),
        make_spec(ONE_TIME, id="once"),
        fail="db=all:1s slow=1:50s tick=3",
        lasts="late=1:30s",
    )
    assert list(story.summarise(result)) == [
        "JOB   TYPE        RUNS  FAILED  MISSED  AT THE END",
        "web   continuous     1       0          running since 00:00:00.000",
        "db    continuous     6       6          exhausted since 00:00:09.100",
        "slow  continuous     1       1          restarting, retry 1 of 5 in 10 s",
        "tick  periodic       3       1       0  pending, retry 1 of 5 in 15 s",
        "late  periodic       2       0       1  pending, next run in 15 s",
        "once  one-time       1       0          done since 00:00:00.050",
    ]


def test_no_jobs_have_no_story() -> None:
    """An empty file makes an empty table."""
    result = played()
    assert told(result) == []
    assert len(list(story.summarise(result))) == 1


PARTS = st.lists(st.sampled_from(["1:1s", "2-4:7s", "5,7,9:12s", "3-:11s"]), max_size=4)


@given(PARTS, PARTS, st.sampled_from([PERIODIC, CONTINUOUS]))
def test_nothing_is_lost_in_the_short_story(
    fail: list[str], lasts: list[str], type: JobType
) -> None:
    """The runs that are told and those that are summed up are all the runs."""
    result = played(
        make_spec(type, max_retry=-1),
        seconds=300,
        fail=" ".join(f"a={part}" for part in fail),
        lasts="a=3s " + " ".join(f"a={part}" for part in lasts),
    )
    lines = told(result)
    assert sum(map(runs_told, lines)) == result.jobs[0].run_count
    assert len(lines) < 60


def runs_told(line: str) -> int:
    """How many runs begin in a line."""
    words = line.split()[2:]
    match words:
        case ["starts", *_]:
            return 1
        case ["...", "these", length, "runs", times, *_]:
            return int(length) * int(times)
        case ["...", count, *_]:
            return int(count)
    return 0


def test_what_is_due_in_the_end_is_due_now() -> None:
    """Nobody waits for 0 seconds."""
    lines = list(story.summarise(played(make_spec(PERIODIC), seconds=60)))
    assert lines[1].endswith("pending, next run now")


@pytest.mark.parametrize("seconds", [59.9999, 60, 60.0001])
def test_a_summary_at_any_moment(seconds: float) -> None:
    """The end may fall anywhere."""
    assert len(list(story.summarise(played(make_spec(PERIODIC), seconds=seconds)))) == 2


def test_a_service_that_starts_again_at_once() -> None:
    """Nobody waits 0 ms."""
    spec = make_spec(CONTINUOUS, restart_delay_seconds=0)
    assert told(played(spec, fail="a=1:2s", lasts="a=2s", seconds=5))[1:4] == [
        "00:00:02.000  a  fails, exited with code 1: retry 1 of 5 at once",
        "00:00:02.000  a  starts (run 2)",
        "00:00:04.000  a  succeeds: next run at once",
    ]
