"""The stored study: errors by kind, noise and number of examples."""

from __future__ import annotations

import streamlit as st

from icl_core.studies.curves import ALL, NAME
from icl_core.studies.profiles import Table
from ui.curves import words
from ui.curves.functions import FAMILY_NAMES
from ui.curves.settings import SETTINGS
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark

STUDY = StoredStudy(NAME, "Asking both networks about curves", prompts=16, settings=SETTINGS)


def errors_by_kind(table: Table) -> None:
    """The error of everybody against the number of examples, on one kind of prompts."""
    from ui.curves import charts

    st.header("By kind, noise and number of examples", divider="gray")
    kind, noise = st.columns(2)
    with kind:
        SETTINGS.pick("Kind of curve", "family", {ALL: "Every kind", **FAMILY_NAMES})
    with noise:
        SETTINGS.pick("Noise", "level", words.LEVEL_NAMES)
    state = SETTINGS.current()
    row = row_of(table, state.family, state.level)
    show_figure(
        charts.errors(row, table["ks"], is_dark()),
        key="curve_errors",
        alt="Squared error against the number of examples, of the network, exact Bayes and others",
    )
    st.markdown(words.said_of_excess(row))
    st.caption(words.ERRORS)
    explained(words.ERRORS_EXPLAINED)


def row_of(table: Table, family: str, noise: str) -> Table:
    """The row of one family and one noise, or of all of either."""
    return next(row for row in table["members"] if (row["family"], row["noise"]) == (family, noise))
