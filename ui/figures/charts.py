"""What all Plotly figures share: ink, ticks, bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ui.figures.theme import is_dark
from ui.visitor import teaching
from ui.visitor.methods import style_of
from ui.visitor.styles import Style

# A logarithmic axis that reads 0.01, 0.1, 1.
DECADES = {"type": "log", "dtick": 1, "tickformat": "~g"}


def colour_of(method: str, dark: bool) -> str:
    """The colour of a method, or of the truth, on this background."""
    style = style_of(method)
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


def add_band(
    figure: go.Figure,
    x: Sequence[object],
    low: Sequence[float],
    high: Sequence[float],
    colour: str,
    **more: Any,
) -> None:
    """The interval around a line of this colour; more: what the trace says besides."""
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=band(colour),
        mode="lines",
        line_width=0,
        hoverinfo="skip",
        showlegend=False,
        **more,
    )


def add_line(
    figure: go.Figure,
    x: Sequence[object],
    bounds: Sequence[Sequence[float] | None],
    name: str,
    method: str,
    dark: bool,
) -> None:
    """A method's line with its band; bounds: value, low, high, None where there is no point."""
    style, colour = style_of(method), colour_of(method, dark)
    there = [(at, one) for at, one in zip(x, bounds, strict=True) if one is not None]
    xs = [at for at, _ in there]
    value, low, high = ([one[i] for _, one in there] for i in range(3))
    add_band(figure, xs, low, high, colour)
    figure.add_scatter(
        x=xs,
        y=value,
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 2.5, "dash": dash_of(style)},
        hovertemplate="%{y:.3g}",
    )


def dash_of(style: Style) -> str:
    """A method's dashes as Plotly writes them."""
    return style.dash.replace(" ", "px,") + "px" if style.dash else "solid"


def band(colour: str) -> str:
    """The colour of an interval around a line of this colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
