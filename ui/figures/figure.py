"""A chart with its words and its numbers: what every page shows a figure with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st

if TYPE_CHECKING:  # the first paint does not wait for Plotly
    import plotly.graph_objects as go


# To take it away, and to fill the screen: there is nothing to pan on these.
TOOLS = {
    "modeBarButtonsToRemove": [
        *("zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"),
    ]
}


def show_figure(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    table: pd.DataFrame | None = None,
    height: Literal["content", "stretch"] = "content",
) -> None:
    """Draw a figure and, one click below it, its numbers.

    alt: what the figure shows, for those who do not see it. table: only where the
    figure draws something else than its plain numbers (roots, logarithms). height: the
    figure's own, or what the container around it has left.
    """
    st.plotly_chart(figure, key=key, alt=alt, config=TOOLS, height=height)
    show_numbers(table_of(figure) if table is None else table)


def show_numbers(numbers: pd.DataFrame) -> None:
    """What a figure draws, as numbers, one click below it."""
    with st.expander("The same as numbers"):
        st.dataframe(
            _readable(numbers),
            height="auto" if len(numbers) < 8 else 280,
            hide_index=isinstance(numbers.index, pd.RangeIndex),
        )


def table_of(figure: go.Figure) -> pd.DataFrame:
    """The numbers of a figure: a column for each line or bar, or a grid for each map.

    A filled band is the interval of the line that comes after it.
    """
    grids = [trace for trace in figure.data if trace.type == "heatmap"]
    if grids:
        frames = [pd.DataFrame(grid.z, index=grid.y, columns=grid.x) for grid in grids]
        titles = [note.text for note in figure.layout.annotations][: len(frames)]
        return frames[0] if len(frames) == 1 else pd.concat(frames, keys=titles)
    columns: dict[str, pd.Series[Any]] = {}
    band: tuple[pd.Series[Any], pd.Series[Any]] | None = None
    axis = figure.layout.yaxis.title.text or "value"
    for trace in figure.data:
        if trace.type == "scatter" and trace.fill == "toself":
            band = _edges(trace)
            continue
        name = trace.name or axis
        columns[name] = _series(trace.x, trace.y)
        if band is not None:
            columns[f"{name}, low"], columns[f"{name}, high"] = band
            band = None
    table = pd.DataFrame(columns)
    across = figure.layout.xaxis
    ticks = dict(zip(across.tickvals or (), across.ticktext or (), strict=True))
    table.index = pd.Index([ticks.get(at, at) for at in table.index])
    return table.rename_axis(across.title.text)


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are, or as text where four decimals would show some of them as 0."""
    sizes = table.select_dtypes("number").abs().to_numpy()
    tiny = bool(((sizes > 0) & (sizes < 1e-3)).any())
    if not tiny:
        return table
    return table.map(lambda value: f"{value:.3g}" if isinstance(value, float) else value)


def _series(x: Any, y: Any) -> pd.Series[Any]:
    found = pd.Series(list(y), index=pd.Index(list(x)), dtype=float)
    return found[~found.index.duplicated()]


def _edges(trace: Any) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """The low and the high edge of a band that runs along the top and back along the bottom."""
    half = len(trace.x) // 2
    x, y = trace.x[:half], list(trace.y)
    return _series(x, y[: half - 1 : -1]), _series(x, y[:half])


def explained(words: str) -> None:
    """What stands behind a figure: the maths, the uncertainty and the traps, one click away."""
    with st.expander("What this is, how sure it is, and what would make it misleading"):
        st.markdown(words)
