"""Plotly figures in the app's colours."""

from __future__ import annotations

import plotly.graph_objects as go

from ui import teaching
from ui.averages import Curve
from ui.methods import STYLES, TRUTH
from ui.theme import is_dark

# A logarithmic axis that reads 0.01, 0.1, 1.
DECADES = {"type": "log", "dtick": 1, "tickformat": "~g"}


def colour_of(method: str, dark: bool) -> str:
    """The colour of a method, or of the truth, on this background."""
    style = TRUTH if method == "truth" else STYLES[method]
    return style.dark if dark else style.light


def ink(dark: bool) -> str:
    """The theme's colour of text on this background."""
    return "#eceaf3" if dark else "#1f2433"


def tidy(figure: go.Figure, height: int) -> go.Figure:
    """Every figure's margins, its legend below, where a phone has room, and its text in ink.

    Streamlit's own grey has a contrast of 3.6 on the light page; WCAG asks for 4.5.
    """
    text = ink(is_dark())
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont_color=text, title_font_color=text)
    scale = {"tickfont": {"color": text}, "title": {"font": {"color": text}}}
    figure.update_traces(colorbar=scale, selector={"type": "heatmap"})
    figure.update_layout(
        height=height,
        margin={"l": 60, "r": 10, "t": 15, "b": 45},
        legend={"orientation": "h", "yanchor": "top", "y": -55 / (height - 115)},
    )
    return _for_a_room(figure) if teaching.current().present else figure


def _for_a_room(figure: go.Figure) -> go.Figure:
    """Large letters and thick lines, in the ink of the room."""
    text, paper = ("#fff", "#000") if is_dark() else ("#000", "#fff")
    for trace in figure.data:
        if trace.type == "scatter" and trace.line.width:
            trace.line.width *= 2
    figure.update_layout(font={"size": 22, "color": text}, legend_font_size=22)
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont={"size": 22, "color": text}, title_font={"size": 24, "color": text})
    figure.update_layout(
        height=figure.layout.height + 100,
        margin={"l": 80, "b": 110},
        legend={"y": -0.33, "font_color": text},
        paper_bgcolor=paper,
        plot_bgcolor=paper,
    )
    return figure


def band(colour: str) -> str:
    """The colour of an interval around a line of this colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def average_errors(curves: dict[str, Curve], dark: bool) -> go.Figure:
    """Mean squared error against k, log scale, with 95 % bands."""
    figure = go.Figure()
    for method, curve in curves.items():
        style, colour = STYLES[method], colour_of(method, dark)
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
                "dash": style.dash.replace(" ", "px,") + "px" if style.dash else "solid",
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
