"""What everyone drew, as pads of a stamp's size: the points, the two lines, the ▲."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from html import escape

from torch import Tensor

from ui.answers.solve import GRID, Solved
from ui.classroom.handed_in import at_query
from ui.figures.charts import colour_of, ink
from ui.visitor.methods import NETWORK

WIDE, HIGH = 180, 120
GRIDS = """<style>
.small-pads { display: grid; gap: 0.7rem; margin: 0; padding: 0;
  grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); }
.small-pads figure { margin: 0; }
.small-pads img { border-radius: 6px; display: block; width: 100%; }
.small-pads figcaption { font-size: 0.85rem; }
</style>"""


def small_pads(drawn: Sequence[tuple[int, Solved]], dark: bool) -> str:
    """All of them as HTML, each with its line among what was pasted and its words."""
    pads = "".join(_figure(line, solved, dark) for line, solved in drawn)
    return f'{GRIDS}<div class="small-pads">{pads}</div>'


def _figure(line: int, solved: Solved, dark: bool) -> str:
    packed = base64.b64encode(picture(solved, dark).encode()).decode()
    said = escape(in_words(line, solved), quote=True)
    image = f'<img alt="{said}" src="data:image/svg+xml;base64,{packed}">'
    return f"<figure>{image}<figcaption>Line {line}</figcaption></figure>"


def in_words(line: int, solved: Solved) -> str:
    """A pad for those who do not see it."""
    count = solved.task.y.shape[1]
    told, ridge = at_query(solved)
    points = "1 point" if count == 1 else f"{count} points"
    return f"Line {line}: {points}; at the ▲ the transformer says {told:.2f}, ridge {ridge:.2f}"


def picture(solved: Solved, dark: bool) -> str:
    """One pad as SVG, in the axes that the pad itself would have."""
    across, up = solved.axes
    points = solved.task

    def x(value: float) -> float:
        return round(WIDE * (1 + value / across) / 2, 1)

    def y(value: float) -> float:
        return round(HIGH * (1 - value / up) / 2, 1)

    def line(method: str, more: str) -> str:
        way = _way(solved.answers[method].at_queries[:-1], across, x, y)
        return f'<path d="{way}" fill="none" stroke="{colour_of(method, dark)}" {more}/>'

    dots = "".join(
        f'<circle cx="{x(a)}" cy="{y(b)}" r="3.5" fill="{ink(dark)}"/>'
        for a, b in zip(points.x[0, :, 0].tolist(), points.y[0].tolist(), strict=True)
    )
    at, told = x(solved.screen.query), at_query(solved)[0]
    mine = colour_of(NETWORK, dark)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">
<rect width="{WIDE}" height="{HIGH}" fill="{"#22232f" if dark else "#f1eef6"}"/>
<path d="M0 {y(0)}H{WIDE}M{x(0)} 0V{HIGH}" stroke="{ink(dark)}" stroke-opacity=".35"/>
{line(NETWORK, 'stroke-width="2.5"')}{line("ridge", 'stroke-width="1.8" stroke-dasharray="5 3"')}
{dots}<circle cx="{at}" cy="{y(told)}" r="3" fill="{mine}"/>
<path d="M{at} {HIGH - 9}l5.5 9h-11z" fill="{mine}"/></svg>"""


def _way(
    answers: Tensor, across: float, x: Callable[[float], float], y: Callable[[float], float]
) -> str:
    step = 2 * across / (GRID - 1)
    told = enumerate(answers.tolist())
    return "M" + "L".join(f"{x(i * step - across)} {y(value)}" for i, value in told)
