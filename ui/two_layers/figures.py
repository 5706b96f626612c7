"""The stored study: what added layers close of the gap, and what the trunk makes of one x."""

from __future__ import annotations

import streamlit as st

from icl_core.studies.profiles import Table
from icl_core.studies.two_layers import NAME
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark
from ui.two_layers import words
from ui.two_layers.settings import SETTINGS

STUDY = StoredStudy(NAME, "Asking every network on the three trunks", prompts=64, settings=SETTINGS)


def features() -> None:
    """The chosen trunk's features as curves."""
    from ui.two_layers import charts

    name = SETTINGS.current().trunk
    st.header("What the trunk makes of one x", divider="gray")
    show_figure(
        charts.features(name, is_dark()),
        key="trunk_features",
        alt=f"The four features of the trunk {words.TRUNKS[name].lower()} as curves over x",
    )
    st.caption(words.FEATURES)


def how_many(table: Table) -> None:
    """How much of the gap one to four layers close, on all trunks and at every k."""
    from ui.two_layers import charts

    state = SETTINGS.current()
    row = row_of(table, state.trunk)
    st.header("How many layers does it take?", divider="gray")
    st.markdown(words.verdict(row))
    share, by_k = st.columns(2, gap="medium")
    with share:
        show_figure(
            charts.closed(table, is_dark()),
            key="closed",
            alt="Share of the gap to ridge on Φ that is closed, against the number of added layers",
        )
    with by_k:
        show_figure(
            charts.closed_by_k(row, table["ks"], is_dark()),
            key="closed_by_k",
            alt="Share of the gap that is closed against the number of examples",
        )
    st.caption(words.SHARE + words.off_the_figure(table))
    show_figure(
        charts.errors(row, table["ks"], is_dark()),
        key="two_layers_errors",
        alt="Squared error against the number of examples of all that were compared",
    )
    st.caption(words.said_of_budget(table, row))
    st.markdown(words.said_of_trunk(row))
    explained(words.STUDY)


def row_of(table: Table, trunk: str) -> Table:
    """The row of one trunk."""
    return next(row for row in table["members"] if row["label"] == trunk)
