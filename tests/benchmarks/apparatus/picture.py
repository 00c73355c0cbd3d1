"""The main figures as a picture: what each side takes, as a multiple of what k1s takes.

One row for each figure that has a `picture` name, one mark for each side, on a
logarithmic scale; further left is better. The same figures make the same bytes.
Colours follow the reader's choice of light or dark.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from statistics import median
from typing import Final

from .figures import Figure, amount, peers_in

_WIDTH: Final = 860
_LEFT: Final = 285
_RIGHT: Final = 44
_TOP: Final = 92
_ROW: Final = 36
_BOTTOM: Final = 52
_DECADES: Final = (-1, 3)
_MARK: Final = 5.5
_LEGEND_STEP: Final = 110
_STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.title { font-size: 15px; font-weight: 600 }
.line { stroke: #d1d9e0; stroke-width: 1 }
.ours { stroke: #1f6feb; stroke-width: 1.5; stroke-dasharray: 3 3 }
.floor { fill: none; stroke: #59636e; stroke-width: 2 }
.k1s { fill: #1f6feb } .p0 { fill: #bf6a02 } .p1 { fill: #a83f92 }
.p2 { fill: #2b8a46 } .p3 { fill: #cf222e } .p4 { fill: #7f56d9 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .line { stroke: #3d444d }
  .ours { stroke: #58a6ff } .floor { stroke: #9198a1 }
  .k1s { fill: #58a6ff } .p0 { fill: #f0a94a } .p1 { fill: #e383cf }
  .p2 { fill: #56c271 } .p3 { fill: #ff7b72 } .p4 { fill: #b295f5 }
}
"""


def draw(figures: Sequence[Figure]) -> str:
    """An SVG of the figures that have a name for it and can be compared."""
    shown = [figure for figure in figures if figure.picture and figure.value > 0]
    height = _TOP + _ROW * len(shown) + _BOTTOM
    peers = peers_in(shown)
    parts = [
        _HEAD.format(width=_WIDTH, height=height, title=escape(_TITLE)),
        f"<style>{_STYLE}</style>",
        _text(16, 26, _TITLE, "title"),
        *_legend(peers),
        *_grid(height),
    ]
    for row, figure in enumerate(shown):
        parts += _row(figure, peers, _TOP + _ROW * (row + 0.5))
    return "\n".join([*parts, "</svg>"]) + "\n"


_TITLE: Final = "What each side takes, as a multiple of what k1s takes"


_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
)


def _legend(peers: Sequence[str]) -> list[str]:
    parts = []
    for place, name in enumerate(("k1s", "floor", *peers)):
        x = 24 + _LEGEND_STEP * place
        parts += [_mark(name, peers, x, 52), _text(x + 12, 56.5, name)]
    return parts


def _grid(height: float) -> list[str]:
    parts = []
    for decade in range(_DECADES[0], _DECADES[1] + 1):
        x = _place(10**decade)
        kind = "ours" if decade == 0 else "line"
        parts.append(
            f'<line class="{kind}" x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" '
            f'y2="{height - _BOTTOM + 6}"/>'
        )
        label = "as k1s" if decade == 0 else f"{10.0**decade:,g} times"
        parts.append(_text(x, height - _BOTTOM + 24, label, "small", "middle"))
    note = "logarithmic; further left is better; marks at an edge lie beyond it"
    return [*parts, _text(16, height - 8, note, "small")]


def _row(figure: Figure, peers: Sequence[str], y: float) -> list[str]:
    places = {name: _place(value) for name, value in _multiples(figure).items()}
    left, right = min(places.values()), max(places.values())
    return [
        _text(16, y + 1, figure.picture),
        _text(16, y + 14, f"k1s: {amount(figure.value, figure.unit)}", "small"),
        f'<line class="line" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>',
        *(_mark(name, peers, x, y) for name, x in reversed(places.items())),
    ]


def _multiples(figure: Figure) -> Mapping[str, float]:
    """Of what k1s takes; of a rate, what one piece takes."""
    sides = {"k1s": figure.value}
    if figure.floor:
        sides["floor"] = figure.floor
    sides |= {name: median(samples) for name, samples in figure.peers.items() if samples}
    if figure.unit.startswith("/"):
        return {name: figure.value / value for name, value in sides.items() if value > 0}
    return {name: value / figure.value for name, value in sides.items()}


def _place(multiple: float) -> float:
    low, high = _DECADES
    decades = log10(multiple) if multiple > 0 else low
    share = (min(max(decades, low), high) - low) / (high - low)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _mark(name: str, peers: Sequence[str], x: float, y: float) -> str:
    """A shape of its own for each side, so that colours are not all that tells them apart."""
    if name == "floor":
        return f'<circle class="floor" cx="{x:.1f}" cy="{y:.1f}" r="{_MARK - 1}"/>'
    if name == "k1s":
        return f'<circle class="k1s" cx="{x:.1f}" cy="{y:.1f}" r="{_MARK + 1}"/>'
    number = peers.index(name)
    corners = _SHAPES[number % len(_SHAPES)]
    points = " ".join(f"{x + dx * _MARK:.1f},{y + dy * _MARK:.1f}" for dx, dy in corners)
    return f'<polygon class="p{number % len(_SHAPES)}" points="{points}"/>'


_SHAPES: Final = (
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
    ((0, 1.1), (1.1, -0.9), (-1.1, -0.9)),
    ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    ((-0.5, -1.1), (0.5, -1.1), (1.1, 0), (0.5, 1.1), (-0.5, 1.1), (-1.1, 0)),
)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
