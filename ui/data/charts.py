"""Plotly figures of the page about a visitor's own data."""

from __future__ import annotations

import html
from collections.abc import Collection

import numpy as np
import plotly.graph_objects as go

from icl_core.predicting import LABELS, Growth, Predictions
from ui.figures.charts import add_band, colour_of, dash_of, ink, tidy
from ui.visitor.methods import style_of


def against_actual(told: Predictions, shown: Collection[str], dark: bool) -> go.Figure:
    """Predicted against actual on the rows that a method was not shown, with its interval."""
    chosen, parts, figure = told.chosen, told.split, go.Figure()
    held_out = bool(len(parts.held_out))
    rows = parts.held_out if held_out else parts.examples
    ends = [float(chosen.y[rows].min()), float(chosen.y[rows].max())]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", name="exact", line={"color": ink(dark), "width": 1}
    )
    for name in (name for name in LABELS if name in shown):
        one = told.told[name]
        colour = colour_of(name, dark)
        bars = None
        if one.half_width is not None:
            bars = {"type": "constant", "value": one.half_width, "thickness": 1, "width": 0}
        figure.add_scatter(
            x=chosen.y[rows],
            y=one.held_out if held_out else one.left_out,
            mode="markers",
            name=LABELS[name],
            marker={"color": colour, "size": 8, "symbol": SYMBOLS.get(name, "circle")},
            error_y=bars,
            text=[f"line {chosen.lines[row]}" for row in rows],
        )
    what = html.escape(chosen.target)
    figure.update_layout(xaxis_title=f"actual {what}", yaxis_title=f"predicted {what}")
    return tidy(figure, 460)


SYMBOLS = {"bayes": "square", "ridge": "triangle-up", "ols": "triangle-down", "gd": "diamond"}


def as_examples_come_in(
    grown: Growth, target: str, shown: Collection[str], dark: bool
) -> go.Figure:
    """The error on held-out rows against the number of examples, with the orders' middle part."""
    figure = go.Figure()
    for name in (name for name in LABELS if name in shown):
        errors = grown.errors[name]
        low, middle, high = np.nanquantile(errors, (0.1, 0.5, 0.9), axis=0)
        add_band(figure, grown.counts, low.tolist(), high.tolist(), colour_of(name, dark))
        figure.add_scatter(
            x=grown.counts, y=middle, mode="lines", name=LABELS[name], line=_line(name, dark)
        )
    figure.update_layout(
        xaxis={"title": "examples", "tickvals": grown.counts, "ticktext": grown.counts},
        yaxis={"title": f"error in {html.escape(target)}", "type": "log"},
    )
    return tidy(figure, 380)


def _line(name: str, dark: bool) -> dict[str, object]:
    return {"color": colour_of(name, dark), "dash": dash_of(style_of(name)), "width": 2.5}
