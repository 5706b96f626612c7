"""Figures of the page of curves, in the app's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from icl_core.studies.profiles import Table
from ui.figures.charts import DECADES, add_line, tidy
from ui.visitor.methods import NETWORK

WHO = {
    "network": ("Curve network", NETWORK),
    "bayes": ("Exact Bayes", "bayes"),
    "line network": ("Line network", "gd"),
    "process": ("One process", "ridge"),
    "kernel ridge": ("Kernel ridge", "ols"),
    "3-NN": ("3-NN", "knn"),
    "polynomial": ("Polynomial", "newton"),
    "zero": ("Always 0", "truth"),
}
"""Whose line is drawn: what it is called, and the method whose colour it has."""
MANY = {
    "network": ("Network", NETWORK),
    "floor": ("Floor", "bayes"),
    "Lasso": ("Lasso", "gd"),
    "OLS": ("OLS", "ols"),
    "ridge": ("Ridge", "ridge"),
    "3-NN": ("3-NN", "knn"),
    "trained net": ("Trained net", "sgd"),
    "greedy tree": ("Greedy tree", "gd"),
    "greedy tree, told the signs": ("Tree told signs", "ridge"),
    "gradient boosting": ("Boosting", "newton"),
    "zero": ("Always 0", "truth"),
}
"""The same for the classes of functions of many features, each of which has some of these."""
PROBED = (
    ("trained", "Probe of the network", NETWORK),
    ("random", "Probe of random weights", "sgd"),
)
"""Whose states are read for the family, by the table's name of the network."""
SURE = {
    "network": ("The network's own", NETWORK),
    "bayes": ("Exact Bayes", "bayes"),
    "by k": ("By k alone", "sgd"),
}
"""Whose bands are counted, by the table's name of who has them."""
LEAST = 1e-4
"""Where the axis of the classes begins: without noise a floor can be 0."""
HIGHEST = 20.0
"""Where the axis ends: a polynomial that nothing holds goes far beyond, and is then left out."""


def errors(row: Table, ks: Sequence[int], dark: bool) -> go.Figure:
    """Squared errors against the number of examples; a band is the interval over prompts."""
    figure = go.Figure()
    for who, (name, method) in WHO.items():
        add_line(figure, ks, [_held(one) for one in row["error"][who]], name, method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k"},
        yaxis={"title": "squared error", **DECADES, "range": _decades(row)},
    )
    return tidy(figure, 400)


def of_class(row: Table, ks: Sequence[int], dark: bool) -> go.Figure:
    """Squared errors on one class of functions against the number of examples, with intervals."""
    figure = go.Figure()
    for who, (name, method) in MANY.items():
        if who in row["error"]:
            held = [_held(one, LEAST) for one in row["error"][who]]
            add_line(figure, ks, held, name, method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k"},
        yaxis={
            "title": "squared error",
            **DECADES,
            "range": [math.log10(LEAST), math.log10(HIGHEST)],
        },
    )
    return tidy(figure, 440)


def sure(row: Table, ks: Sequence[int], band: str, dark: bool) -> go.Figure:
    """How often a band holds the true curve against the number of examples, with intervals."""
    figure = go.Figure()
    for who, (name, method) in SURE.items():
        add_line(figure, ks, row["within"][band][who], name, method, dark)
    add_line(figure, ks, [[int(band) / 100] * 3] * len(ks), "As it says", "truth", dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k"},
        yaxis={"title": f"true curve within the {band} % band", "tickformat": ".0%"},
    )
    return tidy(figure, 360)


def told(table: Table, dark: bool) -> go.Figure:
    """How often the family is named after the most examples, layer by layer, with intervals."""
    figure = go.Figure()
    layers = [row["at"] for row in table["members"]]
    for network, name, method in PROBED:
        bounds = [row["right"][network][-1] for row in table["members"]]
        add_line(figure, layers, bounds, name, method, dark)
    add_line(figure, layers, [table["bayes"][-1]] * len(layers), "Exact Bayes", "bayes", dark)
    add_line(
        figure, layers, [[1 / len(table["families"])] * 3] * len(layers), "Chance", "truth", dark
    )
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "layer (0: the embedding)", "dtick": 1},
        yaxis={
            "title": f"named rightly, k = {table['ks'][-1]}",
            "tickformat": ".0%",
            "range": [0, 1],
        },
    )
    return tidy(figure, 360)


def _held(bounds: Sequence[float], least: float = 0.0) -> list[float] | None:
    """An error with its interval as far as the chart goes; None where it is beyond."""
    value, low, high = bounds
    return [value, max(low, least), min(high, HIGHEST)] if least <= value <= HIGHEST else None


def _decades(row: Table) -> list[float]:
    """From a little below the least error to `HIGHEST`, in powers of ten."""
    least = min(value for bounds in row["error"].values() for value, _, _ in bounds)
    return [math.floor(math.log10(max(least, 1e-8))), math.log10(HIGHEST)]
