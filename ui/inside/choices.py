"""Which network, which target, whose scores."""

from __future__ import annotations

import streamlit as st

from ui.inside import words
from ui.inside.settings import CHECKPOINTS, SETTINGS


def choices() -> None:
    """Which network, which target, whose scores."""
    model, target, reads, scored = st.columns(4)
    with model:
        st.selectbox(
            "Network",
            CHECKPOINTS,
            format_func=words.NETWORKS.__getitem__,
            **SETTINGS.widget("model"),
        )
    with target:
        st.selectbox(
            "What is read",
            list(words.TARGETS),
            format_func=words.TARGETS.__getitem__,
            **SETTINGS.widget("target"),
        )
    with reads:
        st.selectbox(
            "Read off",
            list(words.READS),
            format_func=words.READS.__getitem__,
            **SETTINGS.widget("reads"),
        )
    with scored:
        st.selectbox(
            "Scores of",
            list(words.SCORED),
            format_func=words.SCORED.__getitem__,
            **SETTINGS.widget("scored"),
        )
