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
            format_func=words.NETWORK_NAMES.__getitem__,
            **SETTINGS.widget("model"),
        )
    with target:
        st.selectbox(
            "What is read",
            list(words.TARGET_NAMES),
            format_func=words.TARGET_NAMES.__getitem__,
            **SETTINGS.widget("target"),
        )
    with reads:
        st.selectbox(
            "Read off",
            list(words.READ_NAMES),
            format_func=words.READ_NAMES.__getitem__,
            **SETTINGS.widget("reads"),
        )
    with scored:
        st.selectbox(
            "Scores of",
            list(words.SCORED_NAMES),
            format_func=words.SCORED_NAMES.__getitem__,
            **SETTINGS.widget("scored"),
        )
