"""What is to be trained, and the button that starts it."""

from __future__ import annotations

import streamlit as st

from ui.train import words
from ui.train.running import AT, SHOWN, TROUBLE, owner
from ui.train.settings import (
    LAYERS,
    OPTIMISERS,
    POOLS,
    SETTINGS,
    SIGMAS,
    STEPS,
    TASKS,
    WIDTHS,
    recipe_of,
)
from ui.train.supervisor import SUPERVISOR, TrainingRefused


def choices() -> None:
    """A row of choices."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        SETTINGS.pick("Task", "d", TASKS, width=130)
        st.selectbox("Noise σ", SIGMAS, help=words.WHY_NOISE, width=105, **SETTINGS.widget("sigma"))
        SETTINGS.pick("Tasks it sees", "pool", POOLS, help=words.WHY_POOL, width=130)
        st.selectbox("Layers", LAYERS, width=90, **SETTINGS.widget("layers"))
        st.selectbox("Width", WIDTHS, width=90, **SETTINGS.widget("width"))
        SETTINGS.pick("Optimiser", "optimiser", OPTIMISERS, width=120)
        st.selectbox("Steps", STEPS, help=words.HOW_LONG, width=110, **SETTINGS.widget("steps"))
        SETTINGS.enter("Seed", "seed", width=130)
        busy = any(run.active for run in SUPERVISOR.runs_of(owner()))
        st.button("Start training", type="primary", disabled=busy, on_click=start)
    if not busy:
        wanted = recipe_of(SETTINGS.current())
        st.caption(words.how_long(SUPERVISOR.expected_seconds(wanted)))


def start() -> None:
    """Put a training in the queue, and show it."""
    try:
        run = SUPERVISOR.start(owner(), recipe_of(SETTINGS.current()))
    except TrainingRefused as trouble:
        st.session_state[TROUBLE] = str(trouble)
        return
    st.session_state[TROUBLE] = st.session_state[AT] = None
    st.session_state[SHOWN] = run
