"""The stored study: gauges for lines, and eight features as in the paper."""

from __future__ import annotations

import streamlit as st

from icl_core import CheckpointError
from icl_core.studies.diversity import NAME, PARTS
from icl_core.studies.profiles import Table
from ui.diversity import words
from ui.diversity.numbers import (
    excess_on_new_lines,
    ladder,
    pairing,
    row_of,
)
from ui.diversity.settings import MOST, SETTINGS
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark

STUDY = StoredStudy(NAME, "Asking the 21 networks", prompts=128, settings=SETTINGS)
WAY_OF = "tasks-32"
"""The network that is asked on the way between two of its tasks."""


def line_figure(table: Table) -> None:
    """The gauge of all nine networks that saw lines."""
    from ui.diversity import charts

    st.header("From remembering to learning", divider="gray")
    rows = ladder(table, "lines")
    show_figure(
        charts.gauges(rows, "lines", is_dark()),
        key="line_gauges",
        alt="Gauge against the number of lines seen in training, on lines seen and on new ones",
    )
    st.caption(words.said_of_new_lines(excess_on_new_lines()))
    explained(words.GAUGE)


def eight_features(table: Table) -> None:
    """The paper's figure: errors and gauge against the number of tasks, at every k."""
    from ui.diversity import charts

    st.header("Eight features: where remembering ends", divider="gray")
    asked, seen = st.columns(2)
    with asked:
        st.segmented_control(
            "Asked about",
            PARTS[::-1],
            format_func=words.ASKED.__getitem__,
            required=True,
            **SETTINGS.widget("asked"),
        )
    with seen:
        st.slider("Examples seen, k", 0, MOST, **SETTINGS.widget("k"))
    state, rows = SETTINGS.current(), ladder(table, "tasks")
    show_figure(
        charts.errors(rows, state.asked, state.k, is_dark()),
        key="task_errors",
        alt=f"Squared error after {state.k} examples against the number of tasks seen in training",
    )
    gauge, way = st.columns(2, gap="medium")
    with gauge:
        st.markdown("**The gauge**")
        show_figure(
            charts.gauges(rows, "tasks", is_dark()),
            key="task_gauges",
            alt="Gauge against the number of tasks seen in training",
        )
    with way:
        st.markdown("**Between two of its 32 tasks**")
        show_figure(
            charts.on_the_way(row_of(table, WAY_OF), is_dark()),
            key="way",
            alt="Squared error on the way from one of 32 tasks to another",
        )
        st.caption(words.WAY)
    explained(words.EIGHT)


def pairing_figure(table: Table) -> None:
    """How much attention the pairing head pays, and what its loss costs."""
    from ui.diversity import charts

    st.header("Who remembers hardly needs a pairing head", divider="gray")
    st.markdown(words.PAIRING)
    rows = ladder(table, "tasks")
    try:
        found = pairing()
    except CheckpointError as trouble:
        st.error(str(trouble))
        return
    score, cost = st.columns(2, gap="medium")
    with score:
        show_figure(
            charts.pairing_scores(rows, found, is_dark()),
            key="pairing",
            alt="Score of the head that pairs most against the number of tasks seen in training",
        )
    with cost:
        show_figure(
            charts.without_pairing(rows, found, is_dark()),
            key="without_pairing",
            alt="Squared error with and without the pairing head against the number of tasks seen",
        )
