"""The stored study of which kind of curve the network's hidden states tell."""

from __future__ import annotations

import streamlit as st

from icl_core.studies.families import NAME
from ui.curves import words
from ui.curves.settings import SETTINGS
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark

STUDY = StoredStudy(NAME, "Reading the hidden states", prompts=None, settings=SETTINGS)


def told_inside() -> None:
    """How often a probe of each layer names the kind of curve, and how often Bayes does."""
    table = STUDY.table_or_error()
    if table is None:
        return
    from ui.curves import charts

    st.header("Does it know inside which kind it is?", divider="gray")
    st.markdown(words.said_inside(table))
    show_figure(
        charts.told(table, is_dark()),
        key="curve_families",
        alt="How often each layer's probe names the kind of curve, beside exact Bayes and chance",
    )
    st.caption(words.INSIDE)
    explained(words.INSIDE_EXPLAINED)
    STUDY.how_it_was_made(table)
