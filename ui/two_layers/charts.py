"""Figures of the page of added layers, in the app's colours."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from icl_core.models.trunk import trunk
from icl_core.priors.trunk import abscissae
from icl_core.studies.profiles import Table
from icl_core.studies.texts import (
    CEILING,
    LOGISTIC,
    MAJORITY,
    MIXED,
    MODEL,
    NEAREST,
)
from icl_core.studies.texts import (
    RIDGE as RIDGE_ON_LABELS,
)
from icl_core.studies.two_layers import BASE, READOUT, RIDGE
from ui.figures.charts import DECADES, add_line, colour_of, dash_of, tidy
from ui.two_layers import text_words, words
from ui.visitor.methods import NETWORK, style_of

WHO = {
    READOUT: ("Trunk, linear readout", "truth"),
    BASE: ("2 layers on x", "gd"),
    "on-1": ("Trunk + 1 layer", "knn"),
    "on-2": ("Trunk + 2 layers", NETWORK),
    "on-3": ("Trunk + 3 layers", "ridge"),
    "on-4": ("Trunk + 4 layers", "ols"),
    "whole-2": ("2 layers, trunk trained too", "newton"),
    RIDGE: ("Ridge on Φ: exact Bayes", "bayes"),
}
"""Whose line is drawn: what it is called, and the method whose colour it has."""
SHARE_AXIS = {
    "title": "share of the gap closed",
    "tickformat": ".0%",
    "range": [words.LOWEST, 1.1],
}
TRUNK_LINES = {"random": NETWORK, "fixed": "gd", "control": "ols"}
FEATURE_LINES = (NETWORK, "gd", "ols", "ridge", "newton")


def features(name: str, dark: bool) -> go.Figure:
    """What a trunk makes of one x: a curve for each feature."""
    figure = go.Figure()
    x = abscissae()
    for i, told in enumerate(trunk(name)(x).T.tolist()):
        style = style_of(FEATURE_LINES[i % len(FEATURE_LINES)])
        figure.add_scatter(
            x=x[:, 0].tolist(),
            y=told,
            name=f"Φ{i + 1}",
            mode="lines",
            line={
                "color": style.dark if dark else style.light,
                "width": 2.5,
                "dash": dash_of(style),
            },
            hovertemplate="%{y:.2f}",
        )
    figure.update_layout(hovermode="x unified", xaxis_title="x", yaxis_title="Φ(x)")
    return tidy(figure, 320)


def errors(row: Table, ks: Sequence[int], dark: bool) -> go.Figure:
    """Squared errors against the number of examples; a band is the interval."""
    figure = go.Figure()
    for who, (name, method) in WHO.items():
        if who in row["error"]:
            add_line(figure, ks, row["error"][who], name, method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k"},
        yaxis={"title": "squared error", **DECADES},
    )
    return tidy(figure, 400)


def closed(table: Table, dark: bool) -> go.Figure:
    """The share of the gap that is closed, over all k, against the layers added to each trunk."""
    figure = go.Figure()
    for row in table["members"]:
        method = TRUNK_LINES[row["label"]]
        counts = words.layers_of(row)
        bounds = [row["closed_all"][f"on-{layers}"] for layers in counts]
        figure.add_scatter(
            x=counts,
            y=[value for value, _, _ in bounds],
            name=words.TRUNKS[row["label"]],
            mode="lines+markers",
            line={
                "color": colour_of(method, dark),
                "width": 2.5,
                "dash": dash_of(style_of(method)),
            },
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [high - value for value, _, high in bounds],
                "arrayminus": [value - low for value, low, _ in bounds],
            },
            hovertemplate="%{y:.0%}",
        )
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "layers added", "dtick": 1},
        yaxis=SHARE_AXIS,
    )
    return tidy(figure, 340)


def closed_by_k(row: Table, ks: Sequence[int], dark: bool) -> go.Figure:
    """The same after each number of examples, for one trunk."""
    figure = go.Figure()
    for who, bounds in row["closed"].items():
        if who in WHO:
            name, method = WHO[who]
            add_line(figure, ks[1:], bounds, name, method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k"},
        yaxis=SHARE_AXIS,
    )
    return tidy(figure, 340)


TEXT_LINES = {
    MODEL: NETWORK,
    RIDGE_ON_LABELS: "bayes",
    LOGISTIC: "ridge",
    NEAREST: "knn",
    MAJORITY: "gd",
    MIXED: "newton",
}
"""Who judges texts, and the method whose colour each has."""


def texts(row: Table, ks: Sequence[int], dark: bool) -> go.Figure:
    """Shares of lines judged right against the number of examples, for one set of texts."""
    figure = go.Figure()
    for who, method in TEXT_LINES.items():
        add_line(figure, ks, row["accuracy"][who], text_words.WHO[who], method, dark)
    figure.add_scatter(
        x=list(ks),
        y=[row[CEILING][0]] * len(ks),
        name="Logistic regression on all other lines",
        mode="lines",
        line={"color": colour_of("truth", dark), "width": 2, "dash": "dot"},
        hovertemplate="%{y:.3g}",
    )
    figure.update_layout(
        hovermode="x unified",
        xaxis={
            "title": "examples seen, k",
            "type": "log",
            "tickvals": list(ks),
            "ticktext": [str(k) for k in ks],
        },
        yaxis={"title": "share judged right", "tickformat": ".0%"},
    )
    return tidy(figure, 400)
