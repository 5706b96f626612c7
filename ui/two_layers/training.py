"""Training the added layers while somebody watches: which run it is, and how to start one."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from icl_core.added_layers import ON
from icl_core.added_layers import Run as Added
from icl_core.models.base import InContextModel
from icl_core.recipes import Recipe
from ui.train.numbers import network_at, said_of_learning, said_of_progress
from ui.train.running import owner
from ui.train.supervisor import SUPERVISOR, Run, TrainingRefused
from ui.two_layers import words
from ui.two_layers.settings import TwoLayers

TROUBLE, FROM = "two_layers_trouble", 1000
"""Why a training was refused; the seed of a visitor's first training, which no stored run has."""


def own_run(state: TwoLayers) -> Run | None:
    """The visitor's last training of these layers on this trunk, if there was one."""
    found = [run for run in SUPERVISOR.runs_of(owner()) if _is_of(run.recipe, state)]
    return found[-1] if found else None


def _is_of(recipe: Recipe, state: TwoLayers) -> bool:
    return (recipe.trunk, recipe.model.layers) == (state.trunk, state.layers)


def trained_here(run: Run | None) -> InContextModel | None:
    """The network of a run as far as it has come; None before its first update."""
    points = run.points() if run is not None else []
    return network_at(run, points[-1].step).model if run is not None and points else None


def start(state: TwoLayers) -> None:
    """Put a training of the chosen layers in the queue."""
    tries = sum(bool(run.recipe.trunk) for run in SUPERVISOR.runs_of(owner()))
    recipe = Added(state.trunk, ON, state.layers, FROM + tries).recipe
    try:
        SUPERVISOR.start(owner(), replace(recipe, name=f"layers-{recipe.name}"))
    except TrainingRefused as trouble:
        st.session_state[TROUBLE] = str(trouble)
    else:
        st.session_state.pop(TROUBLE, None)


def controls(state: TwoLayers, run: Run | None) -> None:
    """The button that starts a training, or how far it is and the one that ends it."""
    if trouble := st.session_state.get(TROUBLE):
        st.info(trouble)
    if run is not None and run.active:
        done = run.points()[-1].step / run.recipe.last_step if run.points() else 0.0
        st.progress(done, said_of_progress(run, SUPERVISOR.ahead_of(run)))
        st.button("Stop", on_click=lambda: SUPERVISOR.stop(run))
    elif state.layers:
        busy = any(other.active for other in SUPERVISOR.runs_of(owner()))
        label = f"Train {words.count(state.layers)} now"
        st.button(label, type="primary", disabled=busy, on_click=lambda: start(state))
        st.caption(words.TRAIN)
    if run is not None:
        if run.said:
            st.info(run.said)
        if run.points():
            st.markdown(said_of_learning(run))
