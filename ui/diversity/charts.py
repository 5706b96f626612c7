"""Figures of the page about memorising and learning, in the app's colours."""

from __future__ import annotations

import plotly.graph_objects as go

from icl_core.studies.diversity import SHARES
from icl_core.studies.profiles import Table
from ui.diversity.learners import LEARNER, MEMORISER
from ui.diversity.numbers import told_gauge
from ui.figures.charts import DECADES, add_line, tidy
from ui.visitor.methods import NETWORK

WHO = {
    "network": ("The network", NETWORK),
    "memoriser": ("Knows the tasks (dMMSE)", MEMORISER),
    "learner": ("Ridge", LEARNER),
}
PART_COLOURS = {"pool": ("tasks that it saw", NETWORK), "new": ("new tasks", LEARNER)}


def size_label(row: Table) -> str:
    """How many tasks a network saw, as an axis has it: 1k is 1,024, so that a phone has room."""
    tasks = row["at"]
    if tasks is None:
        return "∞"
    return f"{tasks // 1024}k" if tasks % 1024 == 0 else str(tasks)


def _across(figure: go.Figure, labels: list[str], title: str) -> None:
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": title, "type": "category", "categoryarray": labels, "tickangle": 0},
    )


def gauges(rows: list[Table], what: str, dark: bool) -> go.Figure:
    """The gauge against the number of tasks seen; a band is the interval over prompts."""
    figure, labels = go.Figure(), [size_label(row) for row in rows]
    for part, (name, method) in PART_COLOURS.items():
        bounds = [told_gauge(row, part) for row in rows]
        add_line(figure, labels, bounds, name.replace("tasks", what), method, dark)
    _across(figure, labels, f"{what} seen in training")
    figure.update_layout(yaxis={"title": "gauge: 0 learns, 1 remembers", "range": [-0.1, 1.1]})
    return tidy(figure, 340)


def errors(rows: list[Table], part: str, k: int, dark: bool) -> go.Figure:
    """The error after k examples against the number of tasks seen, on one kind of prompts."""
    figure, labels = go.Figure(), [size_label(row) for row in rows]
    for who, (name, method) in WHO.items():
        bounds = [
            [bound / row["dim"] for bound in row[part]["error"][who][k]] if part in row else None
            for row in rows
        ]
        add_line(figure, labels, bounds, name, method, dark)
    _across(figure, labels, "tasks seen in training")
    figure.update_layout(yaxis={"title": "squared error / 8", **DECADES})
    return tidy(figure, 360)


def on_the_way(row: Table, dark: bool) -> go.Figure:
    """The error on the way from one task of the pool to another, over all k."""
    figure = go.Figure()
    for who, (name, method) in WHO.items():
        bounds = [[bound / row["dim"] for bound in at[who]] for at in row["way"]]
        add_line(figure, SHARES, bounds, name, method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": "share of the way from one task to another"},
        yaxis={"title": "squared error / 8", "rangemode": "tozero"},
    )
    return tidy(figure, 340)


def pairing_scores(rows: list[Table], pairing: dict[str, Table], dark: bool) -> go.Figure:
    """The score of the head that pairs most, against the number of tasks seen."""
    figure, labels = go.Figure(), [size_label(row) for row in rows]
    bounds = [pairing[row["label"]]["head"]["score"] for row in rows]
    add_line(figure, labels, bounds, "attention of y to its own x", NETWORK, dark)
    _across(figure, labels, "tasks seen in training")
    figure.update_layout(yaxis={"title": "pairing score", "range": [0, 1.05]}, showlegend=True)
    return tidy(figure, 340)


def without_pairing(rows: list[Table], pairing: dict[str, Table], dark: bool) -> go.Figure:
    """The error of each network, without its pairing head, and of always answering 0."""
    figure, labels = go.Figure(), [size_label(row) for row in rows]
    asked = [(row["dim"], pairing[row["label"]]) for row in rows]
    for name, method, figures in (
        ("Always 0", "truth", [one["zero"] for _, one in asked]),
        ("Without it", "gd", [one["head"]["cost"]["mean"] for _, one in asked]),
        ("The network", NETWORK, [one["error"] for _, one in asked]),
    ):
        bounds = [
            [bound / dim for bound in told] for (dim, _), told in zip(asked, figures, strict=True)
        ]
        add_line(figure, labels, bounds, name, method, dark)
    _across(figure, labels, "tasks seen in training")
    figure.update_layout(yaxis={"title": "squared error / 8", **DECADES})
    return tidy(figure, 340)
