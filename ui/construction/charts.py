"""Plotly figures of the construction page, in the app's colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from torch import Tensor

from icl_core.constructions.slots import MeasuredError
from ui.construction.pairing import Stored
from ui.construction.trained import Meeting, Optimum
from ui.figures.charts import colour_of, tidy
from ui.visitor.methods import NETWORK

GREY = {False: "#6b7280", True: "#9ca3af"}


def training_curve(meeting: Meeting, dark: bool) -> go.Figure:
    """The training loss, falling to the construction's."""
    steps, losses = zip(*meeting.curve, strict=True)
    figure = go.Figure()
    figure.add_scatter(
        x=steps,
        y=losses,
        name="trained",
        line={"color": colour_of(NETWORK, dark), "width": 3},
        hovertemplate="step %{x}: %{y:.4f}",
    )
    figure.add_scatter(
        x=[0, steps[-1]],
        y=[meeting.alike.losses[1]] * 2,
        name="constructed",
        mode="lines",
        line={"color": colour_of("gd", dark), "width": 2, "dash": "dash"},
        hovertemplate="%{y:.4f}",
    )
    figure.update_layout(xaxis_title="optimiser step", yaxis_title="loss")
    figure.update_yaxes(rangemode="tozero")
    return tidy(figure, 300)


def mixture_path(meeting: Meeting, t: float, loss: float, dark: bool) -> go.Figure:
    """The loss from the trained weights to the constructed ones, and where we are."""
    ts, losses = zip(*meeting.path, strict=True)
    figure = go.Figure()
    figure.add_scatter(
        x=ts,
        y=losses,
        name="mixture",
        line={"color": colour_of(NETWORK, dark), "width": 3},
        hovertemplate="t = %{x:.2f}: %{y:.4f}",
    )
    figure.add_scatter(
        x=[t],
        y=[loss],
        name="here",
        mode="markers",
        marker={"color": colour_of("gd", dark), "size": 14, "symbol": "diamond"},
        hovertemplate="t = %{x:.2f}: %{y:.4f}",
    )
    figure.update_layout(xaxis_title="trained ← mixture t → constructed", yaxis_title="loss")
    figure.update_yaxes(range=[0, 1.25 * max(losses)])
    return tidy(figure, 300)


def weight_maps(match: Tensor, write: Tensor, dark: bool) -> go.Figure:
    """Both products of a layer's weights as maps: (d + 1, d + 1) each."""
    titles = ("W<sub>K</sub>ᵀW<sub>Q</sub>, scaled", "n P W<sub>V</sub>")
    figure = make_subplots(1, 2, subplot_titles=titles, horizontal_spacing=0.16)
    names = [*(f"x{i}" for i in range(1, len(match))), "y"]
    for column, values in enumerate((match, write), start=1):
        reach = float(values.abs().max())
        figure.add_heatmap(
            z=values.tolist(),
            x=names,
            y=names,
            zmin=-reach,
            zmax=reach,
            colorscale=[
                [0, colour_of("gd", dark)],
                [0.5, "#14151d" if dark else "#fdfcfb"],
                [1, colour_of("ridge", dark)],
            ],
            showscale=False,
            hovertemplate="%{y}, %{x}: %{z:.3f}<extra></extra>",
            row=1,
            col=column,
        )
    figure.update_yaxes(autorange="reversed")
    return tidy(figure, 300)


def rate_parabola(optimum: Optimum, trained: tuple[float, float] | None, dark: bool) -> go.Figure:
    """Loss of one gradient step against its rate; trained is (rate, loss) of a trained layer."""
    figure = go.Figure()
    figure.add_scatter(
        x=optimum.rates,
        y=optimum.losses,
        name="closed form",
        line={"color": colour_of("gd", dark), "width": 3},
        hovertemplate="η = %{x:.2f}: %{y:.4f}",
    )
    figure.add_scatter(
        x=[optimum.rate],
        y=[optimum.loss],
        name=f"best: η = {optimum.rate:.2f}, loss {optimum.loss:.4f}",
        mode="markers",
        marker={"color": colour_of("gd", dark), "size": 13, "symbol": "diamond"},
        hovertemplate="η = %{x:.2f}: %{y:.4f}",
    )
    if trained:
        figure.add_scatter(
            x=[trained[0]],
            y=[trained[1]],
            name=f"trained: η = {trained[0]:.2f}",
            mode="markers",
            marker={"color": colour_of(NETWORK, dark), "size": 13},
            hovertemplate="η = %{x:.2f}: %{y:.4f}",
        )
    figure.update_layout(xaxis_title="learning rate η", yaxis_title="loss of one step")
    figure.update_yaxes(rangemode="tozero")
    return tidy(figure, 300)


def product_errors(rows: Mapping[str, Sequence[MeasuredError]], dark: bool) -> go.Figure:
    """Largest error of ``mul`` against GeLU's scale, one line a way to multiply."""
    looks = {
        "paper": ("gd", "dot"),
        "symmetric": ("ridge", "dash"),
        "extrapolated": ("ols", "solid"),
    }
    figure = go.Figure()
    for name, measured in rows.items():
        method, dash = looks[name]
        figure.add_scatter(
            x=[row.setting for row in measured],
            y=[max(row.error, 1e-17) for row in measured],
            name=name,
            line={"color": colour_of(method, dark), "width": 3, "dash": dash},
            hovertemplate="s = %{x:.2g}: %{y:.1e}",
        )
    figure.update_layout(xaxis_title="GeLU’s scale s", yaxis_title="largest |error|")
    return _log_log(figure)


def division_errors(measured: Sequence[MeasuredError], dark: bool) -> go.Figure:
    """Largest relative error of ``div`` against the yardstick."""
    figure = go.Figure()
    figure.add_scatter(
        x=[row.setting for row in measured],
        y=[max(row.error, 1e-17) for row in measured],
        name="division",
        line={"color": colour_of(NETWORK, dark), "width": 3},
        hovertemplate="C = %{x:.2g}: %{y:.1e}",
    )
    figure.update_layout(xaxis_title="yardstick C", yaxis_title="largest relative error")
    return _log_log(figure)


def _log_log(figure: go.Figure) -> go.Figure:
    axis = {"type": "log", "exponentformat": "power"}
    figure.update_layout(xaxis=axis, yaxis=axis)
    return tidy(figure, 320)


def pairing_scores(stored: Sequence[Stored], dark: bool) -> go.Figure:
    """The score of every head of each network, and its best head's; a row for each network."""
    figure = go.Figure()
    figure.add_scatter(
        x=[score for one in stored for score in one.scores],
        y=[one.name for one in stored for _ in one.scores],
        name="every head",
        mode="markers",
        marker={"color": GREY[dark], "size": 5, "opacity": 0.5},
        hovertemplate="%{y}: %{x:.2f}",
    )
    figure.add_scatter(
        x=[one.best for one in stored],
        y=[one.name for one in stored],
        name="the best head",
        mode="markers",
        marker={"color": colour_of(NETWORK, dark), "size": 10, "symbol": "diamond"},
        hovertemplate="%{y}: %{x:.2f}",
    )
    figure.update_layout(
        xaxis={"title": "pairing score", "range": [-0.05, 1.05]},
        yaxis={"tickmode": "linear", "autorange": "reversed"},
    )
    tidy(figure, 120 + 17 * len(stored))
    figure.update_layout(margin_l=115)
    return figure
