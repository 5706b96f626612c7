"""Every chart says what it shows, and its numbers are a click away."""

from __future__ import annotations

import re
from pathlib import Path

import plotly.graph_objects as go
import pytest
import torch

from icl_core.constructions.slots import MeasuredError
from ui.construction.charts import division_errors, weight_maps
from ui.figures import figure as shown
from ui.inside.charts import attention_map
from ui.playground.averages import Curve
from ui.playground.charts import average_errors

ROOT = Path(__file__).resolve().parents[2]


def test_a_line_and_its_band_become_columns() -> None:
    curve = Curve(mean=[3.0, 2.0, 1.0], low=[2.5, 1.5, 0.5], high=[3.5, 2.5, 1.5])
    table = shown.table_of(average_errors({"ridge": curve, "gd": curve}, dark=False))
    assert table.index.tolist() == [0, 1, 2]
    assert table["Ridge"].tolist() == curve.mean
    assert table["Ridge, low"].tolist() == curve.low
    assert table["GD, high"].tolist() == curve.high


def test_a_map_becomes_a_grid() -> None:
    table = shown.table_of(attention_map(torch.eye(5), dark=False))
    assert table.loc["y1", "y1"] == 1.0
    assert table.loc["y1", "x1"] == 0.0
    assert table.loc["x?", "x?"] == 1.0
    both = shown.table_of(weight_maps(torch.eye(3), 2 * torch.eye(3), dark=True))
    assert both.shape == (6, 3)


def test_bars_keep_the_names_of_their_axis() -> None:
    bars = go.Figure(go.Bar(x=[0, 1], y=[0.5, 0.25]))
    bars.update_layout(
        xaxis={"tickvals": [0, 1], "ticktext": ["input", "1"]}, yaxis={"title": "share"}
    )
    table = shown.table_of(bars)
    assert table["share"].to_dict() == {"input": 0.5, "1": 0.25}


def test_numbers_of_many_sizes_are_all_readable() -> None:
    rows = [MeasuredError(1e-6, 1e-12), MeasuredError(1.0, 0.5)]
    table = shown._readable(shown.table_of(division_errors(rows, dark=False)))
    assert table["division"].tolist() == ["1e-12", "0.5"]


@pytest.mark.parametrize("folder", ["pages", "ui"])
def test_no_page_draws_a_chart_in_another_way(folder: str) -> None:
    """So that none is without words or without its numbers."""
    for path in (ROOT / folder).rglob("*.py"):
        if path.name != "figure.py":
            found = re.findall(r"\bplotly_chart\(|\bst\.\w+_chart\(", path.read_text())
            assert not found, f"{path}: use ui.figure.show_figure"
