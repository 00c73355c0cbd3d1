"""The picture of a simulation."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from builders import make_spec

from k1s.job import JobSpec, JobType
from k1s.simulation.picture import PLOT_PX, ROWS_MAX, TICK_PX_MIN, draw
from k1s.simulation.play import Played, play
from k1s.simulation.script import Script, read

CONTINUOUS, PERIODIC, ONE_TIME = JobType.CONTINUOUS, JobType.PERIODIC, JobType.ONE_TIME
SVG = "{http://www.w3.org/2000/svg}"


def played(*specs: JobSpec, seconds: float = 60, fail: str = "", kill: str = "") -> Played:
    """Jobs, with the options of a script that are written with blanks between them."""
    return play(specs, read(specs, fail.split(), [], kill.split()), seconds)


def words(picture: str) -> list[str]:
    """The texts of a picture."""
    return ["".join(text.itertext()) for text in ET.fromstring(picture).iter(f"{SVG}text")]


def kinds(picture: str) -> set[str | None]:
    """The classes of the shapes of a picture."""
    groups = ET.fromstring(picture).iter(f"{SVG}g")
    return {path.get("class") for group in groups for path in group.iter(f"{SVG}path")}


def test_a_picture_shows_what_happened() -> None:
    """The title, each job and what it came to, and the meaning of each shape that is there."""
    picture = draw(
        played(make_spec(id="web"), make_spec(ONE_TIME, id="once"), fail="web=1-9:5s"), "A test"
    )
    shown = words(picture)
    assert shown[0] == "A test"
    assert shown[1:8] == ["0", "10 s", "20 s", "30 s", "40 s", "50 s", "1 min"]
    assert shown[8:] == [
        *("web", "exhausted6 runs, 6 failed", "once", "done1 run"),
        *("succeeded", "failed or killed", "waits for a retry"),
        *("failure", "gave up", "done"),
    ]
    assert kinds(picture) == {"wait", "delay", "bad", "good", "failed", "exhausted", "done"}


def test_the_other_shapes() -> None:
    """A skipped tick, a kill, a run that goes on, and runs that are too close."""
    specs = (
        make_spec(id="web"),
        make_spec(id="cache"),
        make_spec(PERIODIC, id="tick", period_in_seconds=0.1),
        make_spec(PERIODIC, id="bad", period_in_seconds=0.1, max_retry=-1),
        make_spec(PERIODIC, id="late"),
        make_spec(ONE_TIME, id="once"),
        make_spec(id="db", restart_delay_seconds=9),
        make_spec(PERIODIC, id="rare", period_in_seconds=20),
        make_spec(ONE_TIME, id="lost"),
    )
    script = read(specs, ["bad=100-200", "db=1-2", "lost=1"], ["late=12s"], ["cache=30s"])
    picture = draw(play(specs, script, 60), "A test")
    assert_inside(picture)
    assert {"runs", "good many", "bad many", "skipped", "killed"} < kinds(picture)
    assert words(picture)[-11:] == [
        *("succeeded", "failed or killed", "still running", "many runs"),
        *("many runs, with failures", "waits for a retry", "failure", "tick skipped"),
        *("gave up", "killed", "done"),
    ]
    assert "late (periodic): 3 runs, 0 failed, 3 ticks skipped" in picture


def assert_inside(picture: str) -> None:
    """No text begins outside of the picture, however long the legend is."""
    root = ET.fromstring(picture)
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x") or -1) < float(root.get("width") or 0) - 40
        assert 0 <= float(text.get("y") or -1) < float(root.get("height") or 0)


def test_the_same_play_gives_the_same_bytes() -> None:
    """Pictures in a repository do not change by themselves."""
    spec = make_spec(PERIODIC)
    assert draw(played(spec, fail="a=2"), "x") == draw(played(spec, fail="a=2"), "x")


def test_it_has_a_light_and_a_dark_set_of_colours() -> None:
    """The viewer chooses."""
    picture = draw(played(make_spec()), "x")
    assert picture.count("prefers-color-scheme:dark") == 1


def test_a_title_is_text() -> None:
    """Whatever a file is called, the picture is well-formed."""
    assert words(draw(played(make_spec()), '<a> & "b"'))[0] == '<a> & "b"'


def test_long_ids_are_cut() -> None:
    """The whole one is in the tooltip."""
    job_id = "x" * 128
    picture = draw(played(make_spec(id=job_id)), "x")
    assert f"{'x' * 27}…" in words(picture)
    assert f"<title>{job_id} (continuous)" in picture


@pytest.mark.parametrize(
    ("seconds", "last"),
    [
        *((0.004, "0.004 s"), (1, "1 s"), (7, "7 s"), (100, "1 min 40 s"), (600, "10 min")),
        *((86_400, "1 d"), (604_800, "7 d"), (31_536_000, "320 d"), (9e8, None)),
    ],
)
def test_the_axis_has_ticks_that_can_be_read(seconds: float, last: str | None) -> None:
    """They are apart, and there are several."""
    picture = draw(played(make_spec(), seconds=seconds), "x")
    texts = ET.fromstring(picture).iter(f"{SVG}text")
    ticks = [text for text in texts if text.get("text-anchor") == "middle"]
    places = [float(text.get("x") or 0) for text in ticks]
    gaps = [right - left for left, right in pairwise(places)]
    assert min(gaps) >= TICK_PX_MIN - 0.2
    assert len(gaps) >= 3
    assert places[-1] - places[0] <= PLOT_PX
    if last:
        assert ticks[-1].text == last


def test_a_day_of_many_runs_is_a_small_file() -> None:
    """Runs that are narrower than the eye sees are drawn together."""
    spec = make_spec(PERIODIC, period_in_seconds=10, max_retry=-1)
    picture = draw(played(spec, seconds=86_400, fail="a=100-,5"), "x")
    assert len(picture) < 20_000


def test_many_jobs_are_drawn_closer_with_the_times_below_too() -> None:
    """A tall picture has its times at both ends."""
    few = draw(played(*(make_spec(id=f"job-{n}") for n in range(24))), "x")
    many = draw(played(*(make_spec(id=f"job-{n}") for n in range(41))), "x")
    assert words(few).count("10 s") == 1
    assert words(many).count("10 s") == 2
    assert height(many) < height(few) * 41 / 24


def height(picture: str) -> float:
    found = re.search(r'height="([\d.]+)"', picture)
    assert found
    return float(found[1])


def test_too_many_jobs_are_counted() -> None:
    """A picture has a bound."""
    specs = [make_spec(ONE_TIME, id=f"job-{n}") for n in range(ROWS_MAX + 3)]
    picture = draw(play(specs, Script(), 1), "x")
    assert words(picture)[-1] == "and 3 more jobs"
    assert picture.count("<g>") == ROWS_MAX


def test_no_jobs_make_an_empty_picture() -> None:
    """An empty file is drawn, too."""
    assert words(draw(played(), "x"))[0] == "x"
