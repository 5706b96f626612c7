"""Writing a line into a layer, on screen."""

from __future__ import annotations

import streamlit as st
import torch

from icl_core.checkpoints import load_prior
from icl_core.models.base import EditableModel
from ui.answers.task import make_task
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.interchange_view import few_directions
from ui.inside.numbers import STEERED_AT, said_of_steering, steered
from ui.inside.settings import SETTINGS, probes_of
from ui.inside.steering_table import stored_shares
from ui.visitor import session


def steering(model: EditableModel) -> None:
    """Write a line of the visitor's choice and see whether the answers follow."""
    from ui.inside import charts

    screen = session.current_screen()
    st.header("Write a line into a layer")
    if not screen.is_plane or not make_task(screen).x.shape[1]:
        st.info("Writing a line needs a line task (d = 1, or d = 2 with an intercept) and a pair.")
        return
    controls(model, with_offset=screen.has_intercept)
    inside = SETTINGS.current()
    law = load_prior(inside.model)
    queries, curve = steered(model, screen, probes_of(screen), law, inside)
    said = said_of_steering(curve, inside.layer, inside.at)
    st.markdown(said)
    if torch.equal(curve.a, curve.b):
        return
    kinds = STEERED_AT[inside.at]
    lines, shares = st.columns(2)
    with lines:
        show_figure(
            charts.steered_lines(queries, curve, inside.layer, kinds[0], is_dark()),
            key="steered_lines",
            alt="The line before, the line to go to, and the line that the network answers",
        )
    with shares:
        control = ("own y written",) if inside.at == "y" else ()
        here = curve.share()
        show_figure(
            charts.steer_shares((here, here, here), (*kinds, *control), inside.layer, is_dark()),
            key="steer_shares",
            alt="Your prompt: share of the move that the answers make, by the layer written at",
        )
    stored_shares(screen, inside, (*kinds, *control))
    explained(words.STEERING)
    few_directions()


def controls(model: EditableModel, *, with_offset: bool) -> None:
    """Which line, which part of it, at which layer and tokens."""
    where, layer, slope, offset = st.columns(4)
    with where:
        SETTINGS.pick("At", "at", words.AT_NAMES)
    with layer:
        st.slider("Layer", 0, model.layers, **SETTINGS.widget("layer"))
    with slope:
        st.slider("Slope to write", -3.0, 3.0, step=0.1, **SETTINGS.widget("slope"))
    with offset:
        if with_offset:
            st.slider("Offset to write", -3.0, 3.0, step=0.1, **SETTINGS.widget("offset"))
            SETTINGS.pick("Of it", "what", words.WHAT_NAMES)
