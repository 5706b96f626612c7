"""Writing a line into a layer, on screen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.interventions.steering import SteerCurve
from icl_core.models.base import EditableModel
from ui.answers.task import make_task
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.numbers import coordinate_names, layer_names, said_of_steering, steered
from ui.inside.settings import SETTINGS, probes_of
from ui.visitor import session


def steering(model: EditableModel) -> None:
    """Write weights of the visitor's choice and see whether the answers follow."""
    from ui.inside import charts

    screen = session.current_screen()
    st.header("Write a line into a layer")
    if not screen.is_plane or not make_task(screen).x.shape[1]:
        st.info("Writing a line needs a line task (d = 1, or d = 2 with an intercept) and a pair.")
        return
    layer, slope, offset = st.columns(3)
    with layer:
        st.slider("Layer", 0, model.layers, **SETTINGS.widget("layer"))
    with slope:
        st.slider("Slope to write", -3.0, 3.0, step=0.1, **SETTINGS.widget("slope"))
    with offset:
        if screen.has_intercept:
            st.slider("Offset to write", -3.0, 3.0, step=0.1, **SETTINGS.widget("offset"))
    inside = SETTINGS.current()
    queries, curve = steered(model, screen, probes_of(screen), inside)
    lines, shares = st.columns(2)
    with lines:
        show_figure(
            charts.steered_lines(queries, curve, inside.layer, is_dark()),
            key="steered_lines",
            alt="The line before, the line that was written, and the line that the network answers",
        )
    with shares:
        show_figure(
            charts.steer_shares(curve, inside.layer, is_dark()),
            key="steer_shares",
            alt="Share of the wanted move that the answers make, by the layer that was written at",
            table=steer_table(curve),
        )
    st.markdown(said_of_steering(curve, inside.layer, coordinate_names(screen)))
    explained(words.STEERING)


def steer_table(curve: SteerCurve) -> pd.DataFrame:
    """By the layer written at: how far the answers went, and how far the states were moved."""
    table = {"share of the move": curve.share(), "states moved by": curve.moved[:, 0]}
    columns = {name: part.tolist() for name, part in table.items()}
    return pd.DataFrame(columns, index=layer_names(len(curve.moved)))
