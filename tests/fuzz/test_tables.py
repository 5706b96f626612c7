"""Any table ends in numbers, or in a sentence; a refused one takes nothing away."""

from __future__ import annotations

import contextlib
from typing import Any
from unittest.mock import patch

import numpy as np
import streamlit
from hypothesis import given
from hypothesis import strategies as st

from icl_core import predictors
from icl_core.predicting import limits_for, predict_rows
from icl_core.tables import Table, TableError, choose, read_table, split
from icl_core.tables.cells import number_of
from icl_core.tables.reading import SEPARATORS
from tests.support.fuzzing import inputs, tried
from ui.data import own
from ui.data.settings import SETTINGS

BEFORE = "height\tweight\n" + "".join(f"1,{60 + i}\t{50 + i * i % 7}\n" for i in range(12))
RULES = {"ols": predictors.ols(), "ridge": predictors.evidence_ridge()}

cells = st.one_of(
    st.floats(-1e6, 1e6).map(lambda value: f"{value:.4g}"),
    st.integers(-9999, 99_999_999).map(lambda value: f"{value:,}"),
    st.sampled_from(["", "NA", "-", "abc", '"', '"a', "#1", "1e999", "1,2,3", "€ 5", "\x00", "٣"]),
    st.sampled_from(["2024-01-31", "1/2/2024", "30.2.2024", "31/12/0001", "2024-01-01T25:00"]),
    st.text(max_size=6),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes | str:
    """Something like a table, well or ill."""
    mark = draw(st.sampled_from([*SEPARATORS, "::"]))
    width = draw(st.integers(1, 5))
    rows = draw(st.lists(st.lists(cells, min_size=1, max_size=width), max_size=12))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(mark.join(row) for row in rows)
    encoding = draw(st.sampled_from(["", "utf-8", "utf-16", "cp1252"]))
    return text.encode(encoding, errors="replace") if encoding else text


@st.composite
def fair_tables(draw: st.DrawFn) -> str:
    """Rows of one width, nearly all of them numbers: most end in predictions."""
    width = draw(st.integers(2, 4))
    numbers = st.one_of(
        st.floats(-1e3, 1e3).map(lambda value: f"{value:.3f}"),
        st.floats(-1e90, 1e90).map(repr),
        st.integers(-3, 3).map(str),
    )
    usual = st.lists(numbers, min_size=width, max_size=width)
    rows = draw(st.lists(usual, min_size=3, max_size=8))
    if draw(st.booleans()):
        rows[draw(st.integers(0, len(rows) - 1))][0] = draw(cells)
    return "\n".join("\t".join(row) for row in [list("abcd"[:width]), *rows])


@inputs(5000)
@given(st.one_of(tables(), st.text(max_size=200), st.binary(max_size=200)))
def test_any_table_ends_in_numbers_or_in_a_sentence(source: str | bytes) -> None:
    tried("tables")
    trouble = None
    try:
        table = read_table(source)
    except TableError as refused:
        trouble = refused
    if trouble is not None:
        assert str(trouble).endswith(".")
        return
    assert len(set(table.names)) == len(table.columns)
    for column in table.columns:
        assert len(column.values) == len(table.lines)
        assert np.isfinite(column.known).all()
        assert column.name.isprintable()
    assert all(note.endswith(".") for note in table.notes)
    _predicted(table)


@inputs(400)
@given(fair_tables())
def test_what_is_read_ends_in_predictions_or_in_a_sentence(source: str) -> None:
    tried("fair tables")
    table = None
    with contextlib.suppress(TableError):
        table = read_table(source)
    if table is not None:
        _predicted(table)


def _predicted(table: Table) -> None:
    """Every number that follows is one, or a sentence says why there is none."""
    refused = None
    try:
        chosen = choose(table, table.usable[-1])
        found = predict_rows(chosen, split(chosen), RULES, limits_for())
    except TableError as error:
        refused = error
    if refused is not None:
        assert str(refused).endswith(".")
        return
    tried("predictions from tables")
    for told in found.told.values():
        assert np.isfinite(told.held_out).all()
        assert np.isfinite(told.slopes).all()


@inputs(1000)
@given(st.one_of(tables(), st.text(max_size=100), st.binary(max_size=100)))
def test_what_is_refused_leaves_the_table_before(source: str | bytes) -> None:
    tried("tables brought")
    held: dict[str, Any] = {}
    with patch.object(streamlit, "session_state", held):
        own.take(BEFORE)
        before = own.brought()
        own.take(source)
        now = own.brought()
        assert before is not None
        assert now is not None
        if (why := own.trouble()) is not None:
            assert now is before
            assert why.endswith(".")
        else:
            assert now.source == source
        assert own.shown(SETTINGS.current()).table is now.table


@inputs(2000)
@given(
    st.floats(-1e15, 1e15), st.sampled_from([".", ","]), st.sampled_from(["", " ", "'", "other"])
)
def test_any_number_is_read_as_it_was_written(value: float, decimal: str, group: str) -> None:
    tried("numbers in cells")
    other = "," if decimal == "." else "."
    written = f"{value:_.3f}".replace(".", decimal).replace(
        "_", other if group == "other" else group
    )
    assert number_of(written, decimal) == float(f"{value:.3f}")
