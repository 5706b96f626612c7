"""The maths and the sources, one click away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core import load_prior
from icl_core.checkpoints import read_manifest
from icl_core.limits import TABLE, reach_of
from icl_core.studies import read_table
from ui.playground.words import (
    COLUMNS,
    MEASURE,
    METHODS,
    WHAT_IS_PREDICTED,
    how_it_fails,
    how_it_was_trained,
)
from ui.visitor.networks import SHIPPED
from ui.work.load_or_warn import load_or_warn


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
        reach = reach_of(load_prior(SHIPPED))
        st.markdown(how_it_fails(reach, load_or_warn(read_table, TABLE)))
