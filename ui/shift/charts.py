"""Figures of the page about training data, in the app's colours."""

from __future__ import annotations

import plotly.graph_objects as go

from icl_core.priors.switches import SWITCHES
from icl_core.studies.profiles import Table
from ui.figures.charts import DECADES, add_line, colour_of, ink, tidy
from ui.shift import words
from ui.shift.numbers import Average, OnePrompt, logged, member, steps_from_home
from ui.visitor.methods import NETWORK

WHO = {"network": NETWORK, "trained": "bayes", "shifted": "gd", "ridge": "ridge"}
RAISED = {"plain": NETWORK, "drawn": "ols", "few": "gd", "narrow": "ridge", "wide": "newton"}
"""Whose colour and dash an upbringing wears."""
TOP = 3.0
"""From a thousand times on a cell is as dark as can be."""


def inputs(found: OnePrompt, dark: bool) -> go.Figure:
    """The first two features of one prompt's inputs: at home, and as shifted."""
    figure = go.Figure()
    across = found.x.shape[1] > 1
    for name, x, colour, symbol in (
        ("as in training", found.plain, colour_of("truth", dark), "circle-open"),
        ("now", found.x, colour_of(NETWORK, dark), "circle"),
    ):
        second = x[:-1, 1].tolist() if across else [0.0] * (len(x) - 1)
        figure.add_scatter(
            x=x[:-1, 0].tolist(),
            y=second,
            mode="markers",
            name=f"examples {name}",
            marker={"color": colour, "size": 9, "symbol": symbol},
        )
    figure.add_scatter(
        x=[float(found.x[-1, 0])],
        y=[float(found.x[-1, 1]) if across else 0.0],
        mode="markers",
        name="question now",
        marker={"color": colour_of("gd", dark), "size": 14, "symbol": "x"},
    )
    figure.update_layout(xaxis_title="first feature", yaxis_title="second feature")
    return tidy(figure, 340)


def answers(found: OnePrompt, dark: bool) -> go.Figure:
    """What each learner answers to one question, and the truth."""
    figure = go.Figure()
    names = [words.WHO[who] for who in WHO]
    values = [found.told[who] for who in WHO]
    figure.add_bar(
        x=values,
        y=names,
        orientation="h",
        name="answer",
        marker_color=[colour_of(method, dark) for method in WHO.values()],
        showlegend=False,
    )
    figure.add_vline(x=found.truth, line={"color": ink(dark), "width": 2, "dash": "dot"})
    figure.update_layout(xaxis_title="answer; dotted: the truth")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return tidy(figure, 260)


def errors(found: Average, dark: bool) -> go.Figure:
    """Mean squared errors with their intervals."""
    bounds = [found.errors[who] for who in WHO]
    figure = go.Figure()
    figure.add_scatter(
        x=[one.value for one in bounds],
        y=[words.WHO[who] for who in WHO],
        mode="markers",
        name="mean squared error",
        marker={"size": 13, "color": [colour_of(method, dark) for method in WHO.values()]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.value for one in bounds],
            "arrayminus": [one.value - one.low for one in bounds],
            "color": ink(dark),
        },
        showlegend=False,
    )
    figure.update_layout(xaxis={"title": "squared error", **DECADES, "dtick": "D2"})
    figure.update_yaxes(autorange="reversed", automargin=True)
    return tidy(figure, 260)


def heat(row: Table, over: str, dark: bool) -> go.Figure:
    """Every switch of one upbringing, step by step away from home: the error over Bayes'."""
    first = min(steps_from_home(switch)[0] for switch in SWITCHES)
    columns = list(range(first, 1 + max(steps_from_home(switch)[-1] for switch in SWITCHES)))
    z: list[list[float | None]] = []
    text: list[list[str]] = []
    hover: list[list[str]] = []
    for switch in SWITCHES:
        at = dict(zip(steps_from_home(switch), row["switches"][switch]["at"], strict=True))
        told = {step: part[over] for step, part in at.items() if part[over] is not None}
        z.append([logged(told[step][0]) if step in told else None for step in columns])
        text.append([short(told[step][0]) if step in told else "" for step in columns])
        hover.append(
            [
                f"{words.strength(switch, at[step]['strength'])}: {told[step][0]:.3g} "
                f"({told[step][1]:.3g}–{told[step][2]:.3g})"
                if step in told
                else ""
                for step in columns
            ]
        )
    paper = "#14151d" if dark else "#fdfcfb"
    figure = go.Figure(
        go.Heatmap(
            z=z,
            x=[str(step) for step in columns],
            y=[words.SWITCH[switch] for switch in SWITCHES],
            text=text,
            texttemplate="%{text}",
            customdata=hover,
            hovertemplate="%{y}, %{customdata}<extra></extra>",
            # The light theme's violet in both: figures stay legible on it.
            colorscale=[[0.0, paper], [1.0, colour_of(NETWORK, dark=False)]],
            textfont={"color": ink(dark)} if dark else None,
            zmin=0,
            zmax=TOP,
            showscale=False,
            xgap=1,
            ygap=1,
            hoverongaps=False,
        )
    )
    figure.update_layout(xaxis={"title": "steps away from home", "type": "category"})
    figure.update_yaxes(autorange="reversed", automargin=True)
    return tidy(figure, 560)


def short(value: float) -> str:
    """A ratio that fits into a cell of a phone."""
    if value < 9.95:
        return f"{value:.1f}"
    return f"{value:.0f}" if value < 999.5 else f"{value / 1000:.0f}k"


def across(table: Table, switch: str, over: str, dark: bool) -> go.Figure:
    """One switch: the error over Bayes' against its strength, for every upbringing."""
    figure = go.Figure()
    labels = [words.tick(switch, value) for value in SWITCHES[switch].strengths]
    for upbringing, method in RAISED.items():
        told = member(table, upbringing)["switches"][switch]["at"]
        bounds = [part[over] for part in told]
        if None in bounds:
            continue
        add_line(figure, labels, bounds, words.UPBRINGINGS[upbringing], method, dark)
    figure.update_layout(
        hovermode="x unified",
        xaxis={"title": words.SWITCH[switch], "type": "category", "categoryarray": labels},
        yaxis={"title": "error over Bayes'", **DECADES},
    )
    return tidy(figure, 400)
