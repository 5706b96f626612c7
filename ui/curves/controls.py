"""Where the points come from, and what is set of the learners."""

from __future__ import annotations

import streamlit as st

from ui.curves import words
from ui.curves.functions import SHAPES, SOURCES
from ui.curves.settings import (
    LENGTHS,
    MOST_DEGREE,
    MOST_NEIGHBOURS,
    NOISES,
    PENALTIES,
    PERIODS,
    SETTINGS,
    SIZES,
)
from ui.visitor import session

ENOUGH = 10
"""Points of a sampled shape, at least: fewer do not show it."""


def sources() -> None:
    """A choice of what the points are sampled from; the visitor's own can be taken back."""
    key = SETTINGS.widget("source")["key"]
    sampled = session.current_screen().points is None
    st.session_state[key] = SETTINGS.current().source if sampled else None
    st.pills(
        words.PICK,
        list(SOURCES),
        format_func=SOURCES.__getitem__,
        key=key,
        on_change=lambda: _sample(st.session_state[key]),
    )


def _sample(source: str | None) -> None:
    """Take a source, or a new function of the same where the pill was pressed twice."""
    screen = session.current_screen()
    again = source is None
    if source is not None:
        SETTINGS.change(source=source)
    least = ENOUGH if SETTINGS.current().source in SHAPES else 0
    session.change(
        {
            "points": None,
            "line": None,
            "seed": (screen.seed + again) % 1_000_000,
            "k": max(screen.k, least),
        }
    )


def settings() -> None:
    """Sliders of the four learners that have something to set."""
    with st.expander("Set the textbook learners"):
        process, ridge, others = st.columns(3, gap="medium")
        with process:
            st.markdown("**One process**")
            _slider("Length ℓ", "length", LENGTHS, 0.1)
            _slider("Size (standard deviation)", "size", SIZES, 0.1)
            _slider("Period, 0 for none", "period", PERIODS, 0.1)
            _slider("Noise σ", "noise", NOISES, 0.01)
        with ridge:
            st.markdown("**Kernel ridge**")
            _slider("Length ℓ of its kernel", "ridge_length", LENGTHS, 0.1)
            _slider("Penalty λ", "penalty", PENALTIES, 0.001)
        with others:
            st.markdown("**k-NN and polynomial**")
            st.slider("Neighbours k", 1, MOST_NEIGHBOURS, **SETTINGS.widget("neighbours"))
            st.slider("Degree", 0, MOST_DEGREE, **SETTINGS.widget("degree"))


def _slider(label: str, name: str, bounds: tuple[float, float], step: float) -> None:
    st.slider(label, *bounds, step=step, **SETTINGS.widget(name))
