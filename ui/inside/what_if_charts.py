"""Figures of the two what-ifs."""

from __future__ import annotations

import plotly.graph_objects as go
from torch import Tensor

from ui.figures.charts import colour_of, tidy
from ui.inside.charts import curve_with_band, layer_axis
from ui.inside.what_if import Curves
from ui.visitor.methods import NETWORK

LOOKS = ((NETWORK, "solid"), ("truth", "dot"), ("knn", "dash"))
"""How what was changed, its null and a further null are drawn."""
ENDS = ("truth", "ridge")
"""Whose colours the lines before and at the other end have."""


def lines(
    x: Tensor, ends: dict[str, Tensor], asked: tuple[str, Tensor], after: Tensor, dark: bool
) -> go.Figure:
    """The lines before and at the other end, the one that is asked for, and the answers, (q,)."""
    figure = go.Figure()
    looks = [
        (name, line, method, "solid", width)
        for (name, line), method, width in zip(ends.items(), ENDS, (9, 4), strict=False)
    ]
    looks += [(*asked, "gd", "dash", 3), ("answers after it", after, NETWORK, "solid", 3)]
    for name, line, method, dash, width in looks:
        look = {"color": colour_of(method, dark), "width": width, "dash": dash}
        figure.add_scatter(
            x=x.tolist(),
            y=line.tolist(),
            name=name,
            mode="lines",
            line=look,
            hovertemplate="%{y:.2f}",
        )
    figure.update_layout(xaxis_title="x", yaxis_title="y", hovermode="x unified")
    return tidy(figure, 340)


def by_layer(curves: Curves, layer: int, dark: bool) -> go.Figure:
    """R² by the layer that was changed, with intervals."""
    figure = go.Figure()
    for (name, curve), (method, dash) in zip(curves.items(), LOOKS, strict=False):
        value, low, high = curve.unbind(-1)
        curve_with_band(figure, name, (value, low, high), colour_of(method, dark), dash)
    figure.add_vline(x=layer, line_width=1, line_color=colour_of("truth", dark))
    count = len(next(iter(curves.values())))
    figure.update_layout(
        xaxis={**layer_axis(count), "title": "layer that is changed"},
        yaxis={"title": "R²", "range": [-1.05, 1.05]},
        hovermode="x unified",
    )
    return tidy(figure, 340)
