"""The stored study: errors, distances and valid replies of a small language model."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core import CheckpointError
from icl_core.language.formats import FORMATS
from icl_core.studies.language_model import NAME
from icl_core.studies.profiles import Table
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark
from ui.language_model import words
from ui.language_model.settings import DIMS, SETTINGS

STUDY = StoredStudy(NAME, "Asking the language model", prompts=None, settings=SETTINGS)


def stored() -> Table | None:
    """The table; None, and how to make it, where there is none."""
    try:
        return STUDY.table
    except CheckpointError as trouble:
        st.info(f"What it answers on many prompts is not stored here: {trouble}")
        return None


def studied(table: Table) -> None:
    """One cell of the study: features and format."""
    from ui.language_model import charts

    dim, form = st.columns(2)
    with dim:
        SETTINGS.pick("Features", "dim", {name: name for name in DIMS})
    with form:
        SETTINGS.pick("Format", "told", {name: one.title for name, one in FORMATS.items()})
    row, ks = row_of(table), table["ks"]
    count = row["prompts"]
    st.markdown(f"{count} prompt{'s' * (count > 1)}. {words.said_of_study(row)}")
    errors, apart = st.columns(2, gap="medium")
    with errors:
        show_figure(
            charts.over_k(row, ks, "error", is_dark()),
            key="language_errors",
            alt="Squared error against the number of examples, of the language model and others",
        )
        st.caption(words.ERRORS)
    with apart:
        show_figure(
            charts.over_k(row, ks, "distance", is_dark()),
            key="language_distances",
            alt="Squared distance of each learner's answers from the language model's",
        )
        st.caption("The lower, the more it answers like that learner.")
    st.dataframe(_shares(row, ks), hide_index=True)
    explained(words.STUDY)


def row_of(table: Table) -> Table:
    """The row of the chosen features and format."""
    state = SETTINGS.current()
    chosen = (int(state.dim), state.told)
    return next(row for row in table["members"] if (row["dim"], row["format"]) == chosen)


def _shares(row: Table, ks: list[int]) -> pd.DataFrame:
    """After each number of examples: how many replies are numbers, and how many of them copies."""
    return pd.DataFrame(
        {
            "examples": k,
            "replies that are numbers": words.share(valid),
            "of these, copied from the prompt": words.share(copied),
        }
        for k, valid, copied in zip(ks, row["valid"], row["copied"], strict=True)
    )
