"""Plotly figures of the page about a visitor's own data."""

from __future__ import annotations

import html
from collections.abc import Collection

import numpy as np
import plotly.graph_objects as go

from icl_core.layer_answers import LayerAnswers
from icl_core.predicting import LABELS, NETWORK, Growth, Predictions
from ui.data.numbers import error_of
from ui.data.words import number
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


MUCH = 5
"""Times the least error: from there on an axis is logarithmic."""
MOST_DECADES = 2
"""With more of them an axis has a tick for each only."""
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
        xaxis={
            "title": "examples",
            "type": "log",
            "tickvals": grown.counts,
            "ticktext": list(map(str, grown.counts)),
        },
        yaxis=_errors_axis(target, figure),
    )
    return tidy(figure, 380)


def layer_by_layer(read: LayerAnswers, told: Predictions, dark: bool) -> go.Figure:
    """The error of each layer's readout, beside least squares'."""
    figure, layers = go.Figure(), list(range(len(read.error)))
    figure.add_scatter(
        x=layers,
        y=read.error,
        mode="lines+markers",
        name="readout of the layer",
        line={"color": colour_of(NETWORK, dark), "width": 2.5},
    )
    figure.add_scatter(
        x=layers,
        y=[error_of(told, "ols")] * len(layers),
        mode="lines",
        name=LABELS["ols"],
        line=_line("ols", dark),
    )
    figure.update_layout(
        xaxis={"title": "after layer", "dtick": 1},
        yaxis=_errors_axis(told.chosen.target, figure),
    )
    return tidy(figure, 320)


def _errors_axis(target: str, figure: go.Figure) -> dict[str, object]:
    """Logarithmic where errors differ much, and then reading 5, 10, 20, 50.

    Plotly's own ticks leave out all but the first digit.
    """
    title = f"error in {html.escape(target)}"
    errors = np.concatenate([np.asarray(trace.y, dtype=float) for trace in figure.data])
    errors = errors[np.isfinite(errors) & (errors > 0)]
    if not len(errors) or errors.max() < MUCH * errors.min():
        return {"title": title, "rangemode": "tozero"}
    low, high = (int(np.floor(np.log10(end))) for end in (errors.min(), errors.max()))
    digits = (1, 2, 5) if high - low <= MOST_DECADES else (1,)
    ticks = [digit * 10.0**power for power in range(low, high + 2) for digit in digits]
    return {
        "title": title,
        "type": "log",
        "tickvals": ticks,
        "ticktext": [number(tick) for tick in ticks],
    }


def _line(name: str, dark: bool) -> dict[str, object]:
    return {"color": colour_of(name, dark), "dash": dash_of(style_of(name)), "width": 2.5}
