"""Figures of the page of the language model, in the app's colours."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from icl_core.studies.profiles import Table
from ui.figures.charts import DECADES, add_line, tidy
from ui.language_model import words
from ui.visitor.methods import NETWORK

WHO = {
    "model": "newton",
    "transformer": NETWORK,
    "ridge": "ridge",
    "1-NN": "knn",
    "mean": "sgd",
    "zero": "truth",
}
"""Whose line is drawn, and the method whose colour it has."""


def over_k(row: Table, ks: Sequence[int], what: str, dark: bool) -> go.Figure:
    """Errors, or distances from the language model, against the number of examples."""
    figure = go.Figure()
    for who, method in WHO.items():
        if who in row[what]:
            add_line(figure, ks, row[what][who], words.WHO[who], method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "examples seen, k", "type": "log", "tickvals": ks, "ticktext": ks},
        yaxis={"title": words.AXES[what], **DECADES},
    )
    return tidy(figure, 400)
