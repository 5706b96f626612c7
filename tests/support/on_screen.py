"""Every word that a page run by Streamlit's own test client puts before a visitor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

# What is code, a formula or an address is meant to be read as such.
NOT_WORDS = re.compile(
    r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|<style>.*?</style>|<[^>]*>|\]\([^)]*\)|https?://\S+"
    r"|%\{[^}]*\}|\bicl_core\b|\bw_\w\b",
    re.DOTALL,
)
TOLD = ("label", "help", "placeholder", "body", "text", "value", "caption", "title", "options")
"""Fields of an element's protocol buffer that are shown."""
DRAWN = ("label", "short", "automatic", "help", "says", "title", "caption", "unit", "words")
"""Keys of what a component is given whose texts it shows."""


def headings(page: AppTest) -> Iterator[str]:
    """What names something: a column, a line of a chart, an axis, a row, a choice, a widget."""
    for table in page.dataframe:
        yield from _names_of(table.value)
    for chart in page.get("plotly_chart"):
        yield from _drawn(json.loads(chart.proto.spec))
    for part in page.get("bidi_component"):
        yield from _named(json.loads(part.proto.json or part.proto.mixed.json or "null"))
    for kind in ("selectbox", "multiselect", "radio", "segmented_control", "pills"):
        for widget in page.get(kind):
            yield from map(str, getattr(widget, "options", ()))
    for kind in ("metric", "expander", "tab"):
        for part in page.get(kind):
            yield str(getattr(part, "label", ""))


def sentences(page: AppTest) -> Iterator[str]:
    """Everything else that is read, without what is code, formula or address."""
    for element in _elements(page.main):
        proto = getattr(element, "proto", None)
        for field in TOLD:
            told = getattr(proto, field, None)
            if isinstance(told, str) and element.type != "code":
                yield NOT_WORDS.sub(" ", told)


def _elements(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _elements(child)


def _names_of(table: pd.DataFrame) -> Iterator[str]:
    for axis in (table.columns, table.index):
        yield from (str(name) for name in axis.names if name is not None)
        yield from (
            str(part) for name in axis for part in (name if type(name) is tuple else [name])
        )
    yield from (cell for cell in table.to_numpy().ravel() if isinstance(cell, str))


def _drawn(spec: dict[str, Any]) -> Iterator[str]:
    """A chart's words: names, titles, ticks, notes, hover labels."""
    for at, value in _leaves(spec):
        shown = at[-1] in ("name", "text", "hovertemplate", "hovertext", "customdata")
        if isinstance(value, str) and (shown or "ticktext" in at or at[-1] in ("x", "y")):
            yield NOT_WORDS.sub(" ", value)


def _named(data: Any) -> Iterator[str]:
    """What a component draws as words."""
    for at, value in _leaves(data):
        if isinstance(value, str) and at[-1] in DRAWN:
            yield NOT_WORDS.sub(" ", value)


def _leaves(data: Any, at: tuple[str, ...] = ("",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with the keys that lead to it; a list's items are at its own."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key != "template":
                yield from _leaves(value, (*at, key))
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value, at)
    else:
        yield at, data
