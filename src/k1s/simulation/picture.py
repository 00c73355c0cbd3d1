"""Draws what was played as an SVG picture: a row for each job along one axis of time.

The same play gives the same bytes. The colours are those of the diagrams, in a
light and a dark set between which the viewer's own setting chooses. Shapes of
one kind in one row are one path, so that a long play stays a small file.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from attrs import frozen

from k1s.durations import scale
from k1s.job import Job, State
from k1s.simulation import rows, svg
from k1s.simulation.play import Event, Played
from k1s.simulation.rows import Bar, Ending, Mark, Row
from k1s.simulation.story import count_failures

ROWS_MAX: Final = 500
PLOT_PX: Final = 900
TICK_PX_MIN: Final = 80
ID_CHARACTERS_MAX: Final = 28

_MARGIN: Final = 20
_HEAD: Final = 64
# The heights of a row and of its bars: of a few jobs, and of many.
_ROOMY: Final = (28, 12)
_DENSE: Final = (18, 8)
_ROOMY_MAX: Final = 40
_REPEATS_AXIS_FROM: Final = 25
_SAMPLE: Final = 12
_CHARACTER: Final = 7.0
_RIGHT: Final = 200
_FOOT: Final = 66
_STEPS_S: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3_600 * hours for hours in (1, 2, 3, 6, 12)),
)
_DAY_S: Final = 86_400


_TONES: Final = {
    State.PENDING: "w",
    State.RESTARTING: "w",
    State.RUNNING: "r",
    State.DONE: "g",
    State.KILLED: "b",
    State.EXHAUSTED: "b",
}


@frozen
class _Frame:
    """Where the plot lies, in pixels, and what it spans in seconds."""

    left: float
    seconds: float
    count: int

    @property
    def heights(self) -> tuple[int, int]:
        """Of a row, and of a bar in it."""
        return _ROOMY if self.count <= _ROOMY_MAX else _DENSE

    @property
    def right(self) -> float:
        return self.left + PLOT_PX

    @property
    def bottom(self) -> float:
        return _HEAD + self.count * self.heights[0]

    def x(self, time: float) -> float:
        """Where a time lies."""
        return self.left + time * PLOT_PX / self.seconds

    def middle(self, place: int) -> float:
        """The height of a row's middle."""
        return _HEAD + (place + 0.5) * self.heights[0]


def draw(played: Played, title: str) -> str:
    """The picture as the text of an SVG file."""
    lives = played.by_job()[:ROWS_MAX]
    longest = max((len(_short(job.id)) for job, _ in lives), default=0)
    frame = _Frame(_MARGIN + longest * _CHARACTER + 12, played.end, len(lives))
    scaled = [
        rows.scale(rows.read(events, played.end), PLOT_PX / played.end) for _, events in lives
    ]
    parts = [
        svg.text(_MARGIN, 26, title, "title"),
        *_grid(frame),
        *(
            line
            for place, ((job, events), row) in enumerate(zip(lives, scaled, strict=True))
            for line in _draw_row(frame, place, job, events, row)
        ),
        *_legend(frame, scaled, len(played.jobs) - len(lives)),
    ]
    return svg.document(frame.right + _RIGHT, frame.bottom + _FOOT, parts)


# The axis


def _grid(frame: _Frame) -> Iterator[str]:
    step = _tick_step(frame.seconds)
    ticks = [number * step for number in range(int(frame.seconds / step) + 1)]
    top, bottom = _HEAD - 4, svg.number(frame.bottom)
    lines = "".join(
        f"M{svg.number(frame.x(time))},{top}V{bottom}" for time in (*ticks, frame.seconds)
    )
    yield svg.path("grid", lines)
    yield from _times(frame, ticks, _HEAD - 12)
    if frame.count >= _REPEATS_AXIS_FROM:
        yield from _times(frame, ticks, frame.bottom + 16)


def _times(frame: _Frame, ticks: Iterable[float], y: float) -> Iterator[str]:
    for time in ticks:
        words = scale(time) if time else "0"
        yield svg.text(frame.x(time), y, words, "faint", anchor="middle")


def _tick_step(seconds: float) -> float:
    """The shortest of the usual steps that leaves room for the words; whole days after those."""
    least = seconds * TICK_PX_MIN / PLOT_PX
    for step in _STEPS_S:
        if step >= least:
            return step
    days = 1
    while days * _DAY_S < least:
        days *= 2
    return days * _DAY_S


# The rows


def _draw_row(
    frame: _Frame, place: int, job: Job, events: Sequence[Event], row: Row
) -> Iterator[str]:
    y = frame.middle(place)
    failures = count_failures(events)
    yield f"<g><title>{escape(_about(job, failures))}</title>"
    yield svg.text(frame.left - 12, y + 4, _short(job.id), "", anchor="end")
    yield svg.path(
        "wait", f"M{svg.number(frame.left)},{svg.number(y)}H{svg.number(frame.left + row.end)}"
    )
    yield from svg.paths("delay", (_line(frame, bar, y) for bar in row.delays))
    for ending in Ending:
        for many in (True, False):
            bars = [bar for bar in row.runs if (bar.ending, bar.many) == (ending, many)]
            yield from svg.paths(
                _run_class(ending, many=many), (_bar(frame, bar, y) for bar in bars)
            )
    for mark, shape in svg.SHAPES.items():
        places = (frame.left + x for x, kind in row.marks if kind is mark)
        yield from svg.paths(mark, (shape(x, y) for x in places))
    yield _outcome(frame, job, failures, y)
    yield "</g>"


def _run_class(ending: Ending, *, many: bool) -> str:
    return f"{ending} many" if many else ending


def _outcome(frame: _Frame, job: Job, failures: int, y: float) -> str:
    x = frame.right + 12
    counts = f"{_runs(job.run_count)}, {failures:,} failed" if failures else _runs(job.run_count)
    state = f'<tspan class="{_TONES[job.state]}">{job.state}</tspan>'
    rest = f'<tspan class="faint" dx="6">{counts}</tspan>'
    return f'<text x="{svg.number(x)}" y="{svg.number(y + 4)}">{state}{rest}</text>'


def _about(job: Job, failures: int) -> str:
    missed = f", {job.missed_count:,} ticks skipped" if job.missed_count else ""
    return f"{job.id} ({job.spec.type}): {_runs(job.run_count)}, {failures:,} failed{missed}"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


def _line(frame: _Frame, bar: Bar, y: float) -> str:
    return svg.line(frame.left + bar.begin, y, max(bar.end - bar.begin, 1))


def _bar(frame: _Frame, bar: Bar, y: float) -> str:
    return svg.box(frame.left + bar.begin, y, max(bar.end - bar.begin, 1), frame.heights[1])


# The legend


def _legend(frame: _Frame, shown: Sequence[Row], left_out: int) -> Iterator[str]:
    """What the shapes mean, of those that the picture has; and how many jobs it has not."""
    x, y = frame.left, frame.bottom + (26 if frame.count < _REPEATS_AXIS_FROM else 42)
    for kind, shape, words in _entries(shown):
        width = 22 + len(words) * _CHARACTER + 14
        if x + width > frame.right + _RIGHT:
            x, y = frame.left, y + 22
        yield svg.path(kind, shape(x, y))
        yield svg.text(x + 22, y + 4, words, "faint")
        x += width
    if left_out:
        more = f"and {left_out:,} more jobs"
        yield svg.text(frame.left - 12, frame.bottom + 16, more, "faint", anchor="end")


def _entries(shown: Sequence[Row]) -> Iterator[tuple[str, svg.Shape, str]]:
    runs = {(bar.ending, bar.many) for row in shown for bar in row.runs}
    for (ending, many), words in _RUN_WORDS.items():
        if (ending, many) in runs:
            yield _run_class(ending, many=many), _sample, words
    if any(row.delays for row in shown):
        yield "delay", _sample_line, "waits for a retry"
    marks = {mark for row in shown for _, mark in row.marks}
    for mark, (words, right, down) in _MARK_WORDS.items():
        if mark in marks:
            yield mark, _moved(svg.SHAPES[mark], right, down), words


def _moved(shape: svg.Shape, right: float, down: float) -> svg.Shape:
    return lambda x, y: shape(x + right, y + down)


_RUN_WORDS: Final = {
    (Ending.GOOD, False): "succeeded",
    (Ending.BAD, False): "failed or killed",
    (Ending.OPEN, False): "still running",
    (Ending.GOOD, True): "many runs",
    (Ending.BAD, True): "many runs, with failures",
}
# With how far a mark is moved to stand beside its words instead of at a bar.
_MARK_WORDS: Final = {
    Mark.FAILED: ("failure", 8, 9.5),
    Mark.SKIPPED: ("tick skipped", 8, -10),
    Mark.EXHAUSTED: ("gave up", 2, 0),
    Mark.KILLED: ("killed", 2, 0),
    Mark.DONE: ("done", 2, 0),
}


def _sample(x: float, y: float) -> str:
    return svg.box(x, y, 14, _SAMPLE)


def _sample_line(x: float, y: float) -> str:
    return f"M{svg.number(x)},{svg.number(y)}h14"


def _short(job_id: str) -> str:
    return job_id if len(job_id) <= ID_CHARACTERS_MAX else f"{job_id[: ID_CHARACTERS_MAX - 1]}…"
