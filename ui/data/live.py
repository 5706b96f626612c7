"""What the lines on the pad come to, in the table's units; new with every move of the finger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from icl_core.predicting import LABELS, answers_at, weights_of
from icl_core.tables import Chosen, Scaling, Split
from ui.data.plane import Plane, rules
from ui.data.settings import Data
from ui.data.words import number
from ui.work.compute_thread import on_compute_thread

MOST_ROWS = 500
"""Held-out rows that are asked for while a finger is down."""

STYLE = """<style>
.live { border-collapse: collapse; font-size: 0.95rem; }
.live th { text-align: left; font-weight: 400; }
.live thead th { font-size: 0.85rem; }
.live th, .live td { padding: 0.14rem 1.2rem 0.14rem 0; border: 0; }
.live td { font-variant-numeric: tabular-nums; white-space: nowrap; }
</style>"""


@dataclass(frozen=True)
class Line:
    """A method's line: its slope, its value at 0, and its error on held-out rows (NaN for none)."""

    slope: float
    offset: float
    error: float


@on_compute_thread
def lines_of(plane: Plane, state: Data, shown: Sequence[str]) -> dict[str, Line]:
    """What the methods make of the examples as they are now; nothing without any."""
    now, parts = plane.as_they_are(state.edits)
    if not len(parts.examples):
        return {}
    reading = plane.reading(state.edits, scaled=state.scaled)
    rest = parts.held_out[:MOST_ROWS]
    return {name: _line(name, now, parts, rest, reading) for name in shown}


def _line(name: str, now: Chosen, parts: Split, rest: np.ndarray, reading: Scaling) -> Line:
    who = rules()[name]
    slopes, offset, _ = weights_of(who, now.x[parts.examples], now.y[parts.examples], reading)
    missed = answers_at(who, now, parts, now.x[rest], reading) - now.y[rest]
    error = float(np.sqrt(np.mean(np.square(missed)))) if len(rest) else float("nan")
    return Line(float(slopes[0]), offset, error)


def lines_table(lines: dict[str, Line], plane: Plane) -> str:
    """A row for each method that is shown."""
    chosen, rows = plane.chosen, min(len(plane.parts.held_out), MOST_ROWS)
    heads = ["method", f"per {chosen.features[0]}", f"at {chosen.features[0]} 0"]
    told = "".join(
        f'<tr><th scope="row">{LABELS[name]}</th><td>{number(one.slope)}</td>'
        f"<td>{number(one.offset)}</td><td>{number(one.error)}</td></tr>"
        for name, one in lines.items()
    )
    columns = (*heads, f"off by, on {rows} held-out rows")
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in columns)
    return (
        f'{STYLE}<table class="live" aria-label="The lines on the pad, in your units"><thead><tr>'
        f"{head}</tr></thead><tbody>{told}</tbody></table>"
    )
