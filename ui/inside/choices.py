"""Which network, which target, whose scores."""

from __future__ import annotations

import streamlit as st

from ui.inside import words
from ui.inside.settings import SETTINGS


def choices() -> None:
    """Which network, which target, whose scores."""
    model, target, reads, scored = st.columns(4)
    with model:
        SETTINGS.pick("Network", "model", words.NETWORK_NAMES)
    with target:
        SETTINGS.pick("What is read", "target", words.TARGET_NAMES)
    with reads:
        SETTINGS.pick("Read off", "reads", words.READ_NAMES)
    with scored:
        SETTINGS.pick("Scores of", "scored", words.SCORED_NAMES)
