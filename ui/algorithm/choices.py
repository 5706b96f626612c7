"""Which network, and what it is asked."""

from __future__ import annotations

import streamlit as st

from ui.algorithm import words
from ui.algorithm.settings import LADDERS, RUNGS, SETTINGS
from ui.visitor.networks import SHIPPED


def choices() -> None:
    """Which network, and what it is asked."""
    what, which, on = st.columns([2, 3, 2])
    with what:
        st.selectbox(
            "What sets the networks apart",
            (*LADDERS, SHIPPED),
            format_func=words.WHAT_DIFFERS.__getitem__,
            **SETTINGS.widget("ladder"),
        )
    state = SETTINGS.current()
    with which:
        if state.ladder != SHIPPED:
            st.select_slider(
                words.RUNG_LABELS[state.ladder],
                RUNGS[state.ladder],
                **SETTINGS.widget(state.ladder),
            )
    with on:
        if state.ladder != SHIPPED:
            st.segmented_control(
                "Asked about",
                ("fresh", "mine"),
                format_func={"fresh": "1,024 fresh tasks", "mine": "your prompt"}.__getitem__,
                required=True,
                **SETTINGS.widget("on"),
            )
