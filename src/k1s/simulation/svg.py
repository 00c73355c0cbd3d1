"""The words of SVG that a picture is made of: its colours, its shapes, its texts."""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Final

from k1s.simulation.rows import Ending, Mark

Shape = Callable[[float, float], str]

_STYLE: Final = """\
text{font:12px ui-sans-serif,system-ui,"Helvetica Neue",Arial,sans-serif;fill:#1f2328}
.title{font-size:15px;font-weight:600}
.faint{fill:#59636e}
.paper{fill:#fff}
.grid{stroke:#e3e8ed;fill:none}
.wait{stroke:#c9d1d9;fill:none}
.delay{stroke:#b58900;stroke-width:3;fill:none}
.runs{fill:#d6e9ff;stroke:#1f6feb}
.good{fill:#d3f5dc;stroke:#1a7f37}
.bad{fill:#ffdfdc;stroke:#cf222e}
.good.many{fill:url(#good);stroke:none}
.bad.many{fill:url(#bad);stroke:none}
.failed{fill:#cf222e}
.skipped{fill:#fff3cd;stroke:#b58900;stroke-width:1.2}
.exhausted{stroke:#cf222e;stroke-width:2.4;fill:none}
.killed{fill:#cf222e}
.done{fill:#1a7f37}
.w{fill:#9a6700}
.r{fill:#0969da}
.g{fill:#1a7f37}
.b{fill:#cf222e}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}
.faint{fill:#9198a1}
.paper{fill:#0d1117}
.grid{stroke:#21262d}
.wait{stroke:#3d444d}
.delay{stroke:#d29922}
.runs{fill:#12325c;stroke:#4493f8}
.good{fill:#12361f;stroke:#3fb950}
.bad{fill:#4a1517;stroke:#f85149}
.failed,.killed{fill:#f85149}
.skipped{fill:#3d2f00;stroke:#d29922}
.exhausted{stroke:#f85149}
.done{fill:#3fb950}
.w{fill:#d29922}
.r{fill:#4493f8}
.g{fill:#3fb950}
.b{fill:#f85149}
}
"""
_HATCH: Final = (
    '<pattern id="{0}" width="4" height="4" patternUnits="userSpaceOnUse">'
    '<path class="{0}" d="M-1,-1h6v6h-6z"/><path class="{0}" d="M2,-1v6"/></pattern>'
)


def document(width: float, height: float, parts: Iterable[str]) -> str:
    """A whole SVG file."""
    wide, high = number(width), number(height)
    size = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<style>\n{_STYLE}</style>",
            f"<defs>{_HATCH.format(Ending.GOOD)}{_HATCH.format(Ending.BAD)}</defs>",
            '<rect class="paper" width="100%" height="100%" rx="6"/>',
            *parts,
            "</svg>\n",
        )
    )


def paths(kind: str, shapes: Iterable[str]) -> Iterator[str]:
    """One path of several shapes, if there are any."""
    if joined := "".join(shapes):
        yield path(kind, joined)


def path(kind: str, shape: str) -> str:
    """Shapes of one class."""
    return f'<path class="{kind}" d="{shape}"/>'


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    """Words that begin, end or have their middle here."""
    return (
        f'<text class="{kind}" x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def number(value: float) -> str:
    """As many digits as the eye needs."""
    return f"{round(value, 1):g}"


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle whose left side has its middle here."""
    return (
        f"M{number(x)},{number(y - height / 2)}h{number(width)}v{number(height)}h-{number(width)}z"
    )


def line(x: float, y: float, width: float) -> str:
    """A level line that begins here."""
    return f"M{number(x)},{number(y)}h{number(width)}"


# The marks, each at a place on the middle of its row


def _failed(x: float, y: float) -> str:
    return f"M{number(x)},{number(y - 7)}l-3.5,-5h7z"


def _skipped(x: float, y: float) -> str:
    return f"M{number(x)},{number(y + 7)}l3,3l-3,3l-3,-3z"


def _exhausted(x: float, y: float) -> str:
    return f"M{number(x + 3)},{number(y - 4)}l8,8m0,-8l-8,8"


def _killed(x: float, y: float) -> str:
    return f"M{number(x + 2)},{number(y - 4)}h8v8h-8z"


def _done(x: float, y: float) -> str:
    return f"M{number(x + 2)},{number(y)}a4,4 0 1 1 8,0a4,4 0 1 1 -8,0z"


SHAPES: Final[dict[Mark, Shape]] = {
    Mark.FAILED: _failed,
    Mark.SKIPPED: _skipped,
    Mark.EXHAUSTED: _exhausted,
    Mark.KILLED: _killed,
    Mark.DONE: _done,
}
