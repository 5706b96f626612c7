"""The stored study of functions of many features: errors by class and number of examples."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from icl_core.studies.classes import NAME
from icl_core.studies.profiles import Table
from ui.curves import words
from ui.curves.settings import SETTINGS
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark

STUDY = StoredStudy(
    NAME,
    "Asking the networks of three classes",
    prompts=16,
    settings=SETTINGS,
    seeded="many_again",
    label="Seed of fresh tasks",
)
ALT = "Squared error against the number of examples, of a class's network and of others"


def classes_of_functions() -> None:
    """Who errs how much on sparse tasks, ReLU networks and trees: stored, and on fresh tasks."""
    table = STUDY.table_or_error()
    if table is None:
        return
    st.header("Functions of many features", divider="gray")
    st.markdown(words.MANY)
    SETTINGS.pick("Class of functions", "many", words.CLASS_NAMES)
    name = SETTINGS.current().many
    row = row_of_class(table, name)
    st.markdown(words.verdict(row, table["ks"]))
    _errors(row, table["ks"], key="class_errors")
    st.caption(words.MANY_ERRORS)
    st.markdown(words.said_of_class(row, table["ks"]))
    explained(words.MANY_EXPLAINED)
    STUDY.how_it_was_made(table, again=False)
    st.markdown(words.FRESH)
    fresh = STUDY.run_again(table)
    if fresh is not None:
        _errors(row_of_class(fresh, name), fresh["ks"], key="class_errors_fresh")


def _errors(row: Table, ks: Sequence[int], key: str) -> None:
    from ui.curves import charts

    show_figure(
        charts.of_class(row, ks, is_dark()),
        key=key,
        alt=ALT,
    )


def row_of_class(table: Table, name: str) -> Table:
    """The row of one class."""
    return next(row for row in table["members"] if row["label"] == name)
