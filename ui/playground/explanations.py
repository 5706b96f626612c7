"""The maths and the sources, one click away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.checkpoints import read_manifest
from ui.playground.words import (
    COLUMNS,
    HOW_IT_FAILS,
    MEASURE,
    METHODS,
    WHAT_IS_PREDICTED,
    how_it_was_trained,
)
from ui.visitor.networks import SHIPPED


def explanations() -> None:
    """What is predicted, by which methods, how well, and where it fails."""
    with st.expander("What is being predicted, and by whom?"):
        st.markdown(WHAT_IS_PREDICTED)
    with st.expander("The methods, with their maths"):
        st.markdown(METHODS)
    with st.expander("How the transformer was trained, and how good it is"):
        entry = read_manifest()[SHIPPED]
        st.markdown(how_it_was_trained(entry))
        if entry.get("evaluation"):
            rows = pd.DataFrame(entry["evaluation"]["rows"])
            pooled = rows[rows["sigma"].isna()]
            st.dataframe(pooled[list(COLUMNS)].rename(columns=COLUMNS), hide_index=True)
            st.caption(MEASURE + f" Command: `{entry['evaluation']['command']}`.")
    with st.expander("Where it fails"):
        st.markdown(HOW_IT_FAILS)
