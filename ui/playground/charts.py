"""Errors averaged over fresh tasks, against k."""

from __future__ import annotations

import plotly.graph_objects as go

from ui.figures.charts import DECADES, band, colour_of, dash_of, tidy
from ui.playground.averages import Curve
from ui.visitor.methods import style_of


def average_errors(curves: dict[str, Curve], dark: bool) -> go.Figure:
    """Mean squared error against k, log scale, with 95 % bands."""
    figure = go.Figure()
    for method, curve in curves.items():
        style, colour = style_of(method), colour_of(method, dark)
        ks = list(range(len(curve.mean)))
        figure.add_scatter(
            x=ks + ks[::-1],
            y=_log_safe(curve.high + curve.low[::-1]),
            fill="toself",
            fillcolor=band(colour),
            line_width=0,
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=ks,
            y=_log_safe(curve.mean),
            name=style.label,
            line={
                "color": colour,
                "width": style.width * 0.75,
                "dash": dash_of(style),
            },
            hovertemplate="k = %{x}: %{y:.3g}",
        )
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k"},
        yaxis={"title": "mean squared error", **DECADES},
    )
    return tidy(figure, 340)


def _log_safe(values: list[float]) -> list[float]:
    return [min(max(value, 1e-8), 1e6) for value in values]
